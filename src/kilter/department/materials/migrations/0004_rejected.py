import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q


def note_rejections(apps, schema_editor):
    """Note of lots that were rejected before that they were; no test is noted, so no correction lifts that."""
    lots = apps.get_model("materials", "Lot").objects
    moved = apps.get_model("materials", "Movement").objects.filter(verb="reject").values("to_lot")
    lots.filter(Q(state="rejected") | Q(pk__in=moved)).update(rejected_at=F("last_moved_at"))


class Migration(migrations.Migration):
    dependencies = [("materials", "0003_administrations")]

    operations = [
        migrations.AddField(
            model_name="lot", name="rejected_at", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            model_name="lot",
            name="rejected_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="materials.lottest",
            ),
        ),
        migrations.RunPython(note_rejections, migrations.RunPython.noop),
    ]
