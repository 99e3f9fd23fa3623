"""A minimal server for the sample pages, with the content policy of production, and one Chromium."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from kilter.interfaces.reports.bundle import BUNDLE_NAME, bundle_text
from kilter.interfaces.web.jinja import TEMPLATES, environment
from tests.interfaces.web.samples import OUTCOME, PAGES, SITE

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Site:
    """Sample pages by name, static files, and what was posted."""

    def __init__(self, htmx: Path, bundle: str) -> None:
        self.posted: list[tuple[str, dict[str, list[str]]]] = []
        self.static = {
            f"/static/kilter/{path.name}": path.read_bytes()
            for path in (TEMPLATES.with_name("static") / "kilter").iterdir()
        }
        self.static["/static/django_htmx/htmx-2.min.js"] = htmx.read_bytes()
        self.static[f"/static/kilter/{BUNDLE_NAME}"] = bundle.encode()
        self.environment = environment(zone="Europe/London")
        self.environment.globals["static"] = lambda path: f"/static/{path}"

    def page(self, name: str) -> bytes:
        template, context = PAGES[name]
        return self.environment.get_template(template).render({**SITE, **context}).encode()

    def answer(self, path: str, form: dict[str, list[str]]) -> bytes:
        """Answer a post: a verdict that repeats what was typed, or the page again."""
        self.posted.append((path, form))
        if path == "/live/":
            result = OUTCOME["results"][0] | {"text": f"typed {form.get('reading', [''])[0]}"}
            outcome = OUTCOME | {"results": [result]}
            panel = self.environment.get_template("partials/verdict.html")
            return panel.render(outcome=outcome).encode()
        return self.page("test")


def fields_of(kind: str, body: bytes) -> dict[str, list[str]]:
    """Read the fields of a posted form, in either of the two ways that browsers send one."""
    if not kind.startswith("multipart/"):
        return parse_qs(body.decode(), keep_blank_values=True)
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    fields: dict[str, list[str]] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        fields.setdefault(str(name), []).append(
            (part.get_payload(decode=True) or b"").decode().rstrip("\r\n")
        )
    return fields


def handler_of(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def give(self, body: bytes, kind: str, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path in site.static:
                self.give(site.static[path], TYPES[Path(path).suffix])
            elif path.strip("/") in PAGES:
                self.give(site.page(path.strip("/")), "text/html")
            else:
                self.give(site.page("e404"), "text/html", 404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.give(site.answer(self.path, fields_of(self.headers["Content-Type"], body)), "text/html")

        def log_message(self, *_: Any) -> None:
            return

    return Handler


@pytest.fixture(scope="session")
def site() -> Iterator[tuple[str, Site]]:
    """Give the address of the running server and what it keeps."""
    django_htmx = pytest.importorskip("django_htmx")
    htmx = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"
    made = Site(htmx, bundle_text())
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(made))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", made
    server.shutdown()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Give one headless Chromium for all browser tests of this folder."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed; `make test-full` installs it")
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()
