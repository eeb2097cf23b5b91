"""Loaded before anything else: the tests keep their files in a folder of their own."""

import os
import tempfile

os.environ["AFTERGLOW_HOME"] = tempfile.mkdtemp(prefix="afterglow-tests-")
os.environ.pop("AFTERGLOW_CLOCK_FILE", None)
os.environ.pop("AFTERGLOW_INSTRUMENTS", None)
os.environ["DO_NOT_TRACK"] = "1"
# Playwright's loop counts as a running loop; the browser tests still use the ORM from one thread.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
