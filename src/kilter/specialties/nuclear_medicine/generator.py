"""Generators: what has grown in, how much of it was eluted, and what must not be in the eluate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Hour, Note, Percent, Ratio
from kilter.numerics.decay import Library, decay_constant, in_growth, remaining, time_of_most
from kilter.specialties.nuclear_medicine.decay import HOUR, unread
from kilter.specialties.nuclear_medicine.quantities import (
    Activity,
    Kilobecquerel,
    KilobecquerelPerMegabecquerel,
    Megabecquerel,
    MicrogramPerMillilitre,
    Share,
)
from kilter.specialties.nuclear_medicine.standards import BATEMAN, CFR_35_204, ICRP_107, PH_EUR_TC, USP_TC

Pair = Literal["Mo-99/Tc-99m", "Ge-68/Ga-68", "Sr-82/Rb-82"]
BRANCHING: dict[str, float] = {"Mo-99/Tc-99m": 0.8773, "Ge-68/Ga-68": 1.0, "Sr-82/Rb-82": 1.0}
"""Share of the parent's decays that make the daughter (ICRP 107)."""

Elapsed = Annotated[Hour, Between(0.0, 1e5)]


def _constants(pair: str, library: Library) -> tuple[float, float]:
    parent, _, daughter = pair.partition("/")
    return decay_constant(parent, library), decay_constant(daughter, library)


@dataclass(frozen=True, slots=True)
class Yield:
    """Daughter's activity in MBq, and when it would be greatest, counted from the last elution, in h."""

    activity: Annotated[Megabecquerel, Between(0.0)]
    greatest_after: Annotated[Hour, Between(0.0)]
    notes: tuple[Note, ...] = ()


@procedure("nuclear_medicine.generator_yield", version=1, cites=[BATEMAN, ICRP_107], elementwise=True)
def generator_yield(
    *,
    parent_activity: Activity,
    elapsed: Elapsed,
    residual: Activity = 0.0,
    pair: Pair = "Mo-99/Tc-99m",
    library: Library = "ICRP 107",
    branching: Share | None = None,
) -> Yield:
    """Activity of the daughter in a generator, some time after the last elution.

    What the parent has made since (Bateman) and what is left of what the last elution did not take. The
    parent's activity is that at the last elution. The branching is that of ICRP 107 where none is given.
    """
    parent, daughter = _constants(pair, library)
    share = BRANCHING[pair] if branching is None else branching
    grown = share * parent_activity * in_growth(elapsed * HOUR, parent, daughter)
    left = residual * remaining(elapsed * HOUR, daughter)
    most = time_of_most(parent, daughter) / HOUR
    return Yield(activity=grown + left, greatest_after=most, notes=unread(library, *pair.split("/")))


@dataclass(frozen=True, slots=True)
class Elution:
    """Share of what was there that was eluted, in percent, and what stays behind, in MBq."""

    efficiency: Annotated[Percent, Between(0.0)]
    predicted: Annotated[Megabecquerel, Between(0.0)]
    left_behind: Megabecquerel
    notes: tuple[Note, ...] = ()


@procedure("nuclear_medicine.elution_efficiency", version=1, cites=[BATEMAN, ICRP_107], elementwise=True)
def elution_efficiency(
    *,
    eluted: Activity,
    parent_activity: Annotated[Activity, Between(1e-6, 1e9)],
    elapsed: Annotated[Hour, Between(0.01, 1e5)],
    residual: Activity = 0.0,
    pair: Pair = "Mo-99/Tc-99m",
    library: Library = "ICRP 107",
    branching: Share | None = None,
) -> Elution:
    """Elution efficiency: the activity eluted, at the time of elution, over that which had grown in."""
    parent, daughter = _constants(pair, library)
    share = BRANCHING[pair] if branching is None else branching
    grown = share * parent_activity * in_growth(elapsed * HOUR, parent, daughter)
    predicted = grown + residual * remaining(elapsed * HOUR, daughter)
    return Elution(
        efficiency=100.0 * eluted / predicted,
        predicted=predicted,
        left_behind=predicted - eluted,
        notes=unread(library, *pair.split("/")),
    )


@dataclass(frozen=True, slots=True)
class Breakthrough:
    """Parent in the eluate in kBq a MBq, and when it passes the limit, in h; not told where there is none."""

    ratio: Annotated[KilobecquerelPerMegabecquerel, Between(0.0)]
    expires_after: Annotated[Hour, Between(0.0)] | None
    notes: tuple[Note, ...] = ()


@procedure("nuclear_medicine.breakthrough", version=1, cites=[CFR_35_204, PH_EUR_TC])
def breakthrough(
    *,
    parent_activity: Annotated[Kilobecquerel, Between(0.0, 1e9)],
    daughter_activity: Annotated[Megabecquerel, Between(1e-6, 1e9)],
    limit: Annotated[KilobecquerelPerMegabecquerel, Between(1e-9, 1e3)] = 0.15,
    pair: Pair = "Mo-99/Tc-99m",
    library: Library = "ICRP 107",
) -> Breakthrough:
    """Parent in an eluate over its daughter, and the time at which the growing ratio meets the limit.

    The ratio rises as exp((lD - lP) t), because the daughter decays faster: the limit holds at
    administration. The parent's reading has its background and canister factor applied. 0.15 kBq a MBq is
    that of Mo-99; for Sr-82 it is 0.02.
    """
    parent, daughter = _constants(pair, library)
    ratio = parent_activity / daughter_activity
    if ratio <= 0:
        note = Note("none_found", "no parent was found: the eluate does not expire by its growth")
        return Breakthrough(ratio=ratio, expires_after=None, notes=(note, *unread(library, *pair.split("/"))))
    hours = math.log(limit / ratio) / (daughter - parent) / HOUR
    return Breakthrough(ratio, max(0.0, hours), unread(library, *pair.split("/")))


@dataclass(frozen=True, slots=True)
class Aluminium:
    """Aluminium in the eluate, in µg/mL."""

    concentration: Annotated[MicrogramPerMillilitre, Between(0.0)]


@procedure("nuclear_medicine.eluate_aluminium", version=1, cites=[PH_EUR_TC, USP_TC], elementwise=True)
def eluate_aluminium(
    *,
    concentration: Annotated[MicrogramPerMillilitre, Between(0.0, 1e4)],
    pharmacopoeia: Literal["Ph. Eur.", "USP"] = "Ph. Eur.",
) -> Aluminium:
    """Aluminium in an eluate by the spot test against its standard."""
    return Aluminium(concentration=concentration)


@dataclass(frozen=True, slots=True)
class Acidity:
    """pH of the eluate."""

    ph: Annotated[Ratio, Between(0.0, 14.0)]


@procedure("nuclear_medicine.eluate_ph", version=1, cites=[PH_EUR_TC, USP_TC], elementwise=True)
def eluate_ph(
    *,
    ph: Annotated[Ratio, Between(0.0, 14.0)],
    pharmacopoeia: Literal["Ph. Eur.", "USP"] = "Ph. Eur.",
) -> Acidity:
    """PH of an eluate."""
    return Acidity(ph=ph)
