"""The routes: every interface hangs its own under a prefix; nothing is decided here."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

MOUNTS: tuple[tuple[str, str], ...] = (
    ("", "kilter.interfaces.web.urls"),
    ("", "kilter.interfaces.api.routes"),
)
"""Prefix and module of each interface's routes. A new interface is one more line."""

urlpatterns: list[URLPattern | URLResolver] = [path(prefix, include(module)) for prefix, module in MOUNTS]

handler400 = "kilter.interfaces.web.page.bad_request"
handler403 = "kilter.interfaces.web.page.forbidden"
handler404 = "kilter.interfaces.web.page.not_found"
handler500 = "kilter.interfaces.web.page.failed"
