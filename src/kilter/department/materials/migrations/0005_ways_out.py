from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("materials", "0004_rejected"),
    ]

    operations = [
        migrations.AlterField(
            model_name="advice",
            name="route",
            field=models.CharField(
                choices=[
                    ("air", "air"),
                    ("drain", "drain"),
                    ("solid", "solid waste"),
                    ("incineration", "incineration"),
                    ("transfer", "transfer to another holder"),
                    ("holding", "holding"),
                    ("cleared", "ordinary waste, decayed"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="booking",
            name="route",
            field=models.CharField(
                choices=[
                    ("air", "air"),
                    ("drain", "drain"),
                    ("solid", "solid waste"),
                    ("incineration", "incineration"),
                    ("transfer", "transfer to another holder"),
                    ("holding", "holding"),
                    ("cleared", "ordinary waste, decayed"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="movement",
            name="route",
            field=models.CharField(
                blank=True,
                choices=[
                    ("air", "air"),
                    ("drain", "drain"),
                    ("solid", "solid waste"),
                    ("incineration", "incineration"),
                    ("transfer", "transfer to another holder"),
                    ("holding", "holding"),
                    ("cleared", "ordinary waste, decayed"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="permitlimit",
            name="route",
            field=models.CharField(
                choices=[
                    ("air", "air"),
                    ("drain", "drain"),
                    ("solid", "solid waste"),
                    ("incineration", "incineration"),
                    ("transfer", "transfer to another holder"),
                    ("holding", "holding"),
                    ("cleared", "ordinary waste, decayed"),
                ],
                max_length=12,
            ),
        ),
    ]
