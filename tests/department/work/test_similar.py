"""Faults that are like earlier ones, patients' numbers, and the board in pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.department.equipment import actions as equipment
from kilter.department.ledger import clock
from kilter.department.patients.free_text import is_nhs_number, names_nobody
from kilter.department.work import actions, queries
from kilter.department.work.models import Job
from kilter.department.work.queries import Place
from kilter.department.work.wording import MOST, words_of
from kilter.measure.error import BadInput


def test_words_meet_in_one_form() -> None:
    assert words_of("Alarms, ALARMING and alarmed: the Bättery is flat", "e 105") == [
        "code:E105",
        "alarm",
        "battery",
        "flat",
    ]


@given(st.text(), st.text(max_size=60))
def test_words_are_few_short_and_each_once(text: str, code: str) -> None:
    found = words_of(text, code)
    assert len(found) == len(set(found)) <= MOST
    assert all(0 < len(word) <= 40 for word in found)


@pytest.mark.django_db
def test_what_cured_the_same_fault_of_the_model_comes_first(shop: Any) -> None:
    twin = equipment.register_device(by=shop.head, fields={"asset": "ME0002", "model": shop.pump.model})
    report = {"by": shop.engineer, "device": twin}
    cure = actions.report_fault(**report, text="Battery does not charge", error_code="E105")
    actions.report_fault(**report, text="Door latch broken")
    actions.report_fault(**report, text="Battery door loose")
    actions.report_fault(
        by=shop.engineer, device=shop.tester, text="Battery does not charge", error_code="E105"
    )
    job = actions.report_fault(
        by=shop.engineer, device=shop.pump, text="will not charge battery", error_code="e105"
    )
    found = queries.similar(job)
    assert [one.job.text for one in found] == ["Battery does not charge", "Battery door loose"]
    assert found[0].job == cure
    assert 1 >= found[0].likeness > found[1].likeness > 0


@pytest.mark.django_db
def test_finding_takes_as_many_queries_in_a_long_history(
    shop: Any, django_assert_max_num_queries: Any
) -> None:
    for n in range(30):
        actions.report_fault(by=shop.engineer, device=shop.pump, text=f"pump alarm occlusion {n:04d}")
    job = actions.report_fault(by=shop.engineer, device=shop.pump, text="occlusion alarm")
    with django_assert_max_num_queries(3):
        assert len(queries.similar(job)) == 5


@pytest.mark.django_db
def test_the_same_device_again_within_thirty_days(shop: Any) -> None:
    start = clock.now()
    for day in (0, 45, 60):
        with clock.at(start + timedelta(days=day)):
            job = actions.report_fault(by=shop.engineer, device=shop.pump, text=f"alarm {day}")
            before = [one.text for one in queries.repeats(job)]
            actions.close_job(by=shop.engineer, job=job, text="x", outcome="no_fault")
        assert before == (["alarm 45"] if day == 60 else [])


@pytest.mark.parametrize("number", ["9434765919", "943 476 5919", "943-476-5919"])
def test_an_nhs_number_is_refused_in_whatever_dress(number: str) -> None:
    assert is_nhs_number(number)
    with pytest.raises(BadInput) as refused:
        names_nobody("text", f"Pump of {number} stopped")
    assert number not in refused.value.message


@pytest.mark.parametrize(
    "words", ["serial 9434765918", "call 0113 496 0000 now", "lot 12345678901", "12.5 mL/h"]
)
def test_other_numbers_pass(words: str) -> None:
    names_nobody("text", words)


@given(st.integers(0, 10**9 - 1))
def test_the_last_digit_checks_the_others(stem: int) -> None:
    """Of the ten possible last digits exactly one fits, or none where the remainder asks for ten."""
    fitting = [last for last in range(10) if is_nhs_number(f"{stem:09d}{last}")]
    remainder = sum((10 - place) * int(digit) for place, digit in enumerate(f"{stem:09d}")) % 11
    assert len(fitting) == (0 if remainder == 1 else 1)


@pytest.mark.django_db
def test_the_board_in_pages_shows_every_open_job_once_the_urgent_first(
    shop: Any, django_assert_num_queries: Any
) -> None:
    now = clock.now()
    for n in range(23):
        with clock.at(now + timedelta(minutes=n % 5)):
            actions.open_job(by=shop.engineer, device=shop.pump, text=f"job {n}", priority=n % 4 + 1)
    done = Job.objects.first()
    actions.cancel_job(by=shop.engineer, job=done, reason="x")
    seen: list[Job] = []
    after = None
    while True:
        with django_assert_num_queries(1):
            rows = queries.board(after=after, most=5)
        if not rows:
            break
        seen += rows
        after = Place.read(str(queries.place_of(rows[-1])))
    assert len(seen) == len({job.pk for job in seen}) == 22
    assert seen == sorted(seen, key=lambda job: (job.priority, job.opened_at, job.pk))
    assert queries.board(state="taken") == []
    actions.take_job(by=shop.engineer, job=seen[0])
    assert queries.board(state="taken", taken_by=shop.engineer) == [seen[0]]


@pytest.mark.parametrize("text", ["", "1_2_3", "x", "1_2026-01-01_1", "1_2026-01-01T00:00:00+00:00_x"])
def test_a_place_that_is_none(text: str) -> None:
    with pytest.raises(BadInput, match="no place on the board"):
        Place.read(text)
