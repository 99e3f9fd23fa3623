"""Who asks: a token of a program, or the session of somebody at the pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from kilter.department.people.models import Person
from kilter.department.people.tokens import person_of
from kilter.measure.error import NotPermitted

_READS = ("GET", "HEAD", "OPTIONS")


class Token(HttpBearer):
    """`Authorization: Bearer kilter_...`."""

    def authenticate(self, request: HttpRequest, token: str) -> Person | None:
        """Find whom the token acts for."""
        return person_of(token)


class Session(AuthBase):
    """The cookie of the pages; what changes something carries their CSRF token as well."""

    openapi_type = "apiKey"

    def __init__(self) -> None:
        self.openapi_name = self.param_name = "sessionid"
        self.openapi_in = "cookie"
        super().__init__()

    def __call__(self, request: HttpRequest) -> Person | None:
        """Find who is signed in.

        Raises:
            NotPermitted: a write without the CSRF token of the page.
        """
        person = request.user
        if not isinstance(person, Person) or not person.is_active:
            return None
        if request.method not in _READS and check_csrf(request) is not None:
            raise NotPermitted("The CSRF token is missing or wrong.", field="csrf", code="csrf")
        return person


ACCESS: list[Any] = [Token(), Session()]


def person_asking(request: HttpRequest) -> Person:
    """Give who asks.

    Raises:
        NotPermitted: nobody does.
    """
    person = getattr(request, "auth", None)
    if not isinstance(person, Person):
        raise NotPermitted("Nobody is logged in.", field="by")
    return person
