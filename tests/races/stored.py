"""What the records hold: every stored form by its survey, one line of JSON each."""

import json

import flows.start  # noqa: F401  starts Django before any model is imported
from surveys.models import Response

for form in Response.objects.select_related("occurrence"):
    print(json.dumps([str(form.occurrence.ref), form.instrument, form.answers]))
