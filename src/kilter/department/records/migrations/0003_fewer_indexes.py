"""Three indexes on a foreign key alone go: a compound index of the same table begins with that key.

The indexes are dropped by name and no table is written anew: the triggers stay, and a large site waits for
nothing.
"""

from django.db import migrations, models

GONE = (
    ("records_record", "device_id", "records_record_device_id_d99cc11f"),
    ("records_reading", "device_id", "records_reading_device_id_baeb5bbe"),
    ("records_instrumentuse", "instrument_id", "records_instrumentuse_instrument_id_f084c0ce"),
)


def key(to, related_name, **more):
    """Give a foreign key without an index of its own."""
    return models.ForeignKey(
        db_index=False, on_delete=models.deletion.PROTECT, related_name=related_name, to=to, **more
    )


class Migration(migrations.Migration):
    dependencies = [("records", "0002_sealed")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f'DROP INDEX IF EXISTS "{name}"', f'CREATE INDEX "{name}" ON "{table}" ("{column}")'
                )
                for table, column, name in GONE
            ],
            state_operations=[
                migrations.AlterField("record", "device", key("equipment.device", "records", null=True)),
                migrations.AlterField("reading", "device", key("equipment.device", "readings")),
                migrations.AlterField("instrumentuse", "instrument", key("equipment.device", "uses")),
            ],
        )
    ]
