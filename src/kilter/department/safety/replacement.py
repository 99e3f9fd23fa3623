"""Reads of the replacement ranking: what is known of each device, counted in a constant number of queries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import Device, Hold
from kilter.department.ledger import clock
from kilter.department.safety import ranking
from kilter.department.safety.models import (
    AlertDevice,
    RankedDevice,
    ReplacementPolicy,
    ReplacementRanking,
)
from kilter.department.safety.ranking import Facts, Scored, Terms
from kilter.department.work.models import EngineerVisit, Job, StockMove
from kilter.measure.error import NotFound

RANKED = (State.IN_SERVICE, State.OUT_OF_SERVICE)
"""Devices in these states are ranked: the others are not here yet, gone, or cannot be located."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ranked:
    """One device of a ranking: what is known of it, and its score."""

    device: Device
    facts: Facts
    scored: Scored


def policy() -> ReplacementPolicy | None:
    """Give the policy in force; None where the department has set none."""
    return ReplacementPolicy.objects.select_related("set_by").order_by("-number").first()


def terms_of(row: ReplacementPolicy | None) -> Terms:
    """Give the terms of a policy; those shipped, which nobody has adopted, where there is none."""
    return ranking.read_terms(row.terms) if row is not None else ranking.shipped()


def rank(terms: Terms, now: datetime | None = None, *, kind: str = "") -> list[Ranked]:
    """Rank the devices that are used here, or those of one kind, the first to be replaced first.

    Args:
        terms: the weights and scales.
        now: the instant; now where it is not given.
        kind: key of a kind, "" for all.
    """
    now = clock.now() if now is None else now
    devices = list(_devices(kind).select_related("model"))
    start = now - timedelta(days=round(terms.years * ranking.YEAR))
    gathered = _Gathered(start, now, kind)
    found = []
    for device in devices:
        facts = gathered.facts(device)
        found.append(Ranked(device, facts, ranking.score(facts, terms, now.date())))
    found.sort(key=lambda one: ranking.order(one.scored, one.device.asset_key))
    return found


def _devices(kind: str) -> QuerySet[Device]:
    rows = Device.objects.filter(state__in=RANKED)
    return rows.filter(model__kind=kind) if kind else rows


class _Gathered:
    """What happened to the devices between two instants, read at once."""

    def __init__(self, start: datetime, now: datetime, kind: str) -> None:
        self.start, self.now = start, now
        about = Q(device__model__kind=kind) if kind else Q()
        faults = Job.objects.filter(about, kind=Job.Kind.FAULT, opened_at__gte=start, opened_at__lt=now)
        faults = faults.exclude(state="cancelled")
        self.faults = dict(faults.values_list("device_id").annotate(n=Count("id")))
        self.down = _down(about, start, now)
        self.spent = _spent(kind, start, now)
        alerts = AlertDevice.objects.filter(
            about, disposition=AlertDevice.Disposition.OPEN, alert__closed_at=None
        ).exclude(verdict=AlertDevice.Meant.NONE)
        self.alerts = dict(alerts.values_list("device_id").annotate(n=Count("id")))
        alike = _devices(kind).values_list("model_id", "model__kind").annotate(n=Count("id"))
        self.of_model: Counter[int] = Counter()
        self.of_kind: Counter[str] = Counter()
        for model, its_kind, count in alike.order_by():
            self.of_model[model] += count
            self.of_kind[its_kind] += count

    def facts(self, device: Device) -> Facts:
        """Give what is known of one device."""
        model, begun = device.model, max(self.start, device.registered_at)
        life = device.expected_life_years or model.expected_life_years
        return Facts(
            kind=model.kind,
            age=_age(device, self.now.date()),
            life=float(life) if life else None,
            history=max((self.now - begun) / DAY, 0.0),
            faults=self.faults.get(device.pk, 0),
            down=self.down.get(device.pk, 0.0),
            spent=float(self.spent.get(device.pk, 0)),
            price=float(device.cost) if device.cost else None,
            alike=self.of_model[device.model_id],
            of_kind=self.of_kind[model.kind],
            support_ends=model.support_ends,
            security_ends=model.security_support_ends,
            open_alerts=self.alerts.get(device.pk, 0),
        )


def _age(device: Device, day: date) -> float | None:
    """Give how old a device is, in years; from the end of the year where only its year is known."""
    born = device.made or device.installed or device.purchased
    if born is None and device.year_of_manufacture:
        born = date(device.year_of_manufacture, 12, 31)
    return max((day - born).days / ranking.YEAR, 0.0) if born is not None else None


def _down(about: Q, start: datetime, now: datetime) -> dict[int, float]:
    """Give for how many days holds kept each device from use; stretches that overlap count once."""
    rows = Hold.objects.filter(about, placed_at__lt=now).filter(
        Q(released_at=None) | Q(released_at__gt=start)
    )
    rows = rows.order_by("device_id", "placed_at")
    total: dict[int, float] = defaultdict(float)
    covered: dict[int, datetime] = {}
    for device, placed, released in rows.values_list("device_id", "placed_at", "released_at"):
        begin = max(placed, start, covered.get(device, start))
        end = min(released or now, now)
        if end > begin:
            total[device] += (end - begin) / DAY
            covered[device] = end
    return dict(total)


def _spent(kind: str, start: datetime, now: datetime) -> dict[int, Decimal]:
    """Give what parts and visiting engineers cost for each device; no labour of ours and no contract."""
    about = Q(job__device__model__kind=kind) if kind else Q(job__isnull=False)
    total: dict[int, Decimal] = defaultdict(Decimal)
    visits = EngineerVisit.objects.filter(about, signed_in_at__gte=start, signed_in_at__lt=now)
    for device, cost in visits.values_list("job__device_id").annotate(cost=Sum("cost")):
        total[device] += cost or Decimal(0)
    moves = list(
        StockMove.objects.filter(about, at__gte=start, at__lt=now).values_list(
            "job__device_id", "stock_id", "quantity"
        )
    )
    prices = _prices({stock for _, stock, _ in moves})
    for device, stock, quantity in moves:
        if device is not None:
            total[device] -= quantity * prices.get(stock, Decimal(0))
    return dict(total)


def _prices(stocks: Iterable[int]) -> Mapping[int, Decimal]:
    """Give what a piece of each lot cost when it last came in."""
    rows = StockMove.objects.filter(kind=StockMove.Kind.RECEIPT).exclude(unit_cost=None).order_by("id")
    wanted = set(stocks)
    return {
        stock: cost
        for stock, cost in rows.values_list("stock_id", "unit_cost")
        if stock in wanted and cost is not None
    }


def rankings() -> list[ReplacementRanking]:
    """List the frozen rankings, the newest year first."""
    return list(ReplacementRanking.objects.select_related("policy", "frozen_by").order_by("-year"))


def ranking_of(year: int) -> ReplacementRanking:
    """Find the frozen ranking of a year.

    Raises:
        NotFound: that year's was not frozen.
    """
    rows = ReplacementRanking.objects.select_related("policy", "frozen_by")
    found = rows.filter(year=year).first()
    if found is None:
        raise NotFound(f"the ranking of {year} was not frozen", field="year")
    return found


def ranked(
    row: ReplacementRanking, *, kind: str = "", after: int = 0, most: int | None = 100
) -> list[RankedDevice]:
    """Give devices of a frozen ranking behind a rank, in its order; all of them where `most` is None."""
    rows = RankedDevice.objects.filter(ranking=row, rank__gt=after)
    if kind:
        rows = rows.filter(kind=kind)
    rows = rows.select_related("device__model", "device__location").order_by("rank")
    return list(rows if most is None else rows[:most])
