"""What a test instrument's certificate says of a reading: the correction to add, and how well it is known.

A procedure declares which of its inputs an instrument measures (`measured=("reading",)`). For each of them
the certificate needs a line of the same kind of quantity whose range holds the reading. Where several
lines do, the one named most like the procedure counts; among equals the one that is known least well.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kilter.measure.door import Given, Uncertainty
from kilter.measure.error import BadInput
from kilter.measure.quantity import CertificatePoint, Contribution, Instrument
from kilter.measure.rounding import quantity as quantity_text
from kilter.measure.unit import Unit, convert, convert_uncertainty, unit

WORD = re.compile(r"[a-z0-9]+")


def expanded_at(point: CertificatePoint, reading: float) -> float:
    """Give the expanded uncertainty of a certificate's line at a reading in the line's own unit."""
    return point.expanded + point.relative / 100.0 * abs(reading)


def covers(point: CertificatePoint, kind: str, wanted: Unit, reading: Any) -> bool:
    """Say whether a line of a certificate speaks of a reading, given in `wanted`, of a kind."""
    own = unit(point.unit or "1")
    if own.kind != kind:
        return False
    ends = [convert(float(end), wanted, own) for end in (np.min(reading), np.max(reading))]
    low = -math.inf if point.low is None else point.low
    high = math.inf if point.high is None else point.high
    return low <= min(ends) and max(ends) <= high


def contribution(
    name: str, procedure: str, given: Given, kind: str, instruments: Sequence[Instrument]
) -> Contribution | None:
    """Find what the instruments say of one input; None where no line of theirs covers it.

    Args:
        name: of the input.
        procedure: its procedure's name; lines are told apart by likeness to it.
        given: the input as it was parsed.
        kind: of the input's quantity.
        instruments: with their certificates.
    """
    wanted = unit(given.unit)
    reading = float(np.max(np.abs(given.value)))
    about = set(WORD.findall(f"{procedure} {name}".lower()))
    found: list[tuple[int, float, int, CertificatePoint]] = []
    for place, instrument in enumerate(instruments):
        for point in instrument.points:
            if covers(point, kind, wanted, given.value):
                own = unit(point.unit or "1")
                spread = expanded_at(point, convert(reading, wanted, own)) / instrument.k
                alike = len(about & set(WORD.findall(point.quantity.lower())))
                found.append((alike, convert_uncertainty(spread, own, wanted), place, point))
    if not found:
        return None
    _, u, place, point = max(found, key=lambda one: one[:2])
    shift = convert_uncertainty(point.correction, unit(point.unit or "1"), wanted)
    return Contribution(place, point.quantity, shift, u)


def corrected(
    procedure: str,
    measured: Mapping[str, str],
    given: Mapping[str, Given],
    instruments: Sequence[Instrument],
    *,
    strict: bool = True,
) -> dict[str, Given]:
    """Add the certificates' corrections to the readings, and their uncertainties to what was stated.

    Args:
        procedure: its name.
        measured: the kinds of the inputs that an instrument measures, by name.
        given: the parsed inputs.
        instruments: with the certificates in force; without any nothing changes.
        strict: refuse a reading that no certificate covers.

    Raises:
        BadInput: no certificate covers a reading.
    """
    done = dict(given)
    for name, kind in measured.items() if instruments else ():
        item = given[name]
        if not item.typed or item.value is None or np.size(item.value) == 0:
            continue
        found = contribution(name, procedure, item, kind, instruments)
        if found is None:
            if strict:
                raise _unsuitable(name, item, kind)
            continue
        done[name] = _with(item, found)
    return done


def _with(item: Given, found: Contribution) -> Given:

    own = item.uncertainty or Uncertainty(0.0)
    u = math.hypot(own.u, found.u)
    # Welch and Satterthwaite: the certificate's part counts as known without limit.
    dof = own.dof * (u / own.u) ** 4 if own.u > 0 and math.isfinite(own.dof) else math.inf
    value = item.value + found.correction if found.correction else item.value
    return replace(item, value=value, uncertainty=Uncertainty(u, dof, "normal"), measured_by=found)


def _unsuitable(name: str, item: Given, kind: str) -> BadInput:
    shown = quantity_text(float(np.max(np.abs(item.value))), item.unit, None)
    what = f"{kind.replace('_', ' ')} of {shown} ({name.replace('_', ' ')})"
    message = f"no certificate of the instruments named covers a {what}"
    return BadInput(message, field=name, code="unsuitable_instrument")
