"""What was done and said is added to and never edited: the database itself refuses it."""

from django.db import migrations

from kilter.department.ledger.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("safety", "0001_initial"), ("ledger", "0002_append_only")]

    operations = [
        AppendOnly("safety_alertevent"),
        AppendOnly("safety_incidentevidence"),
        AppendOnly("safety_externalreference"),
        AppendOnly("safety_hazardversion"),
    ]
