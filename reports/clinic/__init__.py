"""The clinic's door: the pages behind sign-in, and the root urls of the site.

May import: reports, surveys. Must never know: flows, Prefect, how mail travels.
Holds no rules: what to say about a course comes from reports, what to change goes to the verbs.
"""
