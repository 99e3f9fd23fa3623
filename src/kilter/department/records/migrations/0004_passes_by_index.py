"""When each protocol was last passed is read from an index alone.

The columns that decide it join the index by device and protocol. No table is written anew: the triggers stay.
"""

from django.db import migrations, models

COLUMNS = ["device", "protocol", "-performed_at", "visit", "kind", "verdict", "countersign", "id"]


class Migration(migrations.Migration):
    dependencies = [("records", "0003_fewer_indexes")]

    operations = [
        migrations.RemoveIndex("record", "records_of_protocol"),
        migrations.AddIndex("record", models.Index(fields=COLUMNS, name="records_of_protocol")),
    ]
