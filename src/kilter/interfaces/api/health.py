"""How the site does: for a load balancer, and as figures for a monitor."""

from __future__ import annotations

from datetime import datetime
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from kilter import __version__
from kilter.department.keeping.backup import last_backup
from kilter.department.ledger import clock, outbox
from kilter.department.records.models import ChainHead
from kilter.department.schedule.queries import counts
from kilter.interfaces.api.access import Session, Token


def health_data() -> dict[str, Any]:
    """Say whether the database answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return {"status": "failing", "database": False, "version": __version__}
    return {"status": "ok", "database": True, "version": __version__}


def health(request: HttpRequest) -> HttpResponse:
    """Answer 200 where the site can serve, else 503; for anybody who asks."""
    found = health_data()
    return JsonResponse(found, status=200 if found["database"] else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """Give the figures as Prometheus reads them; to this machine, a token, or somebody signed in."""
    known = Token()(request) or Session()(request)
    if not (known or _on_this_machine(request)):
        return HttpResponse("a token is needed\n", status=401, content_type="text/plain; charset=utf-8")
    lines = []
    for name, (about, value) in figures().items():
        lines += [f"# HELP {name} {about}", f"# TYPE {name} gauge"]
        lines += [f"{name} {value}"] if value is not None else []
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _on_this_machine(request: HttpRequest) -> bool:
    """Say whether the caller is here; behind a proxy everybody seems to be, so nobody is."""
    if settings.KILTER.behind_proxy:
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def figures() -> dict[str, tuple[str, float | int | None]]:
    """Give each figure with what it means; None where it is not known."""
    now = clock.now()
    head = ChainHead.objects.filter(pk=1).values_list("count", flat=True).first()
    overdue, due = counts()
    oldest, made = outbox.oldest_open(), last_backup()
    stamp = made.timestamp() if made else None
    return {
        "kilter_outbox_open": ("Reactions that wait to be carried out.", outbox.open_rows()),
        "kilter_outbox_lag_seconds": ("Age of the oldest of them.", _age(oldest, now) if oldest else 0),
        "kilter_chain_records": ("Sealed records in the chain.", head or 0),
        "kilter_overdue": ("Tests that are overdue.", overdue),
        "kilter_due": ("Tests that may be done now and are not overdue.", due),
        "kilter_last_backup_timestamp_seconds": ("When the last sound backup was made.", stamp),
    }


def _age(since: datetime, now: datetime) -> float:
    return round((now - since).total_seconds(), 3)
