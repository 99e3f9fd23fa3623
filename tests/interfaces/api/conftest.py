"""Somebody with a token, and a client that shows it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from tests.department.conftest import shop  # noqa: F401 (a fixture)


class Caller:
    """Calls the API as a program does."""

    def __init__(self, secret: str = "") -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api{path}", query, headers=self.headers)

    def post(self, path: str, body: Any) -> Any:
        content = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.post(f"/api{path}", content, content_type="application/json", headers=self.headers)

    def form(self, path: str, **fields: Any) -> Any:
        return self.client.post(f"/api{path}", fields, headers=self.headers)

    def delete(self, path: str) -> Any:
        return self.client.delete(f"/api{path}", headers=self.headers)


@pytest.fixture
def issued(shop: Any) -> Any:  # noqa: F811
    """A token of the engineer's."""
    from kilter.department.people import actions

    return actions.create_token(
        by=shop.engineer, name="bench", expires=datetime.now(UTC) + timedelta(days=30)
    )


@pytest.fixture
def caller(issued: Any) -> Caller:
    """A program that acts for the engineer."""
    return Caller(issued.secret)


@pytest.fixture
def stranger(db: None) -> Caller:
    """A program without a token."""
    return Caller()
