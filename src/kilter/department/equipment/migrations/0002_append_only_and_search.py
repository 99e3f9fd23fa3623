from django.db import migrations

from kilter.department.equipment.search import TABLE, UNMADE
from kilter.department.ledger.append_only import AppendOnly


def make_search(apps, schema_editor):
    for statement in TABLE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop_search(apps, schema_editor):
    for statement in UNMADE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("equipment", "0001_initial"), ("ledger", "0002_append_only")]

    operations = [
        AppendOnly("equipment_lifecyclefact"),
        AppendOnly("equipment_devicechange"),
        AppendOnly("equipment_referencevalue"),
        migrations.RunPython(make_search, drop_search),
    ]
