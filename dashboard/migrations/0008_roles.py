"""Owners stay owners, members become creators.

The column `is_owner` stays in the database, unused and with a default: a process of the version before, which runs on for the minutes
of an update, reads and writes it.
"""

from django.db import migrations, models
from django.db.models import Q

ROLES = ["owner", "admin", "creator", "viewer"]
CHOICES = [("owner", "Owner"), ("admin", "Admin"), ("creator", "Creator"), ("viewer", "Viewer")]


def users(apps, schema_editor):
    """In the database that is migrated, which is another than the default one while rows are moved to it."""
    return apps.get_model("dashboard", "User").objects.using(schema_editor.connection.alias)


def give_roles(apps, schema_editor):
    users(apps, schema_editor).filter(is_owner=True).update(role="owner")


def give_owners(apps, schema_editor):
    users(apps, schema_editor).filter(role="owner").update(is_owner=True)


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0007_total")]

    operations = [
        migrations.AddField(
            "user",
            "role",
            models.CharField(choices=CHOICES, db_default="creator", default="creator", max_length=10),
        ),
        migrations.AddField("user", "picture", models.FileField(blank=True, db_default="", max_length=200, upload_to="people")),
        migrations.AddField(
            "onetimelink",
            "role",
            models.CharField(
                blank=True, choices=CHOICES, db_default="", default="", help_text="Of an invitation.", max_length=10
            ),
        ),
        migrations.AddField(
            "onetimelink",
            "email",
            models.EmailField(
                blank=True, db_default="", default="", help_text="Where an invitation was sent by mail.", max_length=254
            ),
        ),
        migrations.RunPython(give_roles, give_owners),
        migrations.AlterField("user", "is_owner", models.BooleanField(db_default=False, default=False)),
        migrations.AddConstraint(
            "user", models.CheckConstraint(condition=Q(role__in=ROLES), name="user_role_is_known")
        ),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("user", "is_owner")]),
    ]
