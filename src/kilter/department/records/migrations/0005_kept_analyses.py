"""What files behind results showed is kept, so that a page need not analyse them again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0004_passes_by_index")]

    operations = [
        migrations.CreateModel(
            name="KeptAnalysis",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sha256", models.CharField(max_length=64)),
                ("procedure", models.CharField(max_length=120)),
                ("version", models.CharField(max_length=20)),
                ("part", models.CharField(max_length=80)),
                ("values", models.JSONField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("sha256", "procedure", "version"), name="records_analysis_once"
                    )
                ],
            },
        ),
    ]
