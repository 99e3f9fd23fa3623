from django.db import migrations

from kilter.department.ledger.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("patients", "0001_initial"), ("ledger", "0002_append_only")]

    operations = [AppendOnly("patients_lookup")]
