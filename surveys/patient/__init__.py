"""The patient's door: one link, one page of questions, thanks. No account, no script.

May import: surveys.actions, surveys.models, surveys.pace and the pure modules of surveys.
Must never know: reports, flows, how mail travels, what a score means.
Reading a page changes nothing; only a person's own choice does.
"""
