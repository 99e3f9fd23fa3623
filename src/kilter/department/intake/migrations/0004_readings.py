from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0003_arrivals"),
    ]

    operations = [
        migrations.AddField(
            model_name="columnmapping",
            name="dates",
            field=models.CharField(blank=True, default="year-first", max_length=20),
        ),
        migrations.AddField(
            model_name="columnmapping",
            name="years_from",
            field=models.PositiveSmallIntegerField(default=1950),
        ),
        migrations.AddField(
            model_name="columnmapping",
            name="amounts",
            field=models.CharField(blank=True, default="1250.00", max_length=20),
        ),
        migrations.AddField(
            model_name="columnmapping",
            name="all_rows",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="columnmapping",
            name="words",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="columnmapping",
            name="page",
            field=models.CharField(blank=True, default="", max_length=100),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="columnmapping",
            name="encoding",
            field=models.CharField(blank=True, default="", max_length=20),
            preserve_default=False,
        ),
    ]
