"""Where things stand and how they leave: keeping, waste containers, disposal under a permit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kilter.department.equipment.models import Location
from kilter.department.ledger import audit
from kilter.department.materials import custody
from kilter.department.materials.course import LotState, next_state
from kilter.department.materials.custody import Birth, Link, Quantity, Second, amounts, named, needs
from kilter.department.materials.decaying import activity_at
from kilter.department.materials.models import WAYS_UNDER_PERMIT, Lot, Movement, Permit, PermitLimit
from kilter.department.materials.permits import refuse_beyond
from kilter.department.materials.surveying import (
    NOT_CLEARED,
    Survey,
    Surveyed,
    judged,
    refuse_not_clear,
    refuse_uncleared,
    sealed,
)
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.models import Record
from kilter.measure.error import Conflict, KilterError

CLEARED = PermitLimit.Route.CLEARED.value
WAYS_OUT = [*(one.value for one in WAYS_UNDER_PERMIT), CLEARED]


@action("materials.move")
def move(
    *,
    by: Person,
    lot: Lot,
    confirmation: Confirmation,
    location: Location | None = None,
    custodian: Person | None = None,
    at: datetime | None = None,
    remark: str = "",
) -> Movement:
    """Move a lot to a place, or give it to somebody's keeping; what lies in a container goes with it.

    Raises:
        BadInput: neither place nor person is given, or the person has left.
        Conflict: it is disposed of, lies in a container, or was touched after that.
        NotPermitted: not confirmed.
    """
    needs(location is not None or custodian is not None, "location", "say where to, or to whom")
    needs(custodian is None or custodian.is_active, "custodian", "has left")
    link = custody.begin("move", by, confirmation, at=at, remark=remark)
    row = custody.lock(lot)[lot.pk]
    next_state(row.state, "move")
    custody.check_time(link, row)
    _refuse_contained(row)
    row.location, row.custodian = location or row.location, custodian or row.custodian
    row.last_moved_at = link.at
    said = {
        "lot": named(row),
        "location": str(row.location or ""),
        "custodian": row.custodian.display_name if row.custodian is not None else "",
    }
    record = custody.seal(link, said, f"Moved {row.label}")
    row.save(update_fields=["location", "custodian", "last_moved_at"])
    Lot.objects.filter(container=row).update(location=row.location, custodian=row.custodian)
    done = custody.move(link, record, target=row, location=location, custodian=custodian)
    custody.written(link, row, record)
    return done


def _refuse_contained(row: Lot) -> None:
    if row.container_id is not None:
        raise Conflict(f"{row.label} lies in a waste container", field="lot")


@action("materials.open_container")
def open_container(
    *, by: Person, label: str, confirmation: Confirmation, location: Location | None = None
) -> Lot:
    """Open a waste container.

    Raises:
        BadInput: the label is missing.
        Conflict: the label is taken.
        NotPermitted: not confirmed.
    """
    link = custody.begin("open_container", by, confirmation)
    birth = Birth(custody.free_label(label), Lot.Kind.CONTAINER.value, more={"location": location})
    lot = custody.born(link, birth, Quantity())
    record = custody.seal(link, {"lot": named(lot)}, f"Opened waste container {lot.label}")
    custody.move(link, record, target=lot, location=location)
    custody.written(link, lot, record)
    return lot


@action("materials.put_in_container")
def put_in_container(
    *, by: Person, lot: Lot, container: Lot, confirmation: Confirmation, at: datetime | None = None
) -> Movement:
    """Put a lot into a waste container; it keeps its activity and leaves with the container.

    Raises:
        BadInput: the container is none.
        Conflict: the container is sealed or gone, or the lot lies in one already.
        NotPermitted: not confirmed.
    """
    link = custody.begin("put_in_container", by, confirmation, at=at)
    rows = custody.lock(lot, container)
    row, into = rows[lot.pk], rows[container.pk]
    needs(into.kind == Lot.Kind.CONTAINER, "container", "is no waste container")
    needs(row.kind not in (Lot.Kind.CONTAINER, Lot.Kind.GENERATOR), "lot", "does not go into a container")
    if into.sealed_at is not None or into.state != LotState.RELEASED:
        raise Conflict(f"{into.label} is closed", field="container")
    next_state(row.state, "put_in_container")
    custody.check_time(link, row, into)
    _refuse_contained(row)
    held = Quantity(activity_at(row, link.at), row.volume, row.amount)
    said = {"lot": named(row), "container": named(into), **amounts(row, held)}
    record = custody.seal(link, said, f"Put {row.label} into {into.label}")
    row.container, row.location, row.custodian = into, into.location, into.custodian
    row.last_moved_at = into.last_moved_at = link.at
    row.save(update_fields=["container", "location", "custodian", "last_moved_at"])
    into.save(update_fields=["last_moved_at"])
    done = custody.move(link, record, source=row, target=into)
    custody.written(link, row, record)
    return done


@action("materials.seal_container")
def seal_container(
    *, by: Person, container: Lot, confirmation: Confirmation, at: datetime | None = None
) -> Record:
    """Close a waste container for good; its contents are sealed with it.

    Raises:
        BadInput: it is no container.
        Conflict: it is closed already, or empty.
        NotPermitted: not confirmed.
    """
    link = custody.begin("seal_container", by, confirmation, at=at)
    row = custody.lock(container)[container.pk]
    needs(row.kind == Lot.Kind.CONTAINER, "container", "is no waste container")
    next_state(row.state, "seal_container")
    if row.sealed_at is not None:
        raise Conflict(f"{row.label} is closed already", field="container")
    custody.check_time(link, row)
    contents = _contents(row)
    if not contents:
        raise Conflict(f"{row.label} is empty", field="container")
    row.sealed_at = row.last_moved_at = link.at
    said = {"lot": named(row), "contents": [_line(one, link.at) for one in contents]}
    record = custody.seal(link, said, f"Closed {row.label}")
    row.save(update_fields=["sealed_at", "last_moved_at"])
    custody.move(link, record, target=row)
    custody.written(link, row, record)
    return record


def _contents(row: Lot) -> list[Lot]:
    rows = Lot.objects.select_for_update(of=("self",)).filter(container=row).exclude(state=LotState.DISPOSED)
    return list(rows.select_related("product").order_by("pk"))


def _line(row: Lot, at: datetime) -> dict[str, object]:
    return {**named(row), **amounts(row, Quantity(activity_at(row, at), row.volume, row.amount))}


@action("materials.dispose")
def _keep_survey(
    *, by: Person, lot: Lot, survey: Survey, confirmation: Confirmation, at: datetime | None = None
) -> Record:
    """Keep a survey after which nothing left: what was undone with the disposal is sealed by itself."""
    link = custody.begin("survey", by, confirmation, at=at)
    row = custody.lock(lot)[lot.pk]
    record = sealed(link, row, judged(link, survey)).record
    custody.move(link, record, target=row)
    audit.write("materials.dispose", by=by, subject=row, detail={"record": record.number, "left": False})
    return record


def _keep(refusal: KilterError, given: Mapping[str, Any]) -> KilterError:
    """Keep the survey where it is why nothing left, and say under which number."""
    if refusal.code != NOT_CLEARED:
        return refusal
    wanted = ("by", "lot", "survey", "confirmation", "at")
    kept = _keep_survey(**{name: given[name] for name in wanted if name in given})
    words = f"{refusal.message}; this survey is kept as record no. {kept.number}"
    return Conflict(words, field=refusal.field, code=NOT_CLEARED)


@action("materials.dispose", keep=_keep)
def dispose(
    *,
    by: Person,
    lot: Lot,
    route: str,
    confirmation: Confirmation,
    permit: Permit | None = None,
    survey: Survey | None = None,
    at: datetime | None = None,
    second: Second | None = None,
    remark: str = "",
) -> Record:
    """Dispose of a lot, or of a closed container with all that lies in it, decayed to that instant.

    What leaves as no longer radioactive counts under no permit; its survey has to show nothing above the
    background, and be made with an instrument in calibration. A survey that shows more is kept as a record,
    though nothing leaves.

    Args:
        by: the acting person.
        lot: which.
        route: by which it leaves.
        confirmation: fresh, of this person.
        permit: under which; needed where it is radioactive.
        survey: what was measured before it left; sealed beside the disposal.
        at: when; now where it is not said.
        second: a second person's word, where the product asks for it.
        remark: in words.

    Raises:
        BadInput: the route is none, the permit or the survey is missing, or a reading is impossible.
        Conflict: a total of the permit would pass its limit, the lot lies in a container, that container
            is still open, or the survey does not clear it or its instrument is out of calibration.
        NotPermitted: not confirmed, or the second person is missing.
    """
    needs(route in WAYS_OUT, "route", f"must be one of {', '.join(WAYS_OUT)}")
    link = custody.begin(
        "dispose", by, confirmation, at=at, second=second, remark=remark, product=lot.product
    )
    row, parts = _leaving(link, lot)
    held = {one.pk: Quantity(activity_at(one, link.at), one.volume, one.amount) for one in parts}
    if route == CLEARED:
        needs(permit is None, "permit", "what is no longer radioactive leaves under none")
        refuse_uncleared(parts, survey)
    left = _within_permit(link, permit, route, parts, held)
    surveyed = _surveyed(link, row, route, survey) if survey is not None else None
    said = {
        "lot": named(row),
        "route": route,
        "permit": permit.number if permit is not None else "",
        "contents": [_line(one, link.at) for one in parts],
        "total_MBq": left,
        **(surveyed.said if surveyed is not None else {}),
    }
    record = custody.seal(link, said, f"Disposed of {row.label} by {PermitLimit.Route(route).label}")
    for one in parts if row in parts else [*parts, row]:
        _gone(link, record, one, held.get(one.pk, Quantity()), route, permit)
    custody.written(link, row, record)
    return record


def _surveyed(link: Link, row: Lot, route: str, survey: Survey) -> Surveyed:
    """Judge and seal the survey of what leaves; what leaves as no longer radioactive has to pass it."""
    found = judged(link, survey)
    if route == CLEARED:
        refuse_not_clear(found)
    return sealed(link, row, found)


def _leaving(link: Link, lot: Lot) -> tuple[Lot, list[Lot]]:
    """Lock what leaves, and give it with its parts: itself, or what lies in a closed container."""
    row = custody.lock(lot)[lot.pk]
    next_state(row.state, "dispose")
    _refuse_contained(row)
    boxed = row.kind == Lot.Kind.CONTAINER
    if boxed and row.sealed_at is None:
        raise Conflict(f"{row.label} is still open: close it first", field="lot")
    parts = _contents(row) if boxed else [row]
    custody.check_time(link, row, *parts)
    return row, parts


def _within_permit(
    link: Link, permit: Permit | None, route: str, parts: list[Lot], held: dict[int, Quantity]
) -> dict[str, float]:
    """Add up what leaves by nuclide, and refuse it where the permit does; the permit's row is locked."""
    leaving: dict[str, float] = {}
    for one in parts:
        if one.nuclide:
            leaving[one.nuclide] = leaving.get(one.nuclide, 0.0) + held[one.pk].activity
    if leaving and route != CLEARED:
        needs(permit is not None, "permit", "say under which permit")
        if permit is not None:
            row = Permit.objects.select_for_update(of=("self",)).get(pk=permit.pk)
            refuse_beyond(row, route, link.at, leaving)
    return leaving


def _gone(link: Link, record: Record, row: Lot, held: Quantity, route: str, permit: Permit | None) -> None:
    """Take a whole lot out of the department."""
    radioactive = bool(row.nuclide)
    row.activity, row.volume, row.amount, row.left_behind = 0.0, 0.0, 0.0, 0.0
    row.reference = row.last_moved_at = link.at
    row.state = next_state(row.state, "dispose")
    row.save(
        update_fields=[
            "activity", "volume", "amount", "left_behind", "reference", "last_moved_at", "state"
        ]
    )  # fmt: skip
    custody.move(link, record, source=row, quantity=held, route=route, permit=permit if radioactive else None)
