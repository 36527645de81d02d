"""The audit log, and triggers that keep it from being changed.

A later migration that alters this table makes a new one on SQLite, without triggers: it has to create them again.
"""

import django.utils.timezone
from django.db import migrations, models


REFUSAL = "the audit log can only be added to"
TRIGGERS = {
    "sqlite": [
        f"""CREATE TRIGGER audit_no_update BEFORE UPDATE ON dashboard_auditentry
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
        f"""CREATE TRIGGER audit_no_delete BEFORE DELETE ON dashboard_auditentry
        WHEN OLD.at > datetime('now', '-365 days')
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    ],
    "postgresql": [
        f"""CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION USING MESSAGE = '{REFUSAL}', ERRCODE = 'integrity_constraint_violation'; END $$""",
        """CREATE TRIGGER audit_no_update BEFORE UPDATE ON dashboard_auditentry
        FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
        """CREATE TRIGGER audit_no_delete BEFORE DELETE ON dashboard_auditentry
        FOR EACH ROW WHEN (OLD.at > now() - interval '365 days') EXECUTE FUNCTION audit_refuse()""",
    ],
}


def create_triggers(apps, schema_editor):
    for statement in TRIGGERS[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):

    dependencies = [
        ('dashboard', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('actor_id', models.BigIntegerField(help_text='Empty: nobody signed in, or a command on the server.', null=True)),
                ('actor', models.CharField(blank=True, max_length=200)),
                ('action', models.CharField(max_length=24)),
                ('subject', models.CharField(blank=True, help_text='What it was done to.', max_length=200)),
                ('address', models.GenericIPAddressField(help_text='Of the browser.', null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['-at'], name='audit_at'), models.Index(fields=['action', '-at'], name='audit_action'), models.Index(fields=['actor_id', '-at'], name='audit_actor')],
            },
        ),
        migrations.RunPython(create_triggers, migrations.RunPython.noop),
    ]
