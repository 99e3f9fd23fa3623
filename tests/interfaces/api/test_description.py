"""What the API says of itself is what it does: generated requests against its own description."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


@pytest.fixture
def described(issued: Any) -> Iterator[Any]:
    """The description, bound to the application that a server would run, on the test's own connection."""
    from kilter.server.wsgi import application

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/openapi.json", application, base_url="http://localhost")
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


OPERATIONS = (
    "list_procedures",
    "show_procedure",
    "run_procedure",
    "list_devices",
    "show_device",
    "list_device_records",
    "show_record",
    "print_record",
    "list_tokens",
    "create_token",
    "revoke_token",
    "health",
)


def test_no_operation_is_left_out(described: Any) -> None:
    found = {one.ok().definition.raw["operationId"] for one in described.get_all_operations()}
    assert found == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_answers_are_as_described(described: Any, issued: Any, name: str) -> None:
    operation = next(
        one.ok() for one in described.get_all_operations() if one.ok().definition.raw["operationId"] == name
    )
    headers = {"Authorization": f"Bearer {issued.secret}"}

    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    ask()
