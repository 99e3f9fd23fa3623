"""Everything between two dates, as rows and as a file."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from tests.department.materials.conftest import PURE, PURITY, START

from kilter.department.ledger import clock
from kilter.department.materials import inspection
from kilter.department.materials.models import LotTest, Movement
from kilter.measure.error import BadInput

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_everything_between_two_dates(lab: Any, django_assert_num_queries: Any) -> None:
    batch = lab.batch(lab.released(lab.eluate(lab.generator())), lab.kits())
    with clock.at(START + HOUR):
        lab.act("run_test", lot=batch, procedure=PURITY, inputs=PURE)
        dose = lab.dose(batch, 400.0)
    with clock.at(START + 2 * HOUR):
        lab.act("dispose", lot=dose, route="drain", permit=lab.permit)
    with django_assert_num_queries(2):
        rows = inspection.between(START, START + 3 * HOUR)
    assert len(rows) == Movement.objects.count() + LotTest.objects.count()
    assert [one.record for one in rows] == sorted(one.record for one in rows)
    with django_assert_num_queries(2):
        late = inspection.between(START + HOUR, START + 3 * HOUR)
    assert [(one.what, one.source) for one in late] == [
        ("radiochemical purity", batch.label),
        ("dispense", batch.label),
        ("dispose", dose.label),
    ]
    assert (late[0].result, late[2].route, late[2].permit) == ("passed", "drain", "EPR-1")
    assert inspection.between(START + 2 * HOUR, START + 3 * HOUR)[0].activity_mbq == late[2].activity_mbq
    assert inspection.between(START - HOUR, START) == []
    back = list(csv.DictReader(io.StringIO(inspection.as_csv(late).decode("utf-8"))))
    assert float(back[2]["activity_mbq"]) == late[2].activity_mbq
    assert back[0]["sha256"] == late[0].sha256


def test_no_cell_is_a_formula(lab: Any) -> None:
    lab.act("open_container", label="=cmd|1")
    text = inspection.as_csv(inspection.between(START, START + HOUR)).decode("utf-8")
    assert "'=CMD|1" in text
    assert ",=CMD" not in text


def test_dates_the_wrong_way_round() -> None:
    with pytest.raises(BadInput, match="until"):
        inspection.between(START, START)
