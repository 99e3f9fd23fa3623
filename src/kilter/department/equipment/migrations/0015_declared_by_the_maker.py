from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("equipment", "0014_first_found"),
    ]

    operations = [
        migrations.AddField(
            model_name="devicemodel",
            name="brand",
            field=models.CharField(blank=True, default="", max_length=120),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="devicemodel",
            name="catalogue_number",
            field=models.CharField(blank=True, default="", max_length=80),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="devicemodel",
            name="mri_safety",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "not said"),
                    ("safe", "MR safe"),
                    ("conditional", "MR conditional"),
                    ("unsafe", "MR unsafe"),
                ],
                default="",
                max_length=12,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="devicemodel",
            name="single_use",
            field=models.BooleanField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="devicemodel",
            name="distribution_ends",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="devicemodel",
            name="label_bears",
            field=models.JSONField(blank=True, null=True),
        ),
    ]
