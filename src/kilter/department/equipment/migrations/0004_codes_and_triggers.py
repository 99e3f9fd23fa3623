from django.db import migrations

from kilter.department.equipment.search import TABLE
from kilter.department.ledger.append_only import AppendOnly


def copy_codes(apps, schema_editor):
    """Each model's one code becomes a row; it may have many from now on."""
    DeviceModel = apps.get_model("equipment", "DeviceModel")
    ModelCode = apps.get_model("equipment", "ModelCode")
    rows = DeviceModel.objects.exclude(nomenclature_system="").exclude(nomenclature_code="")
    ModelCode.objects.bulk_create(
        ModelCode(model=row, system=row.nomenclature_system, code=row.nomenclature_code) for row in rows
    )


def copy_back(apps, schema_editor):
    """The first code of each model goes back into its two columns."""
    ModelCode = apps.get_model("equipment", "ModelCode")
    for row in ModelCode.objects.select_related("model").order_by("-id"):
        row.model.nomenclature_system, row.model.nomenclature_code = row.system, row.code
        row.model.save(update_fields=["nomenclature_system", "nomenclature_code"])


def put_trigger_back(apps, schema_editor):
    """SQLite makes a table anew to add a column, and its triggers are lost with the old one."""
    if schema_editor.connection.vendor == "sqlite":
        trigger = next(one for one in TABLE["sqlite"] if one.startswith("CREATE TRIGGER"))
        schema_editor.execute("DROP TRIGGER IF EXISTS equipment_search_gone")
        schema_editor.execute(trigger)


class Migration(migrations.Migration):
    dependencies = [("equipment", "0003_register")]

    operations = [
        migrations.RunPython(copy_codes, copy_back),
        migrations.RunPython(put_trigger_back, migrations.RunPython.noop),
        AppendOnly("equipment_sighting"),
    ]
