import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kilter.department.ledger.clock
import kilter.department.ledger.identity
from kilter.department.ledger.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("materials", "0002_append_only"),
        ("patients", "0003_agreed"),
        ("records", "0002_sealed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Advice",
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
                ("excreted", models.FloatField()),
                (
                    "route",
                    models.CharField(
                        choices=[
                            ("air", "air"),
                            ("drain", "drain"),
                            ("solid", "solid waste"),
                            ("incineration", "incineration"),
                            ("transfer", "transfer to another holder"),
                            ("holding", "holding"),
                        ],
                        max_length=12,
                    ),
                ),
                ("interruption_hours", models.FloatField(default=0.0)),
                ("stop_feeding", models.BooleanField(default=False)),
                ("dose_rate", models.FloatField()),
                ("effective_half_life", models.FloatField()),
                ("contacts", models.JSONField(default=list)),
                ("instructions", models.CharField(blank=True, max_length=1000)),
                ("source", models.CharField(max_length=300)),
                ("set_at", models.DateTimeField(default=kilter.department.ledger.clock.now)),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="advice",
                        to="materials.product",
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Guideline",
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
                ("name", models.CharField(max_length=120)),
                ("criteria", models.CharField(max_length=2000)),
                ("least", models.FloatField()),
                ("most", models.FloatField()),
                ("issued_at", models.DateTimeField(default=kilter.department.ledger.clock.now)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "issued_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="guidelines",
                        to="materials.product",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="records.record"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Referral",
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
                ("referrer", models.CharField(max_length=120)),
                ("examination", models.CharField(max_length=120)),
                ("received_at", models.DateTimeField(default=kilter.department.ledger.clock.now)),
                ("justified_at", models.DateTimeField(blank=True, null=True)),
                ("pregnancy_considered", models.BooleanField(default=False)),
                ("authorised_at", models.DateTimeField(blank=True, null=True)),
                ("prescribed", models.FloatField(default=0.0)),
                ("declined_at", models.DateTimeField(blank=True, null=True)),
                ("given_at", models.DateTimeField(blank=True, null=True)),
                (
                    "authorised_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "guideline",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="materials.guideline",
                    ),
                ),
                (
                    "justified_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "authorised_in",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.record",
                    ),
                ),
                (
                    "declined_in",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.record",
                    ),
                ),
                (
                    "justified_in",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.record",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referrals",
                        to="patients.patient",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referrals",
                        to="materials.product",
                    ),
                ),
                (
                    "received_by",
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
            ],
        ),
        migrations.CreateModel(
            name="Administration",
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
                ("at", models.DateTimeField(db_index=True)),
                ("nuclide", models.CharField(max_length=12)),
                ("prescribed", models.FloatField()),
                ("before", models.FloatField()),
                ("before_at", models.DateTimeField()),
                ("residual", models.FloatField()),
                ("residual_at", models.DateTimeField()),
                ("administered", models.FloatField()),
                ("difference", models.FloatField()),
                ("verdict", models.CharField(max_length=12)),
                (
                    "pregnancy",
                    models.CharField(
                        choices=[
                            ("not_possible", "not possible"),
                            ("excluded", "asked, and excluded"),
                            ("possible", "cannot be excluded"),
                            ("pregnant", "pregnant"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "feeding",
                    models.CharField(
                        choices=[("no", "does not breast-feed"), ("yes", "breast-feeds")], max_length=4
                    ),
                ),
                (
                    "extravasation",
                    models.CharField(
                        choices=[("none", "none"), ("suspected", "suspected"), ("seen", "seen")],
                        max_length=10,
                    ),
                ),
                ("extravasated", models.FloatField(default=0.0)),
                ("written_at", models.DateTimeField(default=kilter.department.ledger.clock.now)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "explained_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="administrations",
                        to="patients.patient",
                    ),
                ),
                (
                    "permit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="materials.permit",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="materials.product"
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
                (
                    "syringe",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="administration",
                        to="materials.lot",
                    ),
                ),
                (
                    "advice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="materials.advice"
                    ),
                ),
                (
                    "referral",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="administration",
                        to="materials.referral",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="advice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("product",), name="materials_advice_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="advice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("dose_rate__gte", 0),
                    ("excreted__gte", 0),
                    ("excreted__lte", 1),
                    ("interruption_hours__gte", 0),
                ),
                name="materials_advice_possible",
            ),
        ),
        migrations.AddConstraint(
            model_name="guideline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("name",), name="materials_guideline_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="guideline",
            constraint=models.CheckConstraint(
                condition=models.Q(("least__gte", 0), ("most__gte", models.F("least"))),
                name="materials_guideline_range",
            ),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(
                condition=models.Q(("declined_at", None), ("given_at", None)),
                fields=["received_at"],
                name="materials_referral_open",
            ),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(fields=["patient", "-received_at"], name="materials_referral_of"),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("authorised_at", None),
                    models.Q(("justified_at__isnull", False), ("prescribed__gt", 0)),
                    _connector="OR",
                ),
                name="materials_authorised_is_justified",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(("given_at", None), ("authorised_at__isnull", False), _connector="OR"),
                name="materials_given_is_authorised",
            ),
        ),
        migrations.AddIndex(
            model_name="administration",
            index=models.Index(fields=["patient", "-at"], name="materials_given_to"),
        ),
        migrations.AddConstraint(
            model_name="administration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("administered__gte", 0),
                    ("before__gte", 0),
                    ("extravasated__gte", 0),
                    ("residual__gte", 0),
                ),
                name="materials_given_not_negative",
            ),
        ),
        AppendOnly("materials_administration"),
    ]
