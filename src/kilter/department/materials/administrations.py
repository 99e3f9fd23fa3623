"""Reads of referrals and administrations; none of them shows who a patient is."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from kilter.department.materials.models import Administration, Advice, Guideline, Lot, Product, Referral
from kilter.department.patients.models import Patient
from kilter.measure.error import NotFound

SHOWN = 200
"""The most rows of a list on one page."""


def _referrals() -> QuerySet[Referral]:
    return Referral.objects.select_related(
        "patient",
        "product",
        "received_by",
        "justified_by",
        "authorised_by",
        "guideline",
        "record",
        "justified_in",
        "authorised_in",
        "declined_in",
        "part_of",
    )


def referral_by_uuid(uuid: UUID) -> Referral:
    """Find a referral by public id.

    Raises:
        NotFound: there is none.
    """
    found = _referrals().filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such referral", field="referral")
    return found


def open_referrals(*, most: int = SHOWN) -> list[Referral]:
    """List the referrals that were neither given nor declined, the oldest first; one query."""
    rows = _referrals().filter(given_at=None, declined_at=None)
    return list(rows.order_by("received_at", "id")[:most])


def referrals_of(patient: Patient, *, most: int = SHOWN) -> list[Referral]:
    """List the referrals of a patient, newest first; one query."""
    return list(_referrals().filter(patient=patient).order_by("-received_at", "-id")[:most])


def doses_of(referral: Referral) -> list[Referral]:
    """List every dose of the examination that a referral is of, the first first; none where it is alone."""
    first = referral.part_of_id or referral.pk
    found = list(_referrals().filter(Q(pk=first) | Q(part_of=first)).order_by("id"))
    return found if len(found) > 1 else []


def _administrations() -> QuerySet[Administration]:
    return Administration.objects.select_related(
        "referral__guideline", "referral__justified_by", "referral__authorised_by", "syringe", "residue",
        "patient", "product", "by", "explained_by", "advice", "permit", "record",
    )  # fmt: skip


def administration_by_uuid(uuid: UUID) -> Administration:
    """Find an administration by public id.

    Raises:
        NotFound: there is none.
    """
    found = _administrations().filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such administration", field="administration")
    return found


def administrations_of(patient: Patient, *, most: int = SHOWN) -> list[Administration]:
    """List what a patient was given, newest first; one query."""
    return list(_administrations().filter(patient=patient).order_by("-at", "-id")[:most])


def given_between(since: datetime, until: datetime, *, most: int = SHOWN) -> list[Administration]:
    """List what was given from one instant up to another, newest first; one query."""
    rows = _administrations().filter(at__gte=since, at__lt=until)
    return list(rows.order_by("-at", "-id")[:most])


def syringes_for(referral: Referral, instant: datetime, *, most: int = SHOWN) -> list[Lot]:
    """List the syringes that could be given on a referral: of its product, for this patient or nobody."""
    rows = Lot.objects.filter(
        Q(patient=referral.patient_id) | Q(patient=None),
        Q(expires=None) | Q(expires__gt=instant),
        product=referral.product_id,
        kind=Lot.Kind.SYRINGE,
        state="released",
    )
    return list(rows.order_by("intended_at", "id")[:most])


def guidelines(product: Product | None = None) -> list[Guideline]:
    """List the guidelines in force, of one product or of all."""
    rows = Guideline.objects.filter(ended_at=None).select_related("product", "issued_by")
    return list((rows if product is None else rows.filter(product=product)).order_by("name"))


def guideline_by_uuid(uuid: UUID) -> Guideline:
    """Find a guideline by public id.

    Raises:
        NotFound: there is none.
    """
    found = Guideline.objects.filter(uuid=uuid).select_related("product", "issued_by").first()
    if found is None:
        raise NotFound("there is no such guideline", field="guideline")
    return found


def advice_in_force(product: Product) -> Advice | None:
    """Give what the site says of a product now, None where it says nothing."""
    return Advice.objects.filter(product=product, ended_at=None).select_related("product").first()


def all_advice() -> list[Advice]:
    """List what the site says of its products now, by product."""
    rows = Advice.objects.filter(ended_at=None).select_related("product", "set_by", "confirmed_by")
    return list(rows.order_by("product__name", "id"))


def advice_by_uuid(uuid: UUID) -> Advice:
    """Find advice by public id.

    Raises:
        NotFound: there is none.
    """
    found = Advice.objects.filter(uuid=uuid).select_related("product").first()
    if found is None:
        raise NotFound("there is no such advice", field="advice")
    return found
