"""Alerts held against the register: which devices are meant, now and whenever a device changes.

The models that may be meant are found first, by name, among the few thousand that a register has; only their
devices are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q, QuerySet

from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import Device, DeviceModel
from kilter.department.equipment.nomenclature import codes_of_models
from kilter.department.ledger import clock, rows
from kilter.department.safety import whole
from kilter.department.safety.criteria import Criteria, read_criteria
from kilter.department.safety.matching import ORDER, Facts, Likely, Match, Verdict, match, of_model, of_unit
from kilter.department.safety.models import Alert, AlertDevice, AlertEvent

CHUNK = 500
LOST = frozenset({State.COULD_NOT_LOCATE, State.WRITTEN_OFF})
"""States in which nobody knows where a device is: nothing can be done to it."""
GONE = frozenset({State.CONDEMNED, State.DISPOSED, State.RETURNED, State.CANCELLED})
"""States in which a device is no longer used here; it is matched all the same and shown apart."""

_NAMES = ("pk", "model_id", "udi", "serial", "lot", "software_version", "state")
Row = tuple[int, int, str, str, str, str, str]


@dataclass
class Found:
    """What a look at the register gave: matches by device, and how many devices were looked at."""

    matches: dict[int, Match] = field(default_factory=dict)
    states: dict[int, str] = field(default_factory=dict)
    looked_at: int = 0


def find(criteria: Criteria, ids: Sequence[int] | None = None) -> Found:
    """Find the devices that an alert means or may mean.

    Args:
        criteria: what the alert is about.
        ids: only these devices; all where None is given.
    """
    models = _models(criteria, ids)
    found = Found()
    for row in _candidates(criteria, list(models.likely), ids):
        found.looked_at += 1
        codes = models.coded.get(row[1], frozenset())
        got = _judged(criteria, models.likely.get(row[1]), models.names[row[1]], codes, row)
        if got.verdict != Verdict.NONE:
            found.matches[row[0]] = got
            found.states[row[0]] = row[6]
    return found


@dataclass(frozen=True, slots=True)
class Models:
    """The models of a register by row id: name, codes, and what an alert says of those that may be meant."""

    names: Mapping[int, tuple[str, str, str]]
    coded: Mapping[int, frozenset[str]]
    likely: Mapping[int, Likely]


def _models(criteria: Criteria, ids: Sequence[int] | None = None) -> Models:
    """Hold the models of the register, or of some devices, against an alert."""
    models = DeviceModel.objects.all() if ids is None else DeviceModel.objects.filter(devices__in=list(ids))
    names = {
        pk: (maker, name, udi)
        for pk, maker, name, udi in models.values_list("pk", "maker", "name", "udi_di").distinct()
    }
    coded = codes_of_models(names if ids is not None else None) if criteria.codes else {}
    judged = {pk: of_model(criteria, *parts, codes=coded.get(pk, frozenset())) for pk, parts in names.items()}
    return Models(names, coded, {pk: one for pk, one in judged.items() if one.verdict != Verdict.NONE})


def _candidates(criteria: Criteria, models: list[int], ids: Sequence[int] | None) -> Iterator[Row]:
    """Give the devices of models that may be meant, and those whose own label bears a named UDI-DI."""
    devices = Device.objects.exclude(state=State.ENTERED_IN_ERROR)
    if ids is not None:
        devices = devices.filter(pk__in=list(ids))
    for start in range(0, len(models), CHUNK):
        chunk = devices.filter(model_id__in=models[start : start + CHUNK])
        yield from chunk.values_list(*_NAMES).iterator(chunk_size=5000)
    wanted = Q()
    for one in criteria.udi_dis:
        wanted |= Q(udi__contains=one)
    if wanted:
        labelled = devices.exclude(udi="").filter(wanted)
        known = set(models)
        yield from (row for row in labelled.values_list(*_NAMES) if row[1] not in known)


def _judged(
    criteria: Criteria, likely: Likely | None, names: tuple[str, str, str], codes: frozenset[str], row: Row
) -> Match:
    _, _, udi, serial, lot, software, _ = row
    facts = Facts(*names, udi=udi, serial=serial, lot=lot, software=software, codes=codes)
    if likely is None or (udi and criteria.udi_dis):
        return match(criteria, facts)
    return of_unit(criteria, likely, facts)


def match_again(alert: Alert, ids: Sequence[int] | None = None) -> int:
    """Hold a locked alert against the register, or some devices of it, and write what has changed.

    A device that is no longer meant stays listed. One that was said to be free of it, and is now meant more
    certainly, is open again, and so is one that was lost and is found. An alert with an open device is open.

    Returns:
        How many devices are listed anew or otherwise than before.
    """
    criteria = read_criteria(alert.criteria)
    listed = AlertDevice.objects.filter(alert=alert).select_related("device")
    if ids is not None:
        listed = listed.filter(device_id__in=list(ids))
    known = {row.device_id: row for row in listed}
    if ids is None and criteria.of_models:
        found, added = _list_models(alert, criteria, known.values())
    else:
        found = find(criteria, ids)
        added = _insert(alert, {pk: one for pk, one in found.matches.items() if pk not in known})
    changed = [row for row in known.values() if _moved(row, found.matches.get(row.device_id))]
    fields = ["verdict", "reasons", "disposition", "words", "evidence", "decided_at", "decided_by"]
    AlertDevice.objects.bulk_update(changed, fields, batch_size=CHUNK)
    if ids is None:
        alert.matched_at, alert.looked_at = clock.now(), found.looked_at
        alert.save(update_fields=["matched_at", "looked_at"])
    _open_again(alert)
    return added + len(changed)


def _list_models(alert: Alert, criteria: Criteria, known: Iterable[AlertDevice]) -> tuple[Found, int]:
    """List all devices of the models that are meant; give the matches of those known, and how many came."""
    likely = _models(criteria).likely
    matches = {
        row.device_id: Match(one.verdict, one.reasons)
        for row in known
        if (one := likely.get(row.device.model_id)) and row.device.state != State.ENTERED_IN_ERROR
    }
    return Found(matches, looked_at=whole.count(likely)), whole.insert(alert, likely)


def _insert(alert: Alert, added: Mapping[int, Match]) -> int:
    names = ("alert_id", "device_id", "verdict", "reasons", "found_at", "disposition", "words")
    now, is_open = clock.now(), AlertDevice.Disposition.OPEN.value
    lines = (
        (alert.pk, pk, one.verdict.value, list(one.reasons), now, is_open, "")
        for pk, one in sorted(added.items())
    )
    rows.insert(AlertDevice, names, lines)
    return len(added)


def _moved(row: AlertDevice, got: Match | None) -> bool:
    """Bring one listed device up to date; say whether anything about it is otherwise."""
    if got is None:
        gone = row.device.state == State.ENTERED_IN_ERROR
        words = "the device was entered in error" if gone else "the register now says otherwise"
        got = Match(Verdict.NONE, (*(row.reasons if row.verdict == Verdict.NONE else (words,)),))
    before = (row.verdict, list(row.reasons), row.disposition)
    surer = ORDER.index(got.verdict) > ORDER.index(Verdict(row.verdict))
    row.verdict, row.reasons = got.verdict.value, list(got.reasons)
    freed = row.disposition == AlertDevice.Disposition.DOES_NOT_APPLY and surer
    located = row.disposition == AlertDevice.Disposition.UNLOCATED and row.device.state not in LOST
    if freed or located:
        row.disposition, row.words = AlertDevice.Disposition.OPEN, ""
        row.evidence = row.decided_at = row.decided_by = None
    return before != (row.verdict, list(row.reasons), row.disposition)


def _open_again(alert: Alert) -> None:
    """Open a closed alert again where one of its devices is open."""
    if alert.closed_at is None or not open_devices(alert).exists():
        return
    first = open_devices(alert).select_related("device").order_by("id")[0].device
    unname(alert)
    alert.closed_at = alert.closed_by = alert.closed_with = None
    alert.closing_text = ""
    alert.save(update_fields=["closed_at", "closed_by", "closed_with", "closing_text"])
    words = f"{first.asset} was registered, edited or found after it was closed"
    AlertEvent.objects.create(alert=alert, verb="reopen", text=words, device=first)


def unname(alert: Alert) -> None:
    """Let the devices that two people had named as not located be open: an open alert names none."""
    named = AlertDevice.objects.filter(alert=alert, disposition=AlertDevice.Disposition.UNLOCATED)
    named.update(disposition=AlertDevice.Disposition.OPEN, words="", decided_at=None, decided_by=None)


def open_devices(alert: Alert) -> QuerySet[AlertDevice]:
    """Give the devices that keep an alert open: meant or not to be excluded, and not settled."""
    meant = AlertDevice.objects.filter(alert=alert).exclude(verdict=Verdict.NONE)
    return meant.filter(disposition=AlertDevice.Disposition.OPEN)


def match_devices(ids: Sequence[int]) -> int:
    """Hold devices that were registered or changed against every alert, the closed ones too.

    Returns:
        How many alerts list something new or otherwise.
    """
    touched = 0
    listed = set(
        AlertDevice.objects.filter(device_id__in=list(ids)).values_list("alert_id", flat=True).distinct()
    )
    for pk, criteria in Alert.objects.exclude(confirmed_at=None).order_by("id").values_list("pk", "criteria"):
        if pk in listed or find(read_criteria(criteria), ids).matches:
            alert = Alert.objects.select_for_update(of=("self",)).get(pk=pk)
            touched += match_again(alert, ids) > 0
    return touched


def match_coded() -> int:
    """Hold every alert that names codes against the whole register, after codes were linked otherwise.

    Returns:
        How many alerts list something new or otherwise.
    """
    touched = 0
    rows_of = Alert.objects.exclude(confirmed_at=None).order_by("id").values_list("pk", "criteria")
    for pk in [pk for pk, criteria in rows_of if criteria.get("codes")]:
        with transaction.atomic():
            alert = Alert.objects.select_for_update(of=("self",)).get(pk=pk)
            touched += match_again(alert) > 0
    return touched
