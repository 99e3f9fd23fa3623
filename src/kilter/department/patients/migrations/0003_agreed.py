from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("patients", "0002_append_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="lookup",
            name="agreed",
            field=models.BooleanField(null=True),
        ),
        migrations.AddIndex(
            model_name="lookup",
            index=models.Index(fields=["-at"], name="patients_look_up_at"),
        ),
    ]
