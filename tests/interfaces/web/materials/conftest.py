"""The hot lab of the room's own tests, and the browsers of those who work there."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.department.materials.conftest import lab as lab

PASSWORD_OF_ALL = "correct horse battery staple"


@pytest.fixture
def chemist(lab: Any) -> Client:
    """The browser of who elutes and draws."""
    return browser_of(lab.chemist)


@pytest.fixture
def physicist(lab: Any) -> Client:
    """The browser of who releases."""
    return browser_of(lab.physicist)


def browser_of(person: Any) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client
