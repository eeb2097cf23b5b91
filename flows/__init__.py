"""WHEN: the clock, the timetable, the command line, Prefect.

Does: finds what is due and calls one verb for each; starts and stops the processes.
May import: `surveys`, `reports`, and, nowhere else in the house, Prefect.
Must never know: a rule, a score, a sentence that a patient reads, SQL longer than a line.

`flows.start` starts Django; this file imports nothing, so that `afterglow score` need not wait.
"""
