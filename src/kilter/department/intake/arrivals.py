"""Objects that came over the network: read after they were taken in, listed until somebody settles them."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Case, CharField, Count, F, Min, When
from django.db.models.functions import Cast

from kilter.department.intake.models import Arrival, SourceName
from kilter.department.ledger import clock
from kilter.department.ledger import files as store
from kilter.department.ledger.texts import storable
from kilter.formats.dicom_object import ObjectHeader, read_header
from kilter.measure.error import KilterError, NotFound
from kilter.measure.match import Proposal, proposals
from kilter.measure.quantity import File
from kilter.measure.registry import entries

LOG = logging.getLogger("kilter.intake")
MOST_ATTEMPTS = 3
"""An object that ended the process so often is left unread, and says so."""
MOST_PROPOSALS = 10
MOST_OF_A_SERIES = 2000


@dataclass(frozen=True, slots=True)
class Group:
    """Objects of one series that wait: the first of them, and how many they are."""

    first: Arrival
    count: int


def read_waiting(*, most: int = 50, within: float = 5.0) -> int:
    """Read objects that nobody has read yet, oldest first: what they say of themselves, which test they fit.

    Args:
        most: objects at most.
        within: seconds after which no further one is begun; other work waits, too.

    Returns:
        How many were read.
    """
    began, done = time.monotonic(), 0
    while done < most and time.monotonic() - began < within:
        row = Arrival.objects.filter(read_at=None).select_related("file").order_by("id").first()
        if row is None:
            break
        _read_one(row)
        done += 1
    return done


def _read_one(row: Arrival) -> None:
    """Read one object. The attempt is counted first: what ends the process is not tried for ever."""
    Arrival.objects.filter(pk=row.pk, read_at=None).update(attempts=F("attempts") + 1)
    found: dict[str, Any] = {"remark": "it could not be read: reading it failed again and again"}
    if row.attempts < MOST_ATTEMPTS:
        found = _facts(row)
    Arrival.objects.filter(pk=row.pk, read_at=None).update(read_at=clock.now(), **found)


def _facts(row: Arrival) -> dict[str, Any]:
    """Give what is found in an object as columns of its row."""
    try:
        content = store.read(row.file.sha256)
        header = read_header(content, field="object")
    except KilterError as problem:
        return {"remark": problem.message[:300]}
    facts = _columns(header)
    if header.sop_instance != row.sop_instance:
        facts["remark"] = "the object bears another identifier than it was sent under"
    try:
        offered = proposals(File(name_of(row, header.modality), content))
    except Exception as problem:  # whatever an analysis does with a hostile file must not stop the others
        LOG.warning("an arrived object could not be matched", extra={"job": row.pk}, exc_info=problem)
        return {**facts, "remark": f"no test could be proposed ({type(problem).__name__})"}
    known = [asdict(one) for one in offered if one.procedure in entries()]
    kept = [{name: one[name] for name in ("procedure", "input", "sure", "reason")} for one in known]
    return {**facts, "proposals": kept[:MOST_PROPOSALS]}


def _columns(header: ObjectHeader) -> dict[str, Any]:
    """Give what an object says of itself as columns, cut to what they hold."""
    size = f"{header.size[0]} x {header.size[1]} x {header.size[2]}" if header.size else ""
    texts = {
        "kind": header.kind,
        "study": header.study,
        "series": header.series,
        "modality": header.modality,
        "image_type": " ".join(part for part in header.image_type if part),
        "size": size,
        "maker": header.maker,
        "model": header.model,
        "serial": header.serial,
        "station": header.station,
    }
    return {
        **{name: _fitting(name, text) for name, text in texts.items()},
        "acquired_at": _instant(header.acquired),
        "names_patient": header.names_patient,
    }


def _fitting(column: str, text: str) -> str:
    most = getattr(Arrival._meta.get_field(column), "max_length", 0)
    return "".join(letter for letter in text if storable(letter)).strip()[:most]


def _instant(acquired: datetime | None) -> datetime | None:
    """Give an object's time as an instant; one without a zone is of the site's."""
    if acquired is None:
        return None
    aware = acquired if acquired.tzinfo else acquired.replace(tzinfo=ZoneInfo(settings.SITE_ZONE))
    try:
        return clock.as_instant(aware)
    except KilterError:
        return None


def name_of(row: Arrival, modality: str = "") -> str:
    """Give the name of an object's file: nothing of a patient's, and the same each time."""
    letters = "".join(c for c in (modality or row.modality) if c.isascii() and c.isalnum())
    return f"{letters[:16] or 'object'}-{row.file.sha256[:12]}.dcm"


def waiting(*, after: int = 0, most: int = 100) -> list[Group]:
    """List what waits behind a row's id, oldest first, a group for each series of a sender; two queries."""
    alone = Cast("id", CharField())
    group = Case(When(series="", then=alone), default=F("series"), output_field=CharField())
    rows = Arrival.objects.filter(settled_at=None).order_by()
    counted = rows.values("caller", group=group).annotate(first=Min("id"), number=Count("id"))
    heads = list(counted.filter(first__gt=after).order_by("first").values_list("first", "number")[:most])
    firsts = Arrival.objects.select_related("file").in_bulk([pk for pk, _ in heads])
    return [Group(firsts[pk], number) for pk, number in heads if pk in firsts]


def lines_waiting(*, most: int = 1000) -> int:
    """Count the series and single objects that wait, among so many objects at most; one query."""
    rows = Arrival.objects.filter(settled_at=None).order_by("id").values_list("caller", "series", "id")[:most]
    return len({(caller, series or str(pk)) for caller, series, pk in rows})


def settled(*, most: int = 100) -> list[Arrival]:
    """List what was started or set aside, the newest first; one query."""
    rows = Arrival.objects.exclude(settled_at=None).select_related("settled_by", "device")
    return list(rows.order_by("-settled_at", "-id")[:most])


def arrival_by_uuid(uuid: UUID) -> Arrival:
    """Find an object, waiting or settled.

    Raises:
        NotFound: there is none.
    """
    found = Arrival.objects.select_related("file", "device", "settled_by", "beside").filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such object", field="arrival")
    return found


def series_of(row: Arrival, *, most: int = MOST_OF_A_SERIES) -> list[Arrival]:
    """List what waits of an object's series, as its sender sent it, in the order of arrival; one query."""
    if not row.series:
        return [row] if row.settled_at is None else []
    rows = Arrival.objects.filter(settled_at=None, series=row.series, caller=row.caller)
    return list(rows.select_related("file", "beside").order_by("id")[:most])


def proposals_of(row: Arrival) -> list[Proposal]:
    """Give what was proposed for an object, the surest first; what is no longer installed is left out."""
    return [Proposal(**one) for one in row.proposals if one["procedure"] in entries()]


def readers() -> list[tuple[str, str]]:
    """List the procedures that take files, with the first input that does."""
    found = []
    for key, one in sorted(entries().items()):
        inputs = [item.name for item in one.signature.inputs if item.type in ("file", "files")]
        if inputs:
            found.append((key, inputs[0]))
    return found


def source_names() -> list[SourceName]:
    """List the names of which somebody said whose they are; one query."""
    return list(SourceName.objects.select_related("device", "said_by").order_by("kind", "key"))
