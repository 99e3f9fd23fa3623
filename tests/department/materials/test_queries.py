"""What is there, what expires, the chain of a lot, what a permit has left, and what is to come."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.department.materials.conftest import PURITY, START

from kilter.department.ledger import clock
from kilter.department.materials import actions, outlook, queries
from kilter.department.materials.actions.permits import Allowed
from kilter.department.materials.models import Booking, Permit
from kilter.measure.error import BadInput, Conflict, KilterError, NotFound

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TC, I131 = math.log(2) / (6.015 * 3600), math.log(2) / (8.0207 * 86400)


@pytest.fixture
def chain(lab: Any) -> dict[str, Any]:
    generator, kits = lab.generator(), lab.kits()
    eluate = lab.released(lab.eluate(generator))
    batch = lab.batch(eluate, kits)
    return {
        "generator": generator,
        "kits": kits,
        "eluate": eluate,
        "batch": batch,
        "dose": lab.dose(batch, 500.0),
    }


def test_activities_at_an_instant(lab: Any, chain: Any) -> None:
    stock = queries.stock_at(START + 6 * HOUR)
    found = dict(zip([lot.pk for lot in stock.lots], stock.activities, strict=True))
    assert found[chain["eluate"].pk] == pytest.approx(6000.0 * math.exp(-TC * 21_600), rel=1e-12)
    assert found[chain["dose"].pk] == pytest.approx(500.0 * math.exp(-TC * 21_600), rel=1e-12)
    assert found[chain["kits"].pk] == 0.0
    only = queries.stock_at(START, kinds=["eluate"])
    assert [lot.pk for lot in only.lots] == [chain["eluate"].pk]


def test_query_counts_do_not_grow(lab: Any, chain: Any, django_assert_num_queries: Any) -> None:
    for _ in range(3):
        lab.dose(chain["batch"], 5.0)
    with django_assert_num_queries(1):
        stock = queries.stock_at(START)
        assert {str(lot.product) for lot in stock.lots}
    with django_assert_num_queries(3):
        queries.tests_due(START)
    with django_assert_num_queries(4):
        outlook.forecast(lab.permit, START)


def test_what_expires_next(lab: Any, chain: Any) -> None:
    soon = queries.expiring(START, 9 * HOUR)
    assert soon[0].expires <= soon[-1].expires
    assert {lot.pk for lot in soon} == {chain["batch"].pk, chain["dose"].pk}
    assert chain["eluate"] in queries.expiring(START, 13 * HOUR)


def test_what_is_to_be_tested(lab: Any, chain: Any) -> None:
    due = queries.tests_due(START)
    assert [(one.lot, one.rule.test, one.last) for one in due] == [(chain["batch"], PURITY, None)]


def test_a_chain_is_found_from_anywhere(lab: Any, chain: Any) -> None:
    found = queries.chain_of(chain["batch"])
    assert set(found.before) == {chain["generator"], chain["kits"], chain["eluate"]}
    assert found.after == [chain["dose"]]
    assert [one.test.rpartition(".")[2] for one in found.tests] == ["breakthrough"]
    assert {one.verb for one in found.movements} == {"receive", "elute", "release", "prepare", "dispense"}
    assert queries.recall_list(chain["kits"]) == [chain["batch"], chain["dose"]]
    assert queries.why_not(chain["batch"], START) == []
    lab.act("reject", lot=chain["kits"], reason="notice")
    assert queries.why_not(chain["batch"], START) == [
        f"{chain['kits'].label}, from which it comes, is rejected"
    ]
    assert len(queries.elutions_of(chain["generator"])) == 1
    assert queries.lot_by_label(chain["dose"].label.lower()) == chain["dose"]
    with pytest.raises(NotFound):
        queries.lot_by_label("nothing")


def test_what_a_permit_has_left(lab: Any, chain: Any) -> None:
    lab.act("dispose", lot=chain["dose"], route="drain", permit=lab.permit)
    used = {(one.limit.route, one.limit.group): one for one in outlook.totals(lab.permit, START + HOUR)}
    assert used["drain", "Tc-99m"].used == 500.0
    assert used["drain", "Tc-99m"].left == 4500.0
    assert used["drain", "other"].used == used["solid", "Tc-99m"].used == 0.0
    held = 20_000 * math.exp(-math.log(2) / 65.94) + 8500 * math.exp(-TC * 3600)
    assert used["holding", "all"].used == pytest.approx(held, rel=1e-12)
    april = outlook.totals(lab.permit, datetime(2040, 4, 2, tzinfo=UTC))
    assert all(one.used == 0.0 for one in april if one.limit.route == "drain")


def test_the_month_is_that_of_the_site(lab: Any, settings: Any) -> None:
    from kilter.department.materials.permits import month_of

    settings.SITE_ZONE = "Europe/London"
    first, after = month_of(datetime(2040, 6, 30, 23, 30, tzinfo=UTC))  # half past midnight of 1 July there
    assert (first, after) == (
        datetime(2040, 6, 30, 23, tzinfo=UTC),
        datetime(2040, 7, 31, 23, tzinfo=UTC),
    )
    assert month_of(datetime(2040, 12, 5, tzinfo=UTC))[1] == datetime(2041, 1, 1, tzinfo=UTC)


@pytest.fixture
def iodine(lab: Any) -> Permit:
    return actions.add_permit(
        by=lab.head,
        number_of_permit="EPR-I",
        authority="Environment Agency",
        valid_from=START - 10 * DAY,
        limits=[
            Allowed("drain", "I-131", 10_000.0, "calendar_month"),
            Allowed("drain", "all", 12_000.0, "rolling_days", 30),
            Allowed("holding", "I-131", 9000.0, "at_any_time"),
        ],
    )


def booked(lab: Any, day: int, activity: float, excreted: float = 0.9) -> Booking:
    return actions.book(
        by=lab.chemist,
        at=START + day * DAY,
        nuclide="I-131",
        activity=activity,
        route="drain",
        excreted=excreted,
    )


def test_a_forecast_names_the_first_breach_and_the_smallest_delay(lab: Any, iodine: Permit) -> None:
    for day in (2, 9):  # 7 and 14 March
        booked(lab, day, 5000.0)
    third = booked(lab, 16, 5000.0)  # 21 March: 13500 in the month, and in thirty days
    found = outlook.forecast(iodine, START)
    month, rolling = (next(one for one in found.breaches if one.limit.group == g) for g in ("I-131", "all"))
    assert (month.booking, month.at, month.total) == (third, START + 16 * DAY, 13_500.0)
    assert (rolling.booking, rolling.total) == (third, 13_500.0)
    # in April the month is new, but thirty days hold 9000 until 6 April at six, when 7 March is out of them
    assert month.delay == rolling.delay == 16 * DAY
    actions.cancel_booking(by=lab.chemist, booking=third, reason="moved")
    third = booked(lab, 32, 5000.0)
    assert [one for one in outlook.forecast(iodine, START).breaches if one.limit.route == "drain"] == []
    daily = {row.group: line for row, line in outlook.forecast(iodine, START).lines if row.days}
    assert daily["all"][8] == 4500.0  # the tenth day begins at six of 14 March
    assert daily["all"][9] == 9000.0


def test_a_booking_that_is_always_too_much_has_no_remedy(lab: Any, iodine: Permit) -> None:
    one = booked(lab, 3, 20_000.0, 1.0)
    found = outlook.forecast(iodine, START).breaches
    assert all(breach.delay is None for breach in found)
    assert one in {breach.booking for breach in found}


def test_what_is_held_decays_and_a_booking_is_held_on_its_day(lab: Any, iodine: Permit) -> None:
    product = actions.add_product(by=lab.head, key="i131", name="Iodide", kind="radioactive", nuclide="I-131")
    lab.act("receive", product=product, label="I1", activity=8000.0, volume=10.0, expires=START + 90 * DAY)
    booked(lab, 8, 5000.0)
    found = outlook.forecast(iodine, START, days=20)
    line = next(line for row, line in found.lines if row.route == "holding")
    wanted = [8000 * math.exp(-I131 * 86400 * day) + 5000 * (day == 8) for day in range(20)]
    assert list(line) == pytest.approx(wanted, rel=1e-12)
    breach = next(one for one in found.breaches if one.limit.route == "holding")
    assert breach.booking is None
    assert breach.at == START + 8 * DAY
    assert breach.total == pytest.approx(wanted[8], rel=1e-12)
    assert outlook.stock_by_nuclide(START) == {"I-131": 8000.0}


@pytest.mark.parametrize(
    ("field", "row"),
    [
        ("route", Allowed("roof", "I-131", 1.0, "calendar_month")),
        ("period", Allowed("drain", "I-131", 1.0, "weekly")),
        ("period", Allowed("drain", "I-131", 1.0, "at_any_time")),
        ("period", Allowed("holding", "I-131", 1.0, "calendar_month")),
        ("days", Allowed("drain", "I-131", 1.0, "rolling_days")),
        ("days", Allowed("drain", "I-131", 1.0, "calendar_month", 30)),
        ("nuclide", Allowed("drain", "Xx-1", 1.0, "calendar_month")),
        ("group", Allowed("drain", "", 1.0, "calendar_month")),
        ("limit", Allowed("drain", "I-131", -1.0, "calendar_month")),
        ("limit", Allowed("drain", "I-131", math.nan, "calendar_month")),
    ],
)
def test_a_row_of_a_permit_that_cannot_be(lab: Any, field: str, row: Allowed) -> None:
    with pytest.raises(BadInput) as refused:
        actions.add_permit(by=lab.head, number_of_permit="P", authority="EA", valid_from=START, limits=[row])
    assert refused.value.field == field
    assert not Permit.objects.filter(number="P").exists()


def test_a_booking_is_refused_or_cancelled_once(lab: Any) -> None:
    one = booked(lab, 1, 100.0)
    actions.cancel_booking(by=lab.chemist, booking=one, reason="withdrawn")
    with pytest.raises(Conflict, match="cancelled before"):
        actions.cancel_booking(by=lab.chemist, booking=one, reason="withdrawn")
    with pytest.raises(BadInput, match="excreted"):
        booked(lab, 1, 100.0, 1.1)
    with pytest.raises(BadInput, match="activity"):
        booked(lab, 1, 0.0)


def test_products_and_rules_are_refused_by_name(lab: Any) -> None:
    given = {"by": lab.head, "key": "x", "name": "X", "kind": "gas"}
    for change, field in (
        ({"key": "X y"}, "key"),
        ({"kind": "soup"}, "kind"),
        ({"kind": "generator"}, "gives"),
        ({"nuclide": "Zz-9"}, "nuclide"),
        ({"second_person": ["sing"]}, "second_person"),
        ({"figures": {"colour": 1.0}}, "figures"),
        ({"figures": {"shelf_hours": -1.0}}, "shelf_hours"),
        ({"most_doses": 1.5}, "most_doses"),
        ({"key": "mdp"}, "key"),
    ):
        with pytest.raises(KilterError) as refused:
            actions.add_product(**{**given, **change})
        assert refused.value.field == field
    with pytest.raises(BadInput, match="has no input colour"):
        actions.set_test_rule(
            by=lab.chemist,
            product=lab.kit_product,
            procedure=PURITY,
            when="alongside",
            fixed={"colour": "red"},
        )
    with pytest.raises(BadInput, match="every_hours"):
        actions.set_test_rule(by=lab.chemist, product=lab.kit_product, procedure=PURITY, when="periodically")


def test_a_rule_is_replaced_and_ended_and_stays_to_be_read(lab: Any) -> None:
    actions.set_test_rule(
        by=lab.chemist, product=lab.kit_product, procedure=PURITY, when="before_use", fixed={"product": "MDP"}
    )
    rule = queries.rules_of(lab.kit_product)[0]
    assert rule.when == "before_use"
    with pytest.raises(BadInput, match="reason"):
        actions.end_test_rule(by=lab.chemist, rule=rule, reason=" ")
    actions.end_test_rule(by=lab.chemist, rule=rule, reason="no longer used")
    assert queries.rules_of(lab.kit_product) == []
    assert lab.kit_product.rules.count() == 2
    with pytest.raises(Conflict, match="ended before"):
        actions.end_test_rule(by=lab.chemist, rule=rule, reason="again")


def test_sources_due_for_a_leak_test(lab: Any) -> None:
    product = actions.add_product(
        by=lab.head, key="co", name="Co-57", kind="radioactive", nuclide="Co-57", leak_test_days=365
    )
    lot = lab.act("receive", product=product, label="CO1", kind="source", activity=100.0)
    assert queries.leak_tests_due(START, 364 * DAY) == []
    assert queries.leak_tests_due(START, 365 * DAY) == [lot]
    with clock.at(START + DAY):
        lab.act("dispose", lot=lot, route="transfer", permit=_transfer(lab))
    assert queries.leak_tests_due(START, 400 * DAY) == []


def _transfer(lab: Any) -> Permit:
    return actions.add_permit(
        by=lab.head,
        number_of_permit="T",
        authority="EA",
        valid_from=START,
        limits=[Allowed("transfer", "all", 1e6, "calendar_month")],
    )
