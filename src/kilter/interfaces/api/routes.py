"""The API's addresses and its description; `/health` and `/metrics` stand beside it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import path
from ninja import NinjaAPI, Status

from kilter import __version__
from kilter.interfaces.api import devices, procedures, records, schema, tokens
from kilter.interfaces.api.access import ACCESS
from kilter.interfaces.api.body import StrictParser
from kilter.interfaces.api.health import health, health_data, metrics
from kilter.interfaces.api.problems import handle

api = NinjaAPI(
    title="Kilter",
    version=__version__,
    description="Procedures, devices and sealed records. Errors are {'error': {field, code, message}}.",
    auth=ACCESS,
    parser=StrictParser(),
    docs_url=None,
    urls_namespace="kilter-api",
)
handle(api)
for part in (procedures, devices, records, tokens):
    api.add_router("", part.router)


@api.get("/health", auth=None, response={200: schema.Health, 503: schema.Health}, operation_id="health")
def answers(request: HttpRequest) -> Any:
    """Say whether the site answers."""
    found = health_data()
    return Status(200 if found["database"] else 503, found)


urlpatterns = [path("api/", api.urls), path("health", health), path("metrics", metrics)]
