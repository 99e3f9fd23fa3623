"""Tokens over HTTP: made with one's password, listed, revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from kilter.department.ledger import clock
from kilter.department.people import actions, tokens
from kilter.department.people.confirmation import confirm
from kilter.department.people.models import ApiToken
from kilter.interfaces.api import schema
from kilter.interfaces.api.access import person_asking
from kilter.interfaces.api.problems import REFUSALS

router = Router(tags=["tokens"])


@router.get("/tokens", response={200: list[schema.Token], **REFUSALS}, operation_id="list_tokens")
def listing(request: HttpRequest) -> Any:
    """List one's own tokens."""
    return [token_data(row) for row in tokens.tokens_of(person_asking(request))]


@router.post("/tokens", response={201: schema.NewToken, **REFUSALS}, operation_id="create_token")
def create(request: HttpRequest, body: schema.TokenBody) -> Any:
    """Make a token; its secret is in this answer and nowhere else."""
    by = person_asking(request)
    confirm(by, password=body.password)
    made = actions.create_token(by=by, name=body.name, expires=clock.now() + timedelta(days=body.days))
    return Status(201, {**token_data(made.token), "secret": made.secret})


@router.delete("/tokens/{uuid}", response={200: schema.Token, **REFUSALS}, operation_id="revoke_token")
def revoke(request: HttpRequest, uuid: UUID) -> Any:
    """Revoke a token from now on."""
    by = person_asking(request)
    return token_data(actions.revoke_token(by=by, token=tokens.token_by_uuid(uuid)))


def token_data(row: ApiToken) -> dict[str, Any]:
    """Give a token without its secret."""
    names = ("uuid", "name", "made_at", "expires", "revoked_at")
    return {name: getattr(row, name) for name in names}
