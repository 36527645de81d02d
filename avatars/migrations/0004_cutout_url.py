from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("avatars", "0003_cutout")]

    operations = [
        migrations.AddField(
            model_name="avatar",
            name="cutout_url",
            field=models.URLField(blank=True, help_text="As above; few providers have one.", max_length=2000),
        ),
    ]
