"""The verbs. Each takes who does it (`by`) and when (`now`), writes in one transaction, and signs
one event. Each may be run twice: the second run finds its work done.
"""
