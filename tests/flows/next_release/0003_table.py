"""Alters the very table whose rows the migration before it wrote."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("surveys", "0002_rows")]
    operations = [
        migrations.AddField(
            "courseversion", "language", models.CharField(max_length=10, default="en")
        ),
        migrations.AlterField("courseversion", "protocol", models.CharField(max_length=90)),
        migrations.AddIndex("courseversion", models.Index(fields=["protocol"], name="by_protocol")),
    ]
