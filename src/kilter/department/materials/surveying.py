"""The survey of what leaves: made with an instrument in calibration, judged, and sealed. No gate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kilter.department.equipment.models import Certificate, Device
from kilter.department.equipment.queries import certificate_in_force
from kilter.department.ledger import clock, identity
from kilter.department.materials.custody import Link, named, needs
from kilter.department.materials.measuring import Measured, measure
from kilter.department.materials.models import Lot
from kilter.department.materials.storage import LONGEST
from kilter.department.records.chain import Unsealed, append
from kilter.department.records.models import Record
from kilter.department.records.sealing import role_of, unfit
from kilter.department.records.visit import instrument_data
from kilter.measure.error import CannotTell, Conflict
from kilter.numerics.decay import half_life

PROCEDURE = "nuclear_medicine.clearance_survey"


@dataclass(frozen=True, slots=True)
class Survey:
    """What was read before something leaves, by input of the procedure, and with which instrument."""

    instrument: Device
    readings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A survey as it was sealed."""

    record: Record
    measured: Measured

    @property
    def said(self) -> dict[str, Any]:
        """What the statement of the disposal says of it."""
        verdict = self.measured.judgement.verdict
        return {"survey": {"record": str(self.record.uuid), "verdict": verdict}}


def refuse_uncleared(parts: Iterable[Lot], survey: Survey | None) -> None:
    """Refuse to let something go as no longer radioactive that was not surveyed or lasts too long.

    Raises:
        BadInput: there is no survey.
        Conflict: a nuclide lasts too long for decay in storage.
    """
    needs(survey is not None, "surface", "what leaves as no longer radioactive is surveyed first")
    for one in parts:
        if one.nuclide and timedelta(seconds=half_life(one.nuclide)) > LONGEST:
            words = f"{one.label} holds {one.nuclide}, which lasts too long for decay in storage"
            raise Conflict(words, field="route", code="too_long")


NOT_CLEARED = "not_cleared"
"""Code of the refusal of what a survey does not clear."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A survey as it was judged, with the certificate of its instrument."""

    survey: Survey
    paper: Certificate | None
    measured: Measured


def judged(link: Link, survey: Survey) -> Judged:
    """Judge a survey by the limits in force.

    Raises:
        BadInput: a reading is refused.
        CannotTell: the analysis could not tell.
        Conflict: the instrument is out of calibration or unfit.
    """
    paper = certificate_in_force(survey.instrument, link.at)
    if why := unfit(survey.instrument, paper):
        words = f"{survey.instrument.asset} {why}"
        raise Conflict(words, field="instrument", code="out_of_calibration")
    measured = measure(PROCEDURE, survey.readings, link.at)
    if not measured.outcome.valid:
        reason = next((note.text for note in measured.outcome.notes), "the analysis could not tell")
        raise CannotTell(reason, field="surface")
    return Judged(survey, paper, measured)


def refuse_not_clear(found: Judged) -> None:
    """Refuse what a survey does not clear.

    Raises:
        Conflict: the survey fails, or no limit in force judges it.
    """
    if not found.measured.passed:
        raise Conflict(_why(found.measured), field="surface", code=NOT_CLEARED)


def sealed(link: Link, lot: Lot, found: Judged) -> Surveyed:
    """Seal a survey of a lot with its instrument, whatever it shows."""
    uuid, measured, instrument = identity.new_id(), found.measured, found.survey.instrument
    document = {
        **measured.document,
        "lot": named(lot),
        "person": {"role": role_of(link.by, clock.now())},
        "instruments": [instrument_data(instrument, found.paper)],
    }
    item = Unsealed(
        uuid,
        "result",
        uuid,
        link.by,
        link.at,
        document,
        protocol=PROCEDURE,
        confirmed=measured.in_force.confirmed,
        instruments=[(instrument, found.paper)],
    )
    return Surveyed(append([item])[0], measured)


def _why(measured: Measured) -> str:
    """Say why a survey does not clear what was surveyed."""
    verdict = measured.judgement.verdict
    if verdict == "recorded":
        return "no limit in force judges the survey; adopt one first"
    found = [
        f"{words} is {measured.value(name):.3g} times what the background may show"
        for name, words in (("dose_rate", "the dose rate"), ("contamination", "the contamination"))
        if name in measured.outcome.results and measured.value(name) > 1.0
    ]
    return f"the survey does not clear it: {'; '.join(found) or verdict}"
