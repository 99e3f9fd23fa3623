"""What the API says of itself is what it does: generated requests against its own description."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
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
def described(issued: Any) -> Any:
    """The description, bound to the application that a server would run."""
    from kilter.server.wsgi import application

    return schemathesis.openapi.from_wsgi("/api/openapi.json", application, base_url="http://localhost")


schema = schemathesis.pytest.from_fixture("described")


@schema.parametrize()
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_as_described(case: Any, issued: Any) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {issued.secret}"}, checks=CHECKS)
