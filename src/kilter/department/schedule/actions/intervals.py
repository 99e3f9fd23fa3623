"""The risk score of a model, and the interval that the head of department accepts for it."""

from __future__ import annotations

from typing import Any

from kilter.department.equipment.models import DeviceModel
from kilter.department.ledger import audit
from kilter.department.ledger.texts import text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.policy import actions as policy
from kilter.department.policy.intervals import SHORTEST_MONTH
from kilter.department.policy.models import Basis, Frequency, Scope
from kilter.department.schedule.figures import procedure_numbers
from kilter.department.schedule.intervals import as_data, proposals
from kilter.department.schedule.models import IntervalDecision, RiskAnswer
from kilter.measure.error import BadInput, Conflict

QUESTIONS = {
    "function": (2, 10),
    "risk": (1, 5),
    "maintenance": (1, 5),
    "history": (-2, 2),
}
"""The questions of Fennigkoh and Smith, each with the lowest and the highest answer."""


@action("schedule.answer_risk")
def answer_risk(
    *,
    by: Person,
    model: DeviceModel,
    function: int,
    risk: int,
    maintenance: int,
    history: int = 0,
    reason: str,
) -> RiskAnswer:
    """Answer the questions of risk for a model; the score is that of the cited procedure.

    Raises:
        BadInput: an answer is out of its range, or there is no reason.
    """
    if not isinstance(model, DeviceModel):
        raise BadInput("model: must be a model", field="model")
    given = {"function": function, "risk": risk, "maintenance": maintenance, "history": history}
    for name, (low, high) in QUESTIONS.items():
        if type(given[name]) is not int or not low <= given[name] <= high:
            raise BadInput(f"{name}: a whole number from {low} to {high}", field=name)
    score = round(procedure_numbers("risk_score", **given)["score"])
    reason = text("reason", reason, most=500, needed=True)
    row = RiskAnswer.objects.create(model=model, score=score, reason=reason, by=by, **given)
    audit.write("schedule.answer_risk", by=by, subject=row, detail={"score": score})
    return row


@action("schedule.accept_interval")
def accept_interval(
    *, by: Person, model: DeviceModel, protocol: str, months: int, reason: str
) -> IntervalDecision:
    """Accept what is proposed for a protocol on a model, as a frequency of that model from now on.

    What the frequency in force says besides its months stays. It is proposed anew here: what is signed is
    what the figures say at this moment.

    Raises:
        Conflict: nothing is proposed, or other months than these by now.
        BadInput: there is no reason.
    """
    reason = text("reason", reason, most=500, needed=True)
    DeviceModel.objects.select_for_update(of=("self",)).get(pk=model.pk)
    offered = {one.frequency.protocol: one for one in proposals([model])[model.pk]}
    one = offered.get(protocol)
    if one is None or not one.changes:
        raise Conflict("no other interval is proposed for this test", field="protocol")
    if one.months != months:
        raise Conflict(f"{one.months} months are proposed by now", field="months")
    kept = _kept(one.frequency, months)
    frequency = policy.set_frequency(
        by=by,
        protocol=protocol,
        scope_kind=Scope.MODEL,
        scope_key=str(model.uuid),
        months=months,
        reason=reason,
        **kept,
    )
    row = IntervalDecision.objects.create(
        model=model,
        protocol=protocol,
        before=one.frequency.months,
        months=months,
        figures=as_data(one.figures),
        proposed=one.reason[:1000],
        reason=reason,
        frequency=frequency,
        by=by,
    )
    detail = {"protocol": protocol, "before": row.before, "months": months}
    audit.write("schedule.accept_interval", by=by, subject=row, detail=detail)
    return row


def _kept(row: Frequency, months: int) -> dict[str, Any]:
    """Give what stays of a frequency; a window before fixed dates stays shorter than the time between two."""
    window = row.window_days
    if row.basis == Basis.SCHEDULED:
        window = min(window, months * SHORTEST_MONTH - 1)
    names = ("basis", "anchor", "after_days", "suspends", "withdraw_when_overdue", "duration", "supplier")
    return {**{name: getattr(row, name) for name in names}, "window_days": window}
