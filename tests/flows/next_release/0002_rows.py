"""Writes rows that refer to others: PostgreSQL has their references still to check."""

from django.db import migrations

TITLE = "As the next release calls it"


def one_version_more(apps, _schema_editor):
    versions = apps.get_model("surveys", "CourseVersion").objects
    for row in list(versions.order_by("pk")):
        row.pk, row.protocol_title = None, TITLE
        row.save(force_insert=True)


def as_before(apps, _schema_editor):
    apps.get_model("surveys", "CourseVersion").objects.filter(protocol_title=TITLE).delete()


class Migration(migrations.Migration):
    dependencies = [("surveys", "0001_initial")]
    operations = [migrations.RunPython(one_version_more, as_before)]
