"""The server's own behaviour: cookies, content policy, request ids, logs, and the demo's wall."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import get_hasher
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import path

from kilter.department.ledger import audit
from kilter.department.ledger.models import AuditEntry
from kilter.department.ledger.request import request_id
from kilter.server.config import Config
from kilter.server.logs import JsonLines
from kilter.server.middleware import CallersAddress, LoopbackOnly


def look(request):
    if request.GET.get("fail"):
        raise ValueError(f"patient {request.GET['fail']} is unknown")
    if request.GET.get("write"):
        audit.write("people.set_pin", by=None)
    return HttpResponse("seen")


urlpatterns = [path("look", look)]


@pytest.fixture
def client(settings):
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


def test_the_content_policy_is_self_alone(client):
    policy = client.get("/look").headers["Content-Security-Policy"]
    rows = dict(row.strip().split(" ", 1) for row in policy.split(";") if row.strip())
    assert rows["default-src"] == rows["script-src"] == rows["style-src"] == rows["connect-src"] == "'self'"
    assert rows["object-src"] == rows["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy
    assert "http" not in policy


def test_each_answer_has_a_request_id(client):
    first, second = (client.get("/look").headers["X-Request-ID"] for _ in range(2))
    assert len(first) == 32
    assert first != second
    given = client.get("/look", headers={"X-Request-ID": "ward-7-tablet-0001"})
    assert given.headers["X-Request-ID"] == "ward-7-tablet-0001"
    for bad in ("short", "x" * 65, 'a"b\\cdefgh', "new\tline-"):
        assert client.get("/look", headers={"X-Request-ID": bad}).headers["X-Request-ID"] != bad
    assert request_id.get() == ""


@pytest.mark.django_db
def test_an_audit_entry_bears_the_request_id(client):
    answer = client.get("/look?write=1")
    assert AuditEntry.objects.get().request_id == answer.headers["X-Request-ID"]


def line_of(record: logging.LogRecord) -> dict:
    text = JsonLines().format(record)
    assert "\n" not in text
    return json.loads(text)


def test_a_log_line_holds_the_request_and_never_its_query(client, caplog):
    with caplog.at_level(logging.INFO, logger="kilter"):
        client.get("/look?name=Jane+Patient", headers={"X-Request-ID": "ward-7-tablet-0001"})
    (record,) = [one for one in caplog.records if one.name == "kilter.request"]
    line = line_of(record)
    assert (line["method"], line["path"], line["status"], line["message"]) == (
        "GET",
        "/look",
        200,
        "answered",
    )
    assert "Jane" not in json.dumps(line)


def test_an_error_is_logged_by_type_and_place_never_by_what_it_quotes(client, caplog):
    with caplog.at_level(logging.INFO):
        assert client.get("/look?fail=Jane").status_code == 500
    lines = [line_of(record) for record in caplog.records]
    (failed,) = [line for line in lines if line.get("error")]
    assert failed["error"] == "ValueError"
    assert any("test_server.py" in place and "look" in place for place in failed["where"])
    assert "Jane" not in json.dumps(lines)


def test_extras_nobody_declared_are_dropped():
    record = logging.makeLogRecord({"name": "kilter.x", "msg": "done", "count": 3, "surname": "Patient"})
    line = line_of(record)
    assert line["count"] == 3
    assert "surname" not in line


@pytest.mark.parametrize(
    ("demo", "address", "status"),
    [
        (True, "127.0.0.1", 200),
        (True, "::1", 200),
        (True, "10.0.0.8", 403),
        (True, "", 403),
        (False, "10.0.0.8", 200),
    ],
)
def test_a_demo_answers_its_own_machine_alone(settings, demo, address, status):
    settings.KILTER = Config(demo=demo)
    request = RequestFactory().get("/", REMOTE_ADDR=address)
    assert LoopbackOnly(lambda _: HttpResponse("seen"))(request).status_code == status


def test_cookies_are_secure_outside_the_demo():
    assert settings.SESSION_COOKIE_SECURE
    assert settings.CSRF_COOKIE_SECURE
    assert settings.SECURE_HSTS_SECONDS > 0
    assert not settings.DEBUG
    assert get_hasher().algorithm == "argon2"


@pytest.mark.django_db
def test_the_database_is_as_safe_as_it_says():
    if connection.vendor != "sqlite":
        pytest.skip("pragmas are SQLite's")
    with connection.cursor() as cursor:
        shown = {}
        for pragma in ("journal_mode", "synchronous", "foreign_keys"):
            cursor.execute(f"PRAGMA {pragma}")
            shown[pragma] = cursor.fetchone()[0]
    assert shown == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


@pytest.mark.django_db
def test_an_account_waits_after_too_many_wrong_passwords(head, settings):
    request = RequestFactory().post("/login", REMOTE_ADDR="10.0.0.9")
    password = "a long enough pass phrase"
    assert authenticate(request, username="head", password=password) == head
    for _ in range(settings.KILTER.lockout_attempts):
        again = RequestFactory().post("/login", REMOTE_ADDR="10.0.0.9")
        assert authenticate(again, username="head", password="wrong") is None
    locked = RequestFactory().post("/login", REMOTE_ADDR="10.0.0.9")
    assert authenticate(locked, username="head", password=password) is None
    elsewhere = RequestFactory().post("/login", REMOTE_ADDR="10.0.0.10")
    assert authenticate(elsewhere, username="head", password=password) == head


def start(tmp_path, program: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(Path("src").resolve()),
        "KILTER_HOME": str(tmp_path / "home"),
        **variables,
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


def test_wrong_settings_end_the_start_with_one_line(tmp_path):
    ended = start(tmp_path, "import kilter.server.wsgi", KILTER_SESSION_HOURS="many")
    assert ended.returncode != 0
    assert ended.stderr.strip() == "kilter: session_hours: must be a whole number from 1 to 168, not 'many'"


def test_djangos_own_check_finds_nothing_to_say(tmp_path):
    program = (
        "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'kilter.server.settings'; django.setup()\n"
        "from django.core.management import call_command\n"
        "from django.core.checks import run_checks\n"
        "print(sorted(one.id for one in run_checks(include_deployment_checks=True)))\n"
        "call_command('makemigrations', check=True, dry_run=True)\n"
    )
    ended = start(tmp_path, program, KILTER_BEHIND_PROXY="yes")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    # These two would bind other hosts of the hospital's domain, which is not ours to do.
    assert ended.stdout.splitlines()[0] == "['security.W005', 'security.W021']"
    assert (tmp_path / "home" / "secret_key").exists()


@pytest.mark.parametrize(
    ("behind", "told", "seen"),
    [
        (False, "192.0.2.7", "127.0.0.1"),
        (True, "192.0.2.7", "192.0.2.7"),
        (True, "10.0.0.1, 192.0.2.7", "192.0.2.7"),
        (True, "192.0.2.7, nonsense", "127.0.0.1"),
        (True, "", "127.0.0.1"),
        (True, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_proxys_word_of_the_caller_is_taken_where_it_is_ours(settings, rf, behind, told, seen):
    settings.KILTER = dataclasses.replace(settings.KILTER, behind_proxy=behind)
    found = []
    answer = CallersAddress(lambda request: found.append(request.META["REMOTE_ADDR"]))
    answer(rf.get("/", headers={"X-Forwarded-For": told}))
    assert found == [seen]
