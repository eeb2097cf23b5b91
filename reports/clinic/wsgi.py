"""The web server's entry. The checks run first: an unfit installation does not open its doors."""

import os
from io import StringIO

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "surveys.settings")
application = get_wsgi_application()
call_command("check", stdout=StringIO())
