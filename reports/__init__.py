"""Reports: SHOWING. What the answers of one course say, on one page, and what was decided.

May import: surveys. Must never know: flows, Prefect, how mail travels.
Pure here (values in, values out): facts, trends, evidence, charts, page, render.
The shell: models, queries, actions and the clinic's door in clinic/.
pandas and numpy live in this room only.
"""
