"""Correcting a lot's test: the bar is lifted only where no failed one stands, and nothing is erased."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.department.materials.conftest import BREAKTHROUGH, IMPURE, PURE, PURITY, START

from kilter.department.ledger import clock
from kilter.department.ledger.models import AuditEntry
from kilter.department.materials import actions, generators, queries, tested
from kilter.department.materials.custody import Second
from kilter.department.materials.models import Lot, LotTest, Product
from kilter.department.records.verify import verify
from kilter.measure.error import BadInput, Conflict, NotPermitted

pytestmark = pytest.mark.django_db
MISTYPED = 0.3


@pytest.fixture
def failed(lab: Any) -> LotTest:
    """An eluate whose breakthrough was typed ten times too high after a dose was drawn from it."""
    eluate = lab.released(lab.eluate(lab.generator()))
    lab.dose(eluate)
    eluate.refresh_from_db()
    test: LotTest = lab.act(
        "run_test", lot=eluate, procedure=BREAKTHROUGH, inputs=lab.breakthrough(eluate, MISTYPED)
    )
    return test


def correct(lab: Any, test: LotTest, ratio: float = 0.03, **more: Any) -> LotTest:
    given = {
        "inputs": lab.breakthrough(test.lot, ratio),
        "reason": "typed 2700, the counter shows 270",
        **more,
    }
    done: LotTest = lab.act("correct_test", test=test, **given)
    return done


def test_a_corrected_reading_lifts_the_bar_and_the_lot_is_released_anew(lab: Any, failed: LotTest) -> None:
    syringe, eluate = Lot.objects.get(kind="syringe"), failed.lot
    assert "failed the test breakthrough" in " ".join(queries.why_not(syringe, START))
    done = correct(lab, failed)
    eluate.refresh_from_db()
    assert (eluate.state, eluate.rejected_at, eluate.rejected_by) == ("quarantined", None, None)
    assert queries.why_not(syringe, START) == [
        f"{eluate.label}, from which it comes, is in quarantine, not yet released"
    ]
    with pytest.raises(NotPermitted, match="Who made a lot"), transaction.atomic():
        lab.act("release", lot=eluate)
    lab.act("release", by=lab.physicist, lot=eluate)
    assert queries.why_not(syringe, START) == []
    assert (done.at, done.passed) == (failed.at, True)
    kept = [(one.test, one.corrected_by) for one in tested.tests_of(eluate)]
    assert kept[1:] == [(failed, done), (done, None)]
    (recall,) = tested.recalls_of(syringe)
    assert (recall.labels, recall.corrected_by) == ([syringe.label], done.record)


def test_both_stay_and_the_correction_names_what_it_corrects_and_why(lab: Any, failed: LotTest) -> None:
    old = json.loads(failed.record.text)
    with clock.at(START + timedelta(days=3)):
        done = correct(lab, failed)
    new = json.loads(done.record.text)
    syringe = Lot.objects.get(kind="syringe")
    assert new["supersedes"] == {"id": str(failed.record.uuid), "reason": "typed 2700, the counter shows 270"}
    assert [one["label"] for one in new["recall_corrected"]] == old["recall"] == [syringe.label]
    assert done.record.supersedes == failed.record
    assert done.record.performed_at == failed.record.performed_at
    failed.record.refresh_from_db()
    assert json.loads(failed.record.text) == old
    assert verify().problems == ()
    assert AuditEntry.objects.filter(activity="materials.correct_test").count() == 1


def test_measuring_again_lifts_nothing(lab: Any, failed: LotTest) -> None:
    lab.act("run_test", lot=failed.lot, procedure=BREAKTHROUGH, inputs=lab.breakthrough(failed.lot))
    failed.lot.refresh_from_db()
    assert failed.lot.state == "rejected"
    assert "failed the test" in queries.why_not(failed.lot, START)[-1]
    with pytest.raises(Conflict, match="cannot release"):
        lab.act("release", by=lab.physicist, lot=failed.lot)


def test_a_second_failed_test_keeps_the_bar_until_it_is_corrected_too(lab: Any, failed: LotTest) -> None:
    again = lab.act(
        "run_test", lot=failed.lot, procedure=BREAKTHROUGH, inputs=lab.breakthrough(failed.lot, 0.4)
    )
    correct(lab, failed)
    failed.lot.refresh_from_db()
    assert failed.lot.state == "rejected"
    correct(lab, again)
    failed.lot.refresh_from_db()
    assert failed.lot.state == "quarantined"


def test_what_a_person_rejected_stays_rejected(lab: Any) -> None:
    eluate = lab.released(lab.eluate(lab.generator()))
    lab.act("reject", lot=eluate, reason="a maker's notice")
    failed = lab.act("run_test", lot=eluate, procedure=BREAKTHROUGH, inputs=lab.breakthrough(eluate, 0.3))
    correct(lab, failed)
    eluate.refresh_from_db()
    assert (eluate.state, eluate.rejected_at) == ("rejected", START)


def test_what_was_drawn_from_a_rejected_lot_stays_barred_after_that_is_gone(lab: Any) -> None:
    batch = lab.batch(lab.released(lab.eluate(lab.generator())), lab.kits())
    syringe = lab.dose(batch)
    lab.act("reject", lot=batch, reason="a maker's notice")
    lab.act("dispose", lot=batch, route="drain", permit=lab.permit)
    assert queries.why_not(syringe, START) == [f"{batch.label}, from which it comes, was rejected"]


def test_a_pass_that_was_none_is_corrected_into_a_failure_and_recalls(lab: Any) -> None:
    eluate = lab.released(lab.eluate(lab.generator()))
    syringe = lab.dose(eluate)
    done = correct(lab, LotTest.objects.get(lot=eluate), MISTYPED)
    eluate.refresh_from_db()
    assert (eluate.state, eluate.rejected_by) == ("rejected", done)
    assert json.loads(done.record.text)["recall"] == [syringe.label]
    assert "failed the test" in " ".join(queries.why_not(syringe, START))


def test_a_test_before_use_counts_for_release_only_as_corrected(lab: Any) -> None:
    eluate = lab.eluate(lab.generator())
    test = lab.act("run_test", lot=eluate, procedure=BREAKTHROUGH, inputs=lab.breakthrough(eluate))
    failed = correct(lab, test, MISTYPED)
    Lot.objects.filter(pk=eluate.pk).update(state="quarantined")  # whatever else were to lift it
    with pytest.raises(Conflict, match="has not passed: breakthrough"), transaction.atomic():
        lab.act("release", by=lab.physicist, lot=eluate)
    correct(lab, failed, 0.02)
    lab.act("release", by=lab.physicist, lot=eluate)


def test_the_trend_of_a_generator_shows_what_is_in_force(lab: Any, failed: LotTest) -> None:
    generator = failed.lot.parent
    found = generators.results_of_eluates(generator, BREAKTHROUGH, "ratio")
    assert [round(one.value, 3) for one in found] == [0.03, MISTYPED]
    correct(lab, failed, 0.031)
    found = generators.results_of_eluates(generator, BREAKTHROUGH, "ratio")
    assert [round(one.value, 3) for one in found] == [0.03, 0.031]


@pytest.mark.parametrize(
    ("more", "kind", "match"),
    [
        ({"reason": "  "}, BadInput, "reason"),
        ({"ratio": MISTYPED}, Conflict, "nothing is corrected"),
        ({"inputs": {"parent_activity": "1 kBq"}}, BadInput, "daughter_activity"),
        ({"inputs": {"pair": "Ge-68/Ga-68"}}, BadInput, "of this product"),
    ],
)
def test_a_correction_is_refused(lab: Any, failed: LotTest, more: Any, kind: Any, match: str) -> None:
    with pytest.raises(kind, match=match), transaction.atomic():
        correct(lab, failed, **more)
    failed.lot.refresh_from_db()
    assert failed.lot.state == "rejected"


def test_a_test_is_corrected_once_and_then_its_correction(lab: Any, failed: LotTest) -> None:
    newer = correct(lab, failed)
    with pytest.raises(Conflict, match="correct the newer one"), transaction.atomic():
        correct(lab, failed, 0.02)
    assert correct(lab, newer, 0.02).record.supersedes == newer.record


def test_where_the_product_asks_for_two_a_second_person_confirms(lab: Any, failed: LotTest) -> None:
    Product.objects.filter(pk=lab.eluate_product.pk).update(second_person=["correct_test"])
    failed = LotTest.objects.get(pk=failed.pk)
    with pytest.raises(NotPermitted, match="a second person confirms"), transaction.atomic():
        correct(lab, failed)
    second = Second(lab.physicist, lab.confirm(lab.physicist))
    done = correct(lab, failed, second=second)
    assert json.loads(done.record.text)["second"]["name"] == "Phil Physicist"


def test_who_only_tests_does_not_correct(lab: Any, hire: Any, failed: LotTest) -> None:
    technologist = hire("nuclear_technologist", authorised="independent", until=START + timedelta(days=9))
    with pytest.raises(NotPermitted):
        actions.correct_test(
            by=technologist, test=failed, inputs=lab.breakthrough(failed.lot), reason="mistyped",
            confirmation=lab.confirm(technologist),
        )  # fmt: skip


def test_an_emptied_vial_is_empty_again(lab: Any) -> None:
    batch = lab.batch(lab.released(lab.eluate(lab.generator())), lab.kits())
    batch.refresh_from_db()
    lab.dose(batch, volume=batch.volume)
    failed = lab.act("run_test", lot=batch, procedure=PURITY, inputs=IMPURE)
    lab.act("correct_test", test=failed, inputs=PURE, reason="strips read the wrong way round")
    batch.refresh_from_db()
    assert (batch.state, batch.rejected_at) == ("empty", None)


STEPS = st.lists(
    st.tuples(st.sampled_from(["test", "correct"]), st.integers(0, 5), st.booleans()), max_size=9
)


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(steps=STEPS)
def test_a_lot_is_barred_exactly_while_a_failed_test_in_force_stands(lab: Any, steps: Any) -> None:
    with transaction.atomic():
        lot, said, ratio = lab.released(lab.eluate(lab.generator())), {}, 0.02
        said[LotTest.objects.get(lot=lot).pk] = True
        for verb, number, good in steps:
            ratio += 1e-4  # no two readings are the same
            inputs = lab.breakthrough(lot, ratio if good else ratio + 0.3)
            if verb == "test":
                said[lab.act("run_test", lot=lot, procedure=BREAKTHROUGH, inputs=inputs).pk] = good
            else:
                old = sorted(said)[number % len(said)]
                test = LotTest.objects.get(pk=old)
                del said[old]
                said[lab.act("correct_test", test=test, inputs=inputs, reason="tried").pk] = good
            lot.refresh_from_db()
            assert (lot.state == "rejected") == (not all(said.values()))
            assert any("failed" in one for one in queries.why_not(lot, START)) == (not all(said.values()))
        transaction.set_rollback(True)
