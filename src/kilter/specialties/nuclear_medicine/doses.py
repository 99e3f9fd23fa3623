"""Activities for children by published cards, and effective doses by published coefficients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from kilter.measure.error import BadInput, CannotTell
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Note, Ratio
from kilter.specialties.nuclear_medicine.quantities import Activity, Kilogram, Megabecquerel, Millisievert
from kilter.specialties.nuclear_medicine.radiopharmacy import rows
from kilter.specialties.nuclear_medicine.standards import ARSAC, EANM_CARD, ICRP_128

Carded = Literal[
    "Tc-99m MDP", "Tc-99m DMSA", "F-18 FDG torso", "F-18 FDG brain", "F-18 FDG long axial field or PET/MR",
    "Tc-99m MAG3", "I-123 mIBG", "Tc-99m DTPA kidney", "Tc-99m MAA", "Tc-99m pertechnetate thyroid",
    "Tc-99m pertechnetate Meckel", "Tc-99m IDA", "F-18 fluoride", "Tc-99m HMPAO brain", "Tc-99m red cells",
    "Ga-68 peptides", "I-123 thyroid",
]  # fmt: skip
Between_rows = Literal["nearest", "next_lower", "interpolate"]
CLASS_READ = "B"
"""The class of the card whose multiples were read in a text here (a summary of product characteristics)."""
Rounding = Literal["none", "to_1_MBq", "down_to_1_MBq", "to_5_MBq"]


@dataclass(frozen=True, slots=True)
class ChildActivity:
    """Activity in MBq; the multiple or fraction of the card that was used; whether the minimum decided."""

    activity: Annotated[Megabecquerel, Between(0.0)]
    multiple: Annotated[Ratio, Between(0.0)]
    raised_to_minimum: Literal["yes", "no"]
    notes: tuple[Note, ...] = ()


@procedure("nuclear_medicine.paediatric_activity", version=1, cites=[EANM_CARD, ARSAC], use="patient_result")
def paediatric_activity(
    *,
    radiopharmaceutical: Carded,
    weight: Annotated[Kilogram, Between(1.0, 200.0)],
    card: Literal["EANM 2016", "fraction of adult"],
    between_rows: Between_rows,
    rounding: Rounding,
    adult_activity: Activity | None = None,
    minimum: Activity | None = None,
) -> ChildActivity:
    """Activity for a child: the card's baseline times its multiple, or a fraction of the adult's.

    The card has rows and no curve, and its publications round differently: what is done between the rows, and
    how the activity is rounded, are chosen and recorded. It is then raised to the minimum: the card's own,
    or the one given. The fraction of the adult's activity needs that activity.
    """
    known = next(
        row for row in rows("eanm_baselines.csv") if row["radiopharmaceutical"] == radiopharmaceutical
    )
    if card == "EANM 2016":
        base, column = float(known["baseline"]), known["class"]
        least = float(known["minimum"]) if minimum is None else minimum
    elif adult_activity is None:
        raise BadInput(
            "adult_activity is missing: the fraction is of it", field="adult_activity", code="missing"
        )
    else:
        base, column, least = adult_activity, "fraction", minimum or 0.0
    table = rows("eanm_card.csv")
    weights = [float(row["weight"]) for row in table]
    multiple = _between([float(row[column]) for row in table], weights, weight, between_rows)
    found = base * multiple
    raised = found < least
    notes = _of_range(weight, weights)
    if card == "EANM 2016" and (known["read"] != "yes" or column != CLASS_READ):
        words = "the card's baseline or class was not read in its text here: to be confirmed"
        notes += (Note("not_read", words),)
    return ChildActivity(
        activity=_rounded(max(found, least), rounding),
        multiple=multiple,
        raised_to_minimum="yes" if raised else "no",
        notes=notes,
    )


def _of_range(weight: float, weights: Sequence[float]) -> tuple[Note, ...]:
    if weights[0] <= weight <= weights[-1]:
        return ()
    words = f"the card ends at {weights[0]:g} and {weights[-1]:g} kg; its nearest row was taken"
    return (Note("outside_card", words),)


def _between(values: Sequence[float], weights: Sequence[float], weight: float, rule: Between_rows) -> float:
    """Give the card's figure at a weight; outside the card that of its nearest row."""
    if weight <= weights[0]:
        return values[0]
    if weight >= weights[-1]:
        return values[-1]
    above = next(place for place, row in enumerate(weights) if row > weight)
    low, high = weights[above - 1], weights[above]
    if rule == "next_lower":
        return values[above - 1]
    if rule == "nearest":  # halfway between two rows the lower one counts: less activity
        return values[above - 1] if weight - low <= high - weight else values[above]
    part = (weight - low) / (high - low)
    return values[above - 1] + part * (values[above] - values[above - 1])


def _rounded(activity: float, rule: Rounding) -> float:
    """Round an activity in MBq; halves go up, and a hair of floating point is no reason to go down."""
    if rule == "to_5_MBq":
        return 5.0 * math.floor(activity / 5.0 + 0.5 + 1e-9)
    if rule == "to_1_MBq":
        return float(math.floor(activity + 0.5 + 1e-9))
    return float(math.floor(activity + 1e-9)) if rule == "down_to_1_MBq" else activity


Dosed = Literal[
    "F-18 FDG", "Tc-99m MDP", "Tc-99m pertechnetate", "Tc-99m MAA", "Tc-99m MIBI rest",
    "Tc-99m MIBI exercise", "Tc-99m MAG3", "F-18 DOPA", "Cr-51 EDTA", "Ga-67 citrate", "O-15 water",
    "C-11 methionine", "Tc-99m DMSA",
    "Tc-99m DTPA", "Tc-99m HMPAO", "Tc-99m tetrofosmin rest", "Tc-99m tetrofosmin exercise", "I-123 mIBG",
    "I-123 FP-CIT", "Tl-201 chloride", "In-111 octreotide", "F-18 fluoride",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class EffectiveDose:
    """Effective dose in mSv."""

    dose: Annotated[Millisievert, Between(0.0)]
    notes: tuple[Note, ...] = ()


@procedure("nuclear_medicine.effective_dose", version=1, cites=[ICRP_128], use="patient_result")
def effective_dose(
    *,
    radiopharmaceutical: Dosed,
    activity: Activity,
    age_group: Literal["adult", "15 years", "10 years", "5 years", "1 year"] = "adult",
    edition: Literal["ICRP 128", "ICRP 106", "ICRP 80", "ICRP 103 voxel (2015 erratum)"] = "ICRP 128",
) -> EffectiveDose:
    """Effective dose: the activity times the coefficient of an edition and an age group.

    The edition is part of the result, because the same examination has other coefficients in other
    editions. A combination that the table here does not hold is refused, never guessed.
    """
    for row in rows("dose_coefficients.csv"):
        if (row["radiopharmaceutical"], row["edition"]) == (radiopharmaceutical, edition) and row[age_group]:
            unread = Note("not_read", "the coefficient was not read in the text here: to be confirmed")
            notes = () if row["read"] == "yes" else (unread,)
            return EffectiveDose(dose=activity * float(row[age_group]), notes=notes)
    message = f"{edition} has no coefficient of {radiopharmaceutical} for {age_group} here"
    raise CannotTell(message, field="edition", code="no_coefficient")
