"""The anchor outside the database: one line for a transaction, and none for what was undone."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from django.db import transaction

from kilter.department.records.chain import anchor_path, read_anchors
from kilter.department.records.models import ChainHead

pytestmark = pytest.mark.django_db


def lines() -> dict[int, str]:
    """Give what the anchor holds."""
    return read_anchors(anchor_path()) if anchor_path().exists() else {}


def test_many_appends_in_one_transaction_leave_one_line(
    shop: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        shop.visit()
        shop.visit()
    head = ChainHead.objects.get(pk=1)
    assert max(lines()) == head.count
    assert lines()[head.count] == head.head


def test_what_was_undone_takes_no_earlier_anchor_with_it(
    shop: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        shop.visit()
        kept = ChainHead.objects.get(pk=1)
        with contextlib.suppress(RuntimeError), transaction.atomic():
            shop.visit()
            raise RuntimeError
    assert ChainHead.objects.get(pk=1).count == kept.count
    assert lines()[kept.count] == kept.head
    assert max(lines()) == kept.count
