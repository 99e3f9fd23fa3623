"""Which verb of the chain has which form, and who is offered it on a lot."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from kilter.department.materials.course import LotState, verbs_from
from kilter.department.materials.models import Lot
from kilter.interfaces.web.materials import arriving, keeping, testing
from kilter.interfaces.web.page import signed_in
from kilter.measure.error import NotFound

FORMS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "receive": arriving.receive,
    "elute": arriving.elute,
    "prepare": arriving.prepare,
    "test": testing.test,
    "release": keeping.release,
    "reject": keeping.reject,
    "move": keeping.move,
    "open_container": keeping.open_container,
    "put_in_container": keeping.put_in_container,
    "seal_container": keeping.seal_container,
    "dispose": keeping.dispose,
    "book": keeping.book,
}
"""The form of each verb."""

WORDS = {
    "elute": "Elute",
    "test": "Test",
    "release": "Release",
    "put_in_container": "Put into a container",
    "seal_container": "Close",
    "dispose": "Dispose of",
    "move": "Move",
    "reject": "Reject",
}
"""Verbs that a lot's page offers, in its order."""


@require_http_methods(["GET", "POST"])
@signed_in
def do(request: HttpRequest, verb: str) -> HttpResponse:
    """Show the form of a verb, or carry it out."""
    if verb not in FORMS:
        raise NotFound("there is nothing at this address")
    return FORMS[verb](request)


def offered(lot: Lot, rights: frozenset[str], *, tested: bool) -> list[dict[str, str]]:
    """List what a person may do with a lot as it stands.

    Args:
        lot: which.
        rights: of the person.
        tested: whether its product has a test.
    """
    possible = set(verbs_from(lot.state))
    box = lot.kind == Lot.Kind.CONTAINER
    fits = {
        "elute": lot.kind == Lot.Kind.GENERATOR,
        "test": tested,
        "put_in_container": lot.container_id is None and not box and lot.kind != Lot.Kind.GENERATOR,
        "seal_container": box and lot.sealed_at is None,
        "dispose": lot.container_id is None and (not box or lot.sealed_at is not None),
        "move": lot.container_id is None,
        "reject": not box,
    }
    links = [
        {"text": words, "href": f"/materials/do/{verb}/?lot={lot.uuid}"}
        for verb, words in WORDS.items()
        if verb in possible and f"materials.{verb}" in rights and fits.get(verb, True)
    ]
    drawn = lot.kind in (Lot.Kind.ELUATE, Lot.Kind.BATCH, Lot.Kind.STOCK)
    if drawn and lot.state == LotState.RELEASED and "materials.dispense" in rights:
        links.insert(0, {"text": "Dispense", "href": f"/materials/dispense/?vial={lot.label}"})
    return links
