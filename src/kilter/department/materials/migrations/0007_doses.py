import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("materials", "0006_additions"),
    ]

    operations = [
        migrations.AddField(
            model_name="referral",
            name="dose",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name="referral",
            name="part_of",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="doses",
                to="materials.referral",
            ),
        ),
    ]
