"""CSV in: patients, sessions and old answers, all of a file or nothing of it.

Does: reads files into checked rows (`table`, `cells`, `patients`, `sessions`, `responses`: pure),
compares them with the records (`records`) and applies the difference (`importing`).
Must never know: who typed the command, terminals, pages.
"""
