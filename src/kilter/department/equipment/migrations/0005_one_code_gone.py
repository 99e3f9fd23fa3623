from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("equipment", "0004_codes_and_triggers")]

    operations = [
        migrations.RemoveField("devicemodel", "nomenclature_code"),
        migrations.RemoveField("devicemodel", "nomenclature_system"),
    ]
