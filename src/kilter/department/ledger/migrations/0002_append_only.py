from django.db import migrations

from kilter.department.ledger.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [AppendOnly("ledger_auditentry"), AppendOnly("ledger_storedfile")]
