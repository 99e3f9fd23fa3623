"""Two people at the same vial, and at the same permit, at the same moment: never more than there is."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import close_old_connections, connection
from tests.department.materials.conftest import START

from kilter.department.ledger import clock
from kilter.department.materials.balance import differences
from kilter.department.materials.models import Lot, Movement
from kilter.department.records.chain import GENESIS
from kilter.department.records.models import ChainHead
from kilter.measure.error import Conflict, KilterError

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def chain(transactional_db: None) -> None:
    """The chain's end, which such a test before this one may have emptied with the other tables."""
    ChainHead.objects.get_or_create(pk=1, defaults={"count": 0, "head": GENESIS})


def at_once(*acts: Any) -> list[Any]:
    """Do several things in threads of their own, begun together; give what each gave or met."""
    gate, found = threading.Barrier(len(acts)), [None] * len(acts)

    def one(place: int, act: Any) -> None:
        close_old_connections()
        with clock.at(START + timedelta(minutes=5)):
            gate.wait()
            try:
                found[place] = act()
            except KilterError as error:
                found[place] = error
            finally:
                connection.close()

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def test_two_draws_do_not_take_more_than_there_is(lab: Any) -> None:
    eluate = lab.released(lab.eluate(lab.generator()))
    labels = [lab.label("S") for _ in range(4)]
    found = at_once(*(lambda label=label: lab.dose(eluate, volume=2.5, label=label) for label in labels))
    drawn = [one for one in found if isinstance(one, Lot)]
    refused = [one for one in found if isinstance(one, Conflict)]
    assert (len(drawn), len(refused)) == (2, 2), found
    assert all("gives 1 mL" in one.message for one in refused)
    eluate.refresh_from_db()
    assert eluate.volume == pytest.approx(1.0)
    assert Movement.objects.filter(verb="dispense").count() == 2
    assert differences(START + timedelta(minutes=6)) == []


def test_two_disposals_do_not_pass_the_permit(lab: Any) -> None:
    eluate = lab.released(lab.eluate(lab.generator()))
    doses = [lab.dose(eluate, 2600.0), lab.dose(eluate, 2600.0)]
    found = at_once(
        *(lambda dose=dose: lab.act("dispose", lot=dose, route="drain", permit=lab.permit) for dose in doses)
    )
    assert sum(isinstance(one, Conflict) for one in found) == 1, found
    assert Movement.objects.filter(verb="dispose").count() == 1


def test_a_rejection_and_a_draw_come_one_after_the_other(lab: Any) -> None:
    generator = lab.generator()
    eluate = lab.released(lab.eluate(generator))
    rejected, dose = at_once(
        lambda: lab.act("reject", lot=generator, reason="notice"), lambda: lab.dose(eluate, 100.0)
    )
    recalled = rejected[1]
    if isinstance(dose, Lot):
        assert dose in recalled  # drawn first, so the recall names it
    else:
        assert "is rejected" in dose.message
