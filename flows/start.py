"""Starts Django once, by being imported before any module that knows the records."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "surveys.settings")
django.setup()
