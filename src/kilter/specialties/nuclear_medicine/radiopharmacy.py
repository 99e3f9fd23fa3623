"""The radiopharmacy's sums: purity by chromatography, volumes to draw, what a kit may take."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from kilter.measure.error import CannotTell
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Hour, Note, Percent
from kilter.numerics.decay import Library, Nuclide, decay_constant, remaining
from kilter.specialties.nuclear_medicine.decay import HOUR, unread
from kilter.specialties.nuclear_medicine.quantities import Activity, Counts, Megabecquerel, Millilitre
from kilter.specialties.nuclear_medicine.standards import CFR_35_63, ICRP_107, UAMS_RCP

DATA = Path(__file__).parent / "data"
ROUNDING = 1e-12
"""Two activities closer than this, relative, differ by rounding."""
Product = Literal[
    "pertechnetate", "mebrofenin", "disofenin", "MDP", "HDP", "PYP", "DTPA", "MAA", "DMSA", "MAG3", "MIBI",
    "tetrofosmin", "HMPAO", "colloid",
]  # fmt: skip
Percentage = Annotated[Percent, Between(0.0, 100.0)]


@cache
def rows(name: str) -> list[dict[str, str]]:
    """Read a published table that stands beside the procedures."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True, slots=True)
class Purity:
    """Radiochemical purity and the two impurities, in percent of all activity."""

    purity: Percentage
    free: Percentage
    hydrolysed: Percentage
    notes: tuple[Note, ...] = ()
    uncertainties: dict[str, float] = field(default_factory=dict)


@procedure("nuclear_medicine.radiochemical_purity", version=1, cites=[UAMS_RCP], uncertainty="own")
def radiochemical_purity(
    *,
    product: Product,
    strip_1_top: Counts,
    strip_1_bottom: Counts,
    strip_2_top: Counts = 0.0,
    strip_2_bottom: Counts = 0.0,
    background: Counts = 0.0,
) -> Purity:
    """Radiochemical purity by two strips: 100 % less free pertechnetate and less what is hydrolysed or bound.

    Which half of a strip holds the impurity is the product's: it stands in the table of methods. The same
    background is taken from every half. Strip 1 shows what is free, strip 2 what is hydrolysed-reduced; a
    product with one strip leaves the other at 0. Uncertainties are those of counting.
    """
    method = next(row for row in rows("chromatography.csv") if row["product"] == product)
    free, u_free = _impurity(method["impurity_1"], strip_1_top, strip_1_bottom, background, "strip_1_top")
    bound, u_bound = _impurity(method["impurity_2"], strip_2_top, strip_2_bottom, background, "strip_2_top")
    purity = 100.0 - free - bound
    if purity < -1e-9:
        raise CannotTell("the two strips show more impurity than there is activity", field="strip_2_top")
    u = math.hypot(u_free, u_bound)
    limit = float(method["limit"])
    few = abs(purity - limit) < 2.0 * u
    words = f"the limit of {limit:g} % lies within 2 u of the purity: count longer"
    notes: tuple[Note, ...] = (Note("few_counts", words, doubt=True),) if few else ()
    if method["read"] != "yes":
        words = "which half holds the impurity was not read in the method's text here: to be confirmed"
        notes += (Note("method_not_read", words),)
    return Purity(
        purity=max(0.0, purity),
        free=free,
        hydrolysed=bound,
        notes=notes,
        uncertainties={"purity": u, "free": u_free, "hydrolysed": u_bound},
    )


def _impurity(where: str, top: float, bottom: float, background: float, name: str) -> tuple[float, float]:
    """Give an impurity in percent with its standard uncertainty from counting."""
    if where == "none":
        return 0.0, 0.0
    net_top, net_bottom = max(0.0, top - background), max(0.0, bottom - background)
    whole = net_top + net_bottom
    if whole <= 0:
        raise CannotTell("a strip shows no activity above its background", field=name)
    part, rest = (net_top, net_bottom) if where == "top" else (net_bottom, net_top)
    var_top, var_bottom = top + background, bottom + background
    var_part, var_rest = (var_top, var_bottom) if where == "top" else (var_bottom, var_top)
    u = 100.0 * math.sqrt(rest**2 * var_part + part**2 * var_rest) / whole**2
    return 100.0 * part / whole, u


@dataclass(frozen=True, slots=True)
class Draw:
    """Volume to draw now in mL, the activity in it now, and that at administration, in MBq."""

    volume: Annotated[Millilitre, Between(0.0)]
    activity_now: Annotated[Megabecquerel, Between(0.0)]
    left_in_vial: Annotated[Millilitre, Between(0.0)]
    notes: tuple[Note, ...] = ()


@procedure("nuclear_medicine.dispensing", version=1, cites=[ICRP_107])
def dispensing(
    *,
    nuclide: Nuclide,
    prescribed: Annotated[Activity, Between(1e-6, 1e6)],
    vial_activity: Annotated[Activity, Between(1e-6, 1e9)],
    vial_volume: Annotated[Millilitre, Between(0.01, 1e4)],
    since_calibration: Annotated[Hour, Between(-1e3, 1e5)],
    until_administration: Annotated[Hour, Between(0.0, 1e4)],
    kept_in_vial: Annotated[Millilitre, Between(0.0, 100.0)] = 0.0,
    library: Library = "ICRP 107",
) -> Draw:
    """Volume to draw so that the prescribed activity is there at the time of administration.

    V = A exp(l t) / C, with C the vial's concentration now. What the vial keeps back is left in it.
    """
    constant = decay_constant(nuclide, library)
    concentration = vial_activity / vial_volume * remaining(since_calibration * HOUR, constant)
    now = prescribed / remaining(until_administration * HOUR, constant)
    volume = now / concentration
    left = vial_volume - volume
    if left < kept_in_vial:
        most = float(max(vial_volume - kept_in_vial, 0.0) * concentration)
        message = f"the vial is too weak: it gives {most:.3g} MBq now and {now:.3g} MBq are wanted"
        raise CannotTell(message, field="vial_activity")
    return Draw(float(volume), float(now), float(left), unread(library, nuclide))


@dataclass(frozen=True, slots=True)
class Administered:
    """Activity at administration in MBq, and its difference from the prescription in percent."""

    activity: Annotated[Megabecquerel, Between(0.0)]
    difference: Percent
    notes: tuple[Note, ...] = ()


@procedure("nuclear_medicine.administered_activity", version=1, cites=[CFR_35_63, ICRP_107], elementwise=True)
def administered_activity(
    *,
    nuclide: Nuclide,
    before: Activity,
    before_by: Annotated[Hour, Between(0.0, 1e4)],
    residual: Activity,
    residual_after: Annotated[Hour, Between(0.0, 1e4)],
    prescribed: Annotated[Activity, Between(1e-6, 1e6)],
    library: Library = "ICRP 107",
) -> Administered:
    """Administered activity: the syringe before, less its residue after, both at the time of injection."""
    constant = decay_constant(nuclide, library)
    drawn = before * remaining(before_by * HOUR, constant)
    left = residual / remaining(residual_after * HOUR, constant)
    gone = drawn - left
    given = gone * (abs(gone) > ROUNDING * drawn) + 0.0  # where all was left none was given, not -1e-16
    difference = 100.0 * (given - prescribed) / prescribed
    return Administered(activity=given, difference=difference, notes=unread(library, nuclide))


@dataclass(frozen=True, slots=True)
class Kit:
    """Share of what a kit may take, of activity and of volume, in percent."""

    activity_used: Annotated[Percent, Between(0.0)]
    volume_used: Annotated[Percent, Between(0.0)]


@procedure("nuclear_medicine.kit_preparation", version=1, cites=[UAMS_RCP], elementwise=True)
def kit_preparation(
    *,
    activity: Activity,
    volume: Annotated[Millilitre, Between(0.0, 100.0)],
    largest_activity: Annotated[Activity, Between(1e-3, 1e6)],
    largest_volume: Annotated[Millilitre, Between(0.01, 100.0)],
) -> Kit:
    """Activity and volume put into a kit, as shares of the most that its maker allows."""
    return Kit(activity_used=100.0 * activity / largest_activity, volume_used=100.0 * volume / largest_volume)
