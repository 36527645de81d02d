"""New people are shown around; who is here already knows the way."""

from django.db import migrations, models


def end_tours(apps, schema_editor):
    apps.get_model("dashboard", "User").objects.using(schema_editor.connection.alias).update(tour_step=0)


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0010_deleted_file")]

    operations = [
        migrations.AddField(
            "user",
            "tour_step",
            models.PositiveSmallIntegerField(
                db_default=1, default=1, help_text="Of videos.tour, from 1; 0: it is over."
            ),
        ),
        migrations.RunPython(end_tours, migrations.RunPython.noop),
    ]
