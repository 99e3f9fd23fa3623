import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kilter.department.ledger.clock
import kilter.department.ledger.identity
from kilter.department.ledger.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("materials", "0005_ways_out"),
        ("records", "0003_fewer_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Addition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "uuid",
                    models.UUIDField(
                        default=kilter.department.ledger.identity.new_id, editable=False, unique=True
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        choices=[("extravasation", "beside the vein"), ("residual", "not given after all")],
                        max_length=14,
                    ),
                ),
                ("activity", models.FloatField()),
                ("at", models.DateTimeField()),
                ("written_at", models.DateTimeField(default=kilter.department.ledger.clock.now)),
                (
                    "administration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="additions",
                        to="materials.administration",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="records.record"
                    ),
                ),
                (
                    "residue",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="materials.lot",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("activity__gte", 0)), name="materials_addition_not_negative"
                    )
                ],
            },
        ),
        AppendOnly("materials_addition"),
    ]
