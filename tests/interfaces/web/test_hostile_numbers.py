"""Numbers that are none, or too large, in forms and addresses: a sentence, never a fault of ours."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from kilter.department.records import actions
from kilter.measure.error import BadInput
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db

STRANGE = ["²", "٣", "-1", "1e3", "", "9" * 25, "9" * 5000, "000001" + "9" * 30, "0x1"]
NAMES = ["superscript", "arabic", "negative", "exponent", "none", "long", "very long", "zeros", "hexadecimal"]


@pytest.fixture
def tech(shop: Any) -> Client:
    """The engineer's browser."""
    client = Client()
    client.force_login(shop.engineer, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("page", STRANGE, ids=NAMES)
def test_a_page_of_the_schedule_that_is_none_is_the_first(shop: Any, tech: Client, page: str) -> None:
    answer = tech.get("/schedule/", {"page": page})
    assert answer.status_code == 200
    assert b"Page 1" in answer.content


@pytest.mark.parametrize("version", STRANGE, ids=NAMES)
def test_a_version_that_is_none_makes_the_list_stale(shop: Any, tech: Client, version: str) -> None:
    draft = shop.draft()
    answer = tech.post("/sign/", {"draft": f"{draft.uuid}:{version}", "password": shop.password})
    assert answer.status_code in (409, 422)
    assert shop.pump.records.count() == 0


@pytest.mark.parametrize("number", STRANGE, ids=NAMES)
def test_a_reason_for_a_reading_that_is_not_there_is_refused(shop: Any, number: str) -> None:
    draft = shop.draft(content=shop.content(protective_earth={"reading": "1.2"}))
    with pytest.raises(BadInput, match="no such discarded reading"):
        actions.save_draft(
            by=shop.engineer,
            device=shop.pump,
            procedure=draft.protocol,
            uuid=draft.uuid,
            version=draft.version,
            content={**shop.content(), "reasons": {number: "misread"}},
        )


@pytest.mark.parametrize(
    "length", ["²", "9" * 5000, "-1", "x"], ids=["superscript", "long", "negative", "word"]
)
def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    from types import SimpleNamespace

    from ninja.errors import HttpError

    from kilter.interfaces.api.body import check_length

    with pytest.raises(HttpError) as refused:
        check_length(SimpleNamespace(META={"CONTENT_LENGTH": length}), 100)  # type: ignore[arg-type]
    assert refused.value.status_code == 413
    check_length(SimpleNamespace(META={"CONTENT_LENGTH": "100"}), 100)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "draft",
    ["00000000-0000-4000-8000-000000000000:1", "x:1", ":", "1"],
    ids=["unknown", "word", "colon", "number"],
)
def test_a_draft_that_is_not_there_makes_the_list_stale(shop: Any, tech: Client, draft: str) -> None:
    answer = tech.post("/sign/", {"draft": draft, "password": shop.password})
    assert answer.status_code == 422
    assert b"this list is stale" in answer.content
