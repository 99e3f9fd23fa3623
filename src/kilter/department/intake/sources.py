"""Which device of the register an object comes from: by serial number, station name and AE title."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import Device
from kilter.department.intake.duplicates import spelling
from kilter.department.intake.models import Arrival, SourceName
from kilter.department.ledger.texts import as_key

Names = dict[tuple[str, str], list[Device]]


@dataclass(frozen=True, slots=True)
class Source:
    """The device that an object seems to come from, None where that cannot be said; and why, in sentences."""

    device: Device | None
    reason: str


def sources(arrivals: Sequence[Arrival]) -> dict[int, Source]:
    """Say of each object, by its row id, which device it seems to come from; a person confirms it.

    A serial number counts most, then what a person once said of a station name or AE title, then a station
    name or AE title that is an asset number. Where two of these name two devices, the first is proposed and
    the other said. Two queries.
    """
    names = _known(arrivals)
    return {one.pk: _source(one, names) for one in arrivals}


def _known(arrivals: Iterable[Arrival]) -> Names:
    """Give the devices that each name in these objects could mean, by what kind of name it is."""
    serials, labels = set(), set()
    for one in arrivals:
        serials.add(as_key(one.serial))
        labels |= {as_key(one.station), as_key(one.caller)}
    found: Names = defaultdict(list)
    rows = Device.objects.exclude(state=State.ENTERED_IN_ERROR).select_related("model", "location")
    wanted = rows.filter(serial_key__in=serials - {""}) | rows.filter(asset_key__in=labels - {""})
    for device in wanted.order_by("id"):
        found["serial", device.serial_key].append(device)
        found["asset", device.asset_key].append(device)
    said = SourceName.objects.filter(key__in=labels - {""}).select_related(
        "device__model", "device__location"
    )
    for row in said:
        found[row.kind, row.key].append(row.device)
    return found


def _source(one: Arrival, names: Names) -> Source:
    found = [*_by_serial(one, names), *_by_name(one, names)]
    device = next((device for device, _ in found if device is not None), None)
    reasons = []
    for other, words in found:
        named = f" (that is {other.asset})" if other is not None and device and other.pk != device.pk else ""
        reasons.append(f"{words}{named}")
    if not found:
        told = [f"serial number {one.serial}"] if one.serial else []
        told += [f"station name {one.station}"] if one.station else []
        told += [f"AE title {one.caller}"]
        reasons = [f"no device is known by its {', '.join(told)}"]
    return Source(device, "; ".join(reasons))


def _by_serial(one: Arrival, names: Names) -> list[tuple[Device | None, str]]:
    """Find the device that bears the serial; of several only the one of the same maker."""
    bearing = names.get(("serial", as_key(one.serial)), []) if as_key(one.serial) else []
    made = [device for device in bearing if same_maker(one.maker, device.model.maker)]
    if len(made) == 1:
        return [(made[0], f"serial number {one.serial} of {made[0].model.maker}")]
    if len(bearing) == 1:
        words = f"serial number {one.serial}, though the object names the maker {one.maker or 'not'}"
        return [(bearing[0], words)]
    if bearing:
        return [(None, f"{len(bearing)} devices bear the serial number {one.serial}")]
    return []


def _by_name(one: Arrival, names: Names) -> list[tuple[Device | None, str]]:
    """Find devices by the names of station and sender: those a person said first, then asset numbers."""
    found: list[tuple[Device | None, str]] = []
    labels = (("station", one.station, "station name"), ("caller", one.caller, "AE title"))
    for kind, name, words in labels:
        found += [(device, f"{words} {name}, as was said") for device in names.get((kind, as_key(name)), [])]
    for _, name, words in labels:
        bearing = names.get(("asset", as_key(name)), []) if as_key(name) else []
        found += [(device, f"{words} {name} is its asset number") for device in bearing]
    return found


def same_maker(one: str, other: str) -> bool:
    """Say whether two names are of one maker: alike, or one begins with the other."""
    first, second = sorted((spelling(one), spelling(other)), key=len)
    return len(first) > 1 and second.startswith(first)
