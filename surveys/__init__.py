"""ASKING: instruments, patients, sessions, questions, answers.

Does: records what a clinic did, plans what falls due, asks, scores, triages, alerts.
May import: the standard library, Django, its own modules. `sendgrid` only in `surveys.mail`.
Must never know: `reports`, `flows`, Prefect, pandas.
"""
