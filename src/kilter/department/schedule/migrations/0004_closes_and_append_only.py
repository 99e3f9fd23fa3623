from django.db import migrations, models
from django.db.models import F

from kilter.department.ledger.append_only import AppendOnly


def fill(apps, schema_editor):
    """What stood was overdue after its day."""
    apps.get_model("schedule", "Due").objects.filter(closes=None).update(closes=F("due"))


class Migration(migrations.Migration):
    dependencies = [("schedule", "0003_many_schedules"), ("ledger", "0002_append_only")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField("due", "closes", models.DateField()),
        AppendOnly("schedule_counterreading"),
        AppendOnly("schedule_attempt"),
    ]
