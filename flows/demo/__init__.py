"""A simulated clinic that goes through the real doors: twelve weeks in two minutes.

Does: writes CSV files and imports them, receives mail as an SMTP server, answers by HTTP, signs in
as staff. Only time is simulated. May import what `flows` may.
Must never know: how the doors work inside; it reads the records only to count them at the end.

`begin` is the command. It starts `play` as a process of its own, in a home folder of its own.
"""
