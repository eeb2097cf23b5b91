"""The migrations of a release to come: today's records first, then rows, then a table."""
