"""The operating log: written by whoever uses a device, never changed, and never about a patient."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, transaction

from kilter.department.work import actions, queries
from kilter.department.work.models import OperatingNote
from kilter.measure.error import BadInput, Conflict

pytestmark = pytest.mark.django_db


def test_lines_stand_newest_first_with_who_wrote_them(shop: Any, hire: Any) -> None:
    sister = hire("ward_user", name="Wanda Ward")
    for text in ("moved to bay 2", "door seal cleaned"):
        actions.note_operation(by=sister, device=shop.pump, text=text)
    assert [(one.text, one.by) for one in queries.operating_notes(shop.pump)] == [
        ("door seal cleaned", sister),
        ("moved to bay 2", sister),
    ]
    assert queries.operating_notes(shop.tester) == []


@pytest.mark.parametrize(
    "text", ["", " ", "x" * 501, "NHS no 943 476 5919", "patient 9434765919", "date of birth"]
)
def test_no_text_and_a_patient_are_refused(shop: Any, text: str) -> None:
    with pytest.raises(BadInput) as caught:
        actions.note_operation(by=shop.engineer, device=shop.pump, text=text)
    assert caught.value.field == "text"
    assert not OperatingNote.objects.exists()


def test_nothing_is_written_of_a_device_that_is_gone(shop: Any) -> None:
    shop.pump.state = "disposed"
    with pytest.raises(Conflict):
        actions.note_operation(by=shop.engineer, device=shop.pump, text="late")


def test_a_line_is_never_changed(shop: Any) -> None:
    note = actions.note_operation(by=shop.engineer, device=shop.pump, text="as it was")
    for change in (lambda rows: rows.update(text="otherwise"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(OperatingNote.objects.filter(pk=note.pk))
