"""Which devices on a regulation's list have no examination planned, and what is offered for them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from kilter.department.equipment.models import Device, DeviceModel
from kilter.department.equipment.registers import Regulation
from kilter.department.policy.models import Scope
from kilter.department.policy.statutory import Examination, examination_of, examinations
from kilter.department.schedule.models import Due
from kilter.department.schedule.recompute import PLANNED
from kilter.measure.error import NotFound


@dataclass(frozen=True, slots=True)
class Offer:
    """Devices of one kind or model on a list: how many, how many without an examination, what is offered."""

    scope_kind: str
    scope_key: str
    name: str
    devices: int
    without: int
    examination: Examination

    @property
    def key(self) -> str:
        """Name the scope in an address."""
        return f"{self.scope_kind}-{self.scope_key}"


def offers(regulation: Regulation) -> list[Offer]:
    """Give what is offered for the devices on a list, those without an examination first. One query for each.

    A kind that the list names is offered as a kind; a model that is on the list by what was said of it alone,
    and every pressure system, which has a scheme of its own, is offered as a model.
    """
    protocols = {one.protocol for one in examinations().get(regulation.key, ())}
    planned = Due.objects.filter(device=OuterRef("pk"), protocol__in=protocols)
    rows = Device.objects.filter(regulation.chosen(), state__in=PLANNED).annotate(has=Exists(planned))
    counted = rows.values_list("model_id").annotate(n=Count("pk"), without=Count("pk", filter=Q(has=False)))
    numbers = {pk: (n, without) for pk, n, without in counted.order_by("model_id")}
    found: dict[tuple[str, str, str], tuple[int, int]] = {}
    exams: dict[tuple[str, str, str], Examination] = {}
    for model in DeviceModel.objects.filter(pk__in=numbers).order_by("maker", "name"):
        exam = examination_of(regulation.key, model.kind)
        if exam is None:
            continue
        by_kind = model.kind in exam.kinds and model.kind in regulation.kinds
        place = (Scope.DEVICE_KIND.value, model.kind, model.kind.replace("_", " "))
        if not by_kind:
            place = (Scope.MODEL.value, str(model.uuid), str(model))
        n, without = numbers[model.pk]
        before = found.get(place, (0, 0))
        found[place] = (before[0] + n, before[1] + without)
        exams[place] = exam
    made = [Offer(*place, n, without, exams[place]) for place, (n, without) in found.items()]
    return sorted(made, key=lambda one: (-one.without, one.name))


def offer_of(regulation: Regulation, key: str) -> Offer:
    """Find what is offered for a kind or model whose devices lack an examination.

    Raises:
        NotFound: nothing is.
    """
    for one in offers(regulation):
        if one.key == key and one.without:
            return one
    raise NotFound("no examination is offered for these devices", field="scope")
