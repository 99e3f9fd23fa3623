"""Sealed rows cannot be changed or deleted; the chain has its one head."""

from typing import Any

from django.db import migrations

from kilter.department.ledger.append_only import AppendOnly


def lay_head(apps: Any, schema_editor: Any) -> None:
    """Write the head of the empty chain."""
    apps.get_model("records", "ChainHead").objects.get_or_create(
        pk=1, defaults={"count": 0, "head": "0" * 64}
    )


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]
    operations = [
        AppendOnly("records_record"),
        migrations.RunPython(lay_head, migrations.RunPython.noop),
    ]
