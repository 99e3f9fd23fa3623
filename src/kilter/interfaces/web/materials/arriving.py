"""Forms by which lots come to be: receive, elute, prepare."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from kilter.department.equipment.models import Location
from kilter.department.ledger import clock
from kilter.department.materials import actions, queries
from kilter.department.materials.actions.arriving import RECEIVED
from kilter.department.materials.course import LotState
from kilter.department.materials.custody import Second
from kilter.department.materials.fitness import unfit
from kilter.department.materials.models import Lot, Product
from kilter.department.materials.worksheet import FIELDS
from kilter.department.people.confirmation import Confirmation
from kilter.interfaces.web.asked import chosen
from kilter.interfaces.web.materials.cells import CRUMB, local
from kilter.interfaces.web.materials.links import (
    Field,
    Given,
    LinkForm,
    beyond_of,
    choice_field,
    link_page,
    moment,
    number,
    number_field,
    number_or_none,
    scan_field,
    text_field,
    time_field,
    wants_second,
)
from kilter.interfaces.web.page import person_of, show
from kilter.measure.error import Conflict, NotFound

PARTS = {
    "purification": "Purification",
    "cell_labelling": "Cell labelling",
    "environment": "Environment",
    "operator": "Operator",
}


def lot_address(lot: Lot) -> str:
    """Give the address of a lot's page."""
    return f"/materials/lots/{lot.uuid}/"


def proposed(kind: str) -> str:
    """Propose a free label for a lot of a kind, of this day at the site."""
    return queries.next_label(kind, local(clock.now()).date())


def fit_lots(kinds: tuple[str, ...]) -> list[Lot]:
    """List the released lots of some kinds that are fit for use now; a constant number of queries."""
    now = clock.now()
    lots = [
        one
        for one in queries.stock_at(now, kinds=kinds).lots
        if one.state == LotState.RELEASED and one.container_id is None
    ]
    barred = unfit(lots, now)
    return [one for one in lots if one.pk not in barred]


def lot_options(lots: list[Lot]) -> list[tuple[str, str]]:
    """Give lots as the options of a choice."""
    return [(str(one.uuid), f"{one.label}, {one.product.name if one.product else one.kind}") for one in lots]


def places() -> list[Location]:
    """List the places where lots may stand: rooms first by name."""
    return list(Location.objects.order_by("name", "pk"))


def place_field(rows: list[Location], *, needed: bool = False) -> Field:
    """Make a field in which a place is chosen."""
    return choice_field("location", "Where", [(str(one.pk), str(one)) for one in rows], needed=needed)


def place_of(given: Given, rows: list[Location]) -> Location | None:
    """Read the place that was chosen; None where none was."""
    return chosen("location", given["location"], rows, "pk") if given["location"] else None


def receive(request: HttpRequest) -> HttpResponse:
    """Receive a delivery; the product is chosen first, for its fields follow from it."""
    key = request.GET.get("product", "")
    if not key:
        rows = [(one.key, one.name) for one in queries.products()]
        return _ask_first(request, "Receive", "product", "Which product", rows)
    product = queries.product_by_key(key)
    return link_page(request, _receipt(request, product), crumb=CRUMB)


def _ask_first(
    request: HttpRequest, title: str, name: str, label: str, rows: list[tuple[str, str]]
) -> HttpResponse:
    """Ask for the one thing on which the rest of a form depends."""
    field = {**choice_field(name, label, rows), "autofocus": True}
    return show(
        request,
        "materials.html",
        title=title,
        heading=title,
        crumb=CRUMB,
        filters={"href": request.path, "fields": [field]},
        parts=[],
    )


def _receipt(request: HttpRequest, product: Product) -> LinkForm:
    generator = product.kind == Product.Kind.GENERATOR
    radioactive = bool(product.nuclide) and product.kind != Product.Kind.KIT
    where = places()
    kinds = [(one.value, one.label) for one in RECEIVED if (one == Lot.Kind.GENERATOR) == generator]
    fields = [
        scan_field("label", "Label (scan or keep)"),
        text_field("batch_number", "Maker's batch number"),
        *([] if generator else [choice_field("kind", "What it is", kinds)]),
    ]
    if radioactive:
        fields += [
            number_field("activity", "Activity on its certificate", "MBq", needed=True),
            time_field("reference", "At (its reference time)", needed=True),
        ]
    if not generator:
        fields += [number_field("volume", "Volume", "mL")]
    fields += [
        number_field("amount", f"How many{f' ({product.unit})' if product.unit else ''}", ""),
        time_field("expires", "Expires", hint="Left empty: by the shelf life of the product."),
        *([time_field("last_eluted", "Last eluted by its maker", needed=True)] if generator else []),
        place_field(where),
    ]

    def act(given: Given, mine: Confirmation, second: Second | None) -> str:
        made = actions.receive(
            by=person_of(request),
            product=product,
            label=given["label"],
            confirmation=mine,
            second=second,
            kind=given.get("kind", ""),
            activity=number("activity", given.get("activity", ""), 0.0),
            reference=moment("reference", given.get("reference", "")),
            volume=number("volume", given.get("volume", ""), 0.0),
            amount=number("amount", given["amount"], 0.0),
            expires=moment("expires", given["expires"]),
            batch_number=given["batch_number"],
            last_eluted=moment("last_eluted", given.get("last_eluted", "")),
            location=place_of(given, where),
            beyond=beyond_of(request, given),
        )
        return lot_address(made)

    kind = Lot.Kind.GENERATOR.value if generator else Lot.Kind.STOCK.value
    return LinkForm(
        f"Receive {product.name}",
        "I have received this material and checked it against its papers.",
        fields,
        act,
        values={"label": proposed(kind), "kind": Lot.Kind.STOCK.value},
        second=wants_second(product, "receive"),
        exceeds=radioactive,
    )


def elute(request: HttpRequest) -> HttpResponse:
    """Elute a generator; with one at hand that is it, with several it is chosen first."""
    lots = fit_lots((Lot.Kind.GENERATOR.value,))
    wanted = request.GET.get("lot", "")
    found = [one for one in lots if str(one.uuid) == wanted] if wanted else lots
    if not lots:
        raise Conflict("no generator at hand is released and in date")
    if not found:
        raise Conflict("this generator is not fit for use; its page says why")
    if len(found) > 1:
        return _ask_first(request, "Elute", "lot", "Which generator", lot_options(lots))
    return link_page(request, _elution(request, found[0]), crumb=CRUMB)


def _elution(request: HttpRequest, generator: Lot) -> LinkForm:
    fields = [
        scan_field("scanned", f"Scan the generator ({generator.label})"),
        number_field("activity", "Activity of the eluate, measured", "MBq", needed=True),
        number_field("volume", "Volume", "mL", needed=True),
        scan_field("label", "Label of the eluate (scan or keep)", autofocus=False),
        time_field("at", "Measured at", hint="Left empty: now."),
    ]

    def act(given: Given, mine: Confirmation, second: Second | None) -> str:
        made = actions.elute(
            by=person_of(request),
            generator=generator,
            scanned=given["scanned"],
            label=given["label"],
            activity=number("activity", given["activity"]),
            volume=number("volume", given["volume"]),
            confirmation=mine,
            second=second,
            at=moment("at", given["at"]),
            beyond=beyond_of(request, given),
        )
        return lot_address(made)

    product = generator.product.gives if generator.product is not None else None
    return LinkForm(
        "Elute",
        "I eluted this generator, and measured what came out.",
        fields,
        act,
        values={"label": proposed(Lot.Kind.ELUATE.value)},
        second=wants_second(product, "elute"),
        exceeds=True,
    )


def prepare(request: HttpRequest) -> HttpResponse:
    """Prepare a batch; the product is chosen first, for the kit and its worksheet follow from it."""
    key = request.GET.get("product", "")
    if not key:
        rows = [(one.key, one.name) for one in queries.products() if one.kind == Product.Kind.KIT]
        if not rows:
            raise NotFound("no kit is entered yet: a product of the kind kit")
        return _ask_first(request, "Prepare", "product", "Which product", rows)
    product = queries.product_by_key(key)
    return link_page(request, _preparation(request, product), crumb=CRUMB)


def _preparation(request: HttpRequest, product: Product) -> LinkForm:
    sources = [
        one
        for one in fit_lots((Lot.Kind.ELUATE.value, Lot.Kind.STOCK.value))
        if not product.nuclide or one.nuclide == product.nuclide
    ]
    kits = [one for one in fit_lots((Lot.Kind.STOCK.value,)) if one.product_id == product.pk]
    fields = [
        scan_field("scanned", "Scan the eluate or vial"),
        choice_field("kit", "Kit", lot_options(kits)),
        number_field("activity", "Activity to take", "MBq", hint="Either this or the volume."),
        number_field("volume", "or volume to take", "mL"),
        number_field("measured", "Activity taken, measured", "MBq", hint="Left empty: as computed."),
        number_field("added_volume", "Diluent added", "mL"),
        scan_field("label", "Label of the batch (scan or keep)", autofocus=False),
        *_worksheet_fields(),
    ]

    def act(given: Given, mine: Confirmation, second: Second | None) -> str:
        source = queries.lot_by_label(given["scanned"])
        made = actions.prepare(
            by=person_of(request),
            product=product,
            source=source,
            scanned=given["scanned"],
            label=given["label"],
            confirmation=mine,
            second=second,
            kit=chosen("kit", given["kit"], kits),
            activity=number("activity", given["activity"], 0.0),
            volume=number("volume", given["volume"], 0.0),
            measured=number_or_none("measured", given["measured"]),
            added_volume=number("added_volume", given["added_volume"], 0.0),
            worksheet=_worksheet(given),
        )
        return lot_address(made)

    only = str(kits[0].uuid) if len(kits) == 1 else ""
    names = ", ".join(one.label for one in sources) or "none is fit now"
    return LinkForm(
        f"Prepare {product.name}",
        "I prepared this batch as its worksheet says.",
        [{**fields[0], "help": f"Fit now: {names}."}, *fields[1:]],
        act,
        values={"label": proposed(Lot.Kind.BATCH.value), "kit": only},
        second=wants_second(product, "prepare"),
    )


_ANSWERS = [("passed", "passed"), ("failed", "failed")]
_ASKED = (("environment", "workstation"), ("purification", "filter_integrity"))
"""Fields of the worksheet that the page asks for; the others come by the API."""


def _worksheet_fields() -> list[Field]:
    found: list[Field] = []
    for part, name in _ASKED:
        words = f"{PARTS[part]}: {name.replace('_', ' ')}"
        if FIELDS[part][name] == "answer":
            found.append(choice_field(f"{part}.{name}", words, _ANSWERS, needed=False))
        else:
            found.append(text_field(f"{part}.{name}", words))
    return found


def _worksheet(given: Given) -> dict[str, dict[str, Any]]:
    sheet: dict[str, dict[str, Any]] = {}
    for part, name in _ASKED:
        if value := given[f"{part}.{name}"]:
            sheet.setdefault(part, {})[name] = value
    return sheet


def instant_value(at: datetime) -> str:
    """Write an instant as a field for a day and a time holds it."""
    return f"{local(at):%Y-%m-%dT%H:%M}"
