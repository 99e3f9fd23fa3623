"""The API: who may ask, what is answered, and that it is what the command line says."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pypdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kilter.department.ledger import clock
from kilter.department.people import actions, tokens
from kilter.department.people.models import ApiToken
from kilter.interfaces.api import cursor
from kilter.interfaces.api.routes import api
from kilter.interfaces.cli.main import main
from kilter.measure.error import BadInput, Conflict, NotFound, NotPermitted
from kilter.measure.reference_object import make
from kilter.measure.registry import entries

EARTH = "/procedures/medical_engineering.protective_earth"
SNAPSHOT = Path(__file__).with_name("openapi.json")


def problem(answer, status, code=None, field=None):
    """The error of an answer, in the one form that all have."""
    assert answer.status_code == status, answer.content[:300]
    said = answer.json()
    assert set(said) == {"error"}
    assert set(said["error"]) == {"field", "code", "message"}
    assert said["error"]["message"]
    assert "Traceback" not in answer.content.decode()
    if code is not None:
        assert said["error"]["code"] == code
    if field is not None:
        assert said["error"]["field"] == field
    return said["error"]


# --- who may ask


def paths():
    """Every operation with made-up parts of its path."""
    for path, operations in api.get_openapi_schema()["paths"].items():
        for method in operations:
            filled = path.replace("{key}", "medical_engineering.protective_earth").replace(
                "{uuid}", str(uuid4())
            )
            yield method, filled


def test_nobody_gets_anything_but_health_without_a_token(stranger):
    for method, path in paths():
        answer = stranger.client.generic(method.upper(), path)
        if path == "/api/health":
            assert answer.status_code == 200
            continue
        problem(answer, 401, "unauthorised")
        assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "secret", ["kilter_", "kilter_wrong", "x", "kilter_" + "a" * 43, "kilter_" + "é" * 5]
)
def test_a_wrong_token_is_no_token(db, secret):
    answer = Client().get("/api/procedures", headers={"Authorization": f"Bearer {secret}"})
    problem(answer, 401)


def test_a_token_is_shown_once_and_kept_as_a_digest(issued):
    assert issued.secret.startswith("kilter_")
    assert issued.secret not in repr(issued)
    row = ApiToken.objects.get()
    assert row.digest == hashlib.sha256(issued.secret.encode()).hexdigest()
    from kilter.department.ledger.models import AuditEntry

    written = AuditEntry.objects.get(activity="people.create_token")
    assert issued.secret not in json.dumps(written.detail)
    assert written.subject == row.uuid


def test_a_token_ends(shop, caller, issued):
    assert caller.get("/procedures").status_code == 200
    with clock.at(datetime.now(UTC) + timedelta(days=31)):
        problem(caller.get("/procedures"), 401)
    actions.revoke_token(by=shop.engineer, token=issued.token)
    problem(caller.get("/procedures"), 401)
    with pytest.raises(Conflict):
        actions.revoke_token(by=shop.engineer, token=issued.token)


def test_a_closed_account_has_no_token(shop, caller):
    actions.deactivate(by=shop.head, person=shop.engineer, reason="left")
    problem(caller.get("/procedures"), 401)


def test_whose_token_may_be_revoked(shop, issued, hire):
    other = hire("technologist", name="Tom Other")
    with pytest.raises(NotPermitted):
        actions.revoke_token(by=other, token=issued.token)
    assert actions.revoke_token(by=shop.head, token=issued.token).revoked_at is not None


@pytest.mark.parametrize(
    ("name", "days"), [("", 5), ("x" * 81, 5), ("a\0b", 5), ("good", 0), ("good", -1), ("good", 367)]
)
def test_tokens_that_are_refused(shop, name, days):
    with pytest.raises(BadInput):
        actions.create_token(by=shop.engineer, name=name, expires=clock.now() + timedelta(days=days))


def test_who_may_have_no_token(shop, hire):
    with pytest.raises(NotPermitted):
        actions.create_token(
            by=hire("ward_viewer", name="Wanda"), name="x", expires=clock.now() + timedelta(days=5)
        )
    with pytest.raises(NotFound):
        tokens.token_by_uuid(uuid4())


def test_tokens_over_http(shop, caller):
    wrong = caller.post("/tokens", {"name": "script", "days": 7, "password": "not this one"})
    problem(wrong, 403, "wrong", "password")
    made = caller.post("/tokens", {"name": "script", "days": 7, "password": shop.password})
    assert made.status_code == 201
    second = made.json()
    assert tokens.person_of(second["secret"]) == shop.engineer
    listed = caller.get("/tokens").json()
    assert [row["name"] for row in listed] == ["script", "bench"]
    assert "secret" not in listed[0]
    assert caller.delete(f"/tokens/{second['uuid']}").status_code == 200
    problem(caller.delete(f"/tokens/{second['uuid']}"), 409)
    assert tokens.person_of(second["secret"]) is None


def test_a_session_reads_and_writes_only_with_its_csrf_token(shop):
    page = Client(enforce_csrf_checks=True)
    page.force_login(shop.engineer, backend="django.contrib.auth.backends.ModelBackend")
    assert page.get("/api/procedures").status_code == 200
    body = json.dumps({"inputs": {"reading": 0.1}})
    refused = page.post(f"/api{EARTH}/run", body, content_type="application/json")
    problem(refused, 403, "csrf")
    page.cookies["csrftoken"] = "a" * 32
    answer = page.post(
        f"/api{EARTH}/run", body, content_type="application/json", headers={"X-CSRFToken": "a" * 32}
    )
    assert answer.status_code == 200


# --- procedures


def test_the_list_is_the_command_lines(caller, capsys):
    main(["procedures", "--json"])
    assert caller.get("/procedures").json() == json.loads(capsys.readouterr().out)
    few = caller.get("/procedures", specialty_key="nuclear_medicine").json()["procedures"]
    assert {row["specialty"] for row in few} == {"nuclear_medicine"}
    problem(caller.get("/procedures", specialty_key="alchemy"), 404)


@pytest.mark.parametrize("key", sorted(entries()))
def test_each_procedure_is_shown_as_on_the_command_line(caller, capsys, key):
    main(["show", key, "--json"])
    assert caller.get(f"/procedures/{key}").json() == json.loads(capsys.readouterr().out)


def test_an_unknown_procedure_names_the_nearest(caller):
    said = problem(
        caller.get("/procedures/medical_engineering.protectiv_earth"), 404, "not_found", "procedure"
    )
    assert "protective_earth" in said["message"]


def test_a_run_is_the_command_lines(caller, capsys):
    main(
        ["run", "medical_engineering.protective_earth", "reading=245mohm", "test_lead=0.045", "--u",
         "reading=2mohm", "--rule", "guard_U", "--json"]
    )  # fmt: skip
    body = {
        "inputs": {"reading": {"value": 245, "unit": "mohm", "u": 2}, "test_lead": 0.045},
        "rule": "guard_U",
    }
    answer = caller.post(f"{EARTH}/run", body)
    assert answer.status_code == 200, answer.content
    assert answer.json() == json.loads(capsys.readouterr().out)
    assert answer.json()["results"]["resistance"]["u"] == pytest.approx(0.002)


def test_what_a_run_says_of_its_inputs_may_be_sent_again(caller):
    first = caller.post(
        f"{EARTH}/run", {"inputs": {"reading": {"value": 0.2, "unit": "ohm", "u": 0.01}}}
    ).json()
    inputs = {name: given if given["unit"] else given["value"] for name, given in first["inputs"].items()}
    assert caller.post(f"{EARTH}/run", {"inputs": inputs}).json()["results"] == first["results"]


def test_a_file_travels_in_a_form(caller):
    flood = make("flood", "hot_spot", 0)
    part = SimpleUploadedFile("flood.dcm", flood.file.content)
    body = json.dumps({"inputs": {"binning": "nmqc"}})
    answer = caller.form("/procedures/nuclear_medicine.uniformity/run", flood=part, body=body)
    assert answer.status_code == 200, answer.content
    found = answer.json()["results"]
    assert found["ufov_integral"]["value"] == pytest.approx(100 / 21, abs=1e-9)


def test_a_form_and_its_faults(caller):
    run = "/procedures/nuclear_medicine.uniformity/run"
    name = SimpleUploadedFile("../../etc/passwd\x00.dcm", b"DICM")
    problem(caller.form(run, flood=name), 422, field="flood")
    problem(caller.form(run, flood="text"), 422, "bad_form")
    problem(caller.form(run), 422, "missing", "flood")
    problem(caller.form(run, flood=name, body="{"), 400)
    twice = [SimpleUploadedFile("a", b"x"), SimpleUploadedFile("b", b"y")]
    problem(caller.form(run, flood=twice), 422, field="flood")
    problem(caller.form(run, flod=SimpleUploadedFile("a", b"x")), 422, "unknown_input", "flod")
    problem(caller.form(f"{EARTH}/run", reading=SimpleUploadedFile("a", b"1")), 422, field="reading")


def test_limits_of_the_department_are_in_force(shop, caller):
    body = {"inputs": {"reading": 0.1}, "device": str(shop.pump.uuid)}
    before = caller.post(f"{EARTH}/run", body).json()["results"]["resistance"]["limit"]
    shop.adopt()
    after = caller.post(f"{EARTH}/run", body).json()["results"]["resistance"]["limit"]
    assert (before["read"], after["read"]) == ("no", "adopted")
    problem(caller.post(f"{EARTH}/run", {**body, "device": str(uuid4())}), 404)
    problem(caller.post(f"{EARTH}/run", {**body, "device": "../x"}), 404)


REFUSED = [
    ({"inputs": {"reading": "0.1"}}, 422, "reading"),
    ({"inputs": {"reading": True}}, 422, "reading"),
    ({"inputs": {"reading": None}}, 422, "reading"),
    ({"inputs": {"reading": {"value": "0.1", "unit": "ohm"}}}, 422, "reading"),
    ({"inputs": {"reading": {"value": 0.1, "unit": "Sv"}}}, 422, "reading"),
    ({"inputs": {"reading": {"value": 0.1, "u": -1}}}, 422, "reading"),
    ({"inputs": {"reading": [0.1]}}, 422, "reading"),
    ({"inputs": {"reading": -1}}, 422, "reading"),
    ({"inputs": {"reading": 0.1, "arrangement": 5}}, 422, "arrangement"),
    ({"inputs": {"reading": 0.1, "arrangement": "sideways"}}, 422, "arrangement"),
    ({"inputs": {"reeding": 0.1}}, 422, "reeding"),
    ({"inputs": []}, 422, "inputs"),
    ({"inputs": {"reading": 0.1}, "rule": "guess"}, 422, "rule"),
    ({"inputs": {"reading": 0.1}, "context": {"a": []}}, 422, None),
    ({"inputs": {"reading": 0.1}, "extra": 1}, 422, "extra"),
    ([], 422, None),
    (5, 422, None),
    ("", 400, None),
    ("{", 400, None),
    ('{"inputs": {"reading": NaN}}', 400, None),
    ('{"inputs": {"reading": Infinity}}', 400, None),
    ('{"inputs": {"reading": 1e999}}', 422, "reading"),
    ('{"inputs": {"reading": ' + "9" * 5000 + "}}", 400, None),
    ('{"inputs": {"reading": 1, "reading": 2}}', 400, None),
    ("[" * 100_000, 400, None),
    (b"\xff\xfe", 400, None),
    ('{"inputs": {"\\ud800": 1}}', 422, None),
    (b" " * (8 * 1024 * 1024 + 1), 413, None),
]


@pytest.mark.parametrize(("body", "status", "field"), REFUSED, ids=[f"b{i}" for i in range(len(REFUSED))])
def test_refused_bodies(caller, body, status, field):
    problem(caller.post(f"{EARTH}/run", body), status, field=field)


def test_other_kinds_of_body(caller):
    answer = caller.client.post(
        f"/api{EARTH}/run", "reading=1", content_type="text/plain", headers=caller.headers
    )
    problem(answer, 422, "content_type")
    broken = caller.client.post(
        f"/api{EARTH}/run", b"--x", content_type="multipart/form-data", headers=caller.headers
    )
    problem(broken, 400)


# --- devices and records


def test_devices_page_by_page(shop, caller):
    from kilter.department.equipment import actions as equipment

    for number in range(7):
        equipment.register_device(
            by=shop.head,
            fields={"asset": f"PX{number:03d}", "serial": f"Q{number}", "model": shop.pump.model},
        )
    seen, place = [], ""
    for _ in range(9):
        page = caller.get("/devices", limit=2, cursor=place).json()
        seen += [row["asset"] for row in page["devices"]]
        if page["next"] is None:
            break
        place = page["next"]
    assert seen == ["ME0001", *[f"PX{n:03d}" for n in range(7)], "TI0001"]
    found, place = [], ""
    while True:
        page = caller.get("/devices", q="PX003 ", limit=1, cursor=place).json()
        found += [row["asset"] for row in page["devices"]]
        place = page["next"]
        if not place:
            break
    assert found == ["PX003"]
    found, place = [], ""
    while True:
        page = caller.get("/devices", q="infusa", limit=3, cursor=place).json()
        found += [row["asset"] for row in page["devices"]]
        place = page["next"]
        if not place:
            break
    assert found == ["ME0001", *[f"PX{n:03d}" for n in range(7)]]


@pytest.mark.parametrize("limit", ["0", "201", "x", "-1", "1e3", "99999999999999999999"])
def test_refused_limits(caller, limit):
    problem(caller.get("/devices", limit=limit), 422, field="limit")


@pytest.mark.parametrize("place", ["!", "ü", "a" * 401, "AA==", "gA", "AAAA"])
def test_refused_cursors(shop, caller, place):
    problem(caller.get("/devices", cursor=place), 422, field="cursor")
    problem(caller.get(f"/devices/{shop.pump.uuid}/records", cursor=place), 422, field="cursor")


def test_a_cursor_of_another_list_is_refused(shop, caller):
    for place in ("ME0001", "-1", "9" * 30, "٣"):
        said = caller.get(f"/devices/{shop.pump.uuid}/records", cursor=cursor.encode(place))
        problem(said, 422, "bad_cursor")


def test_a_device_with_its_status_and_readings(shop, caller):
    shop.adopt()
    shop.visit()
    shown = caller.get(f"/devices/{shop.pump.uuid}").json()
    assert shown["asset"] == "ME0001"
    assert shown["status"]["state"] == "in_use"
    assert {row["result"] for row in shown["readings"]} == {"resistance", "leakage"}
    shop.visit(protective_earth={"reading": "0.9"})
    failed = caller.get(f"/devices/{shop.pump.uuid}").json()["status"]
    assert not failed["usable"]
    assert any(reason["blocks"] for reason in failed["reasons"])
    problem(caller.get(f"/devices/{uuid4()}"), 404)
    problem(caller.get("/devices/not-a-uuid"), 422)


def test_records_in_the_chain(shop, caller):
    signed = shop.visit()
    listed, place = [], ""
    while True:
        page = caller.get(f"/devices/{shop.pump.uuid}/records", limit=2, cursor=place).json()
        listed += page["records"]
        place = page["next"]
        if not place:
            break
    numbers = [row["number"] for row in listed]
    assert numbers == sorted(numbers, reverse=True)
    assert {row.number for row in signed} <= set(numbers)
    shown = caller.get(f"/records/{signed[0].uuid}").json()
    assert hashlib.sha256(shown["text"].encode()).hexdigest() == shown["sha256"] == signed[0].sha256
    assert json.loads(shown["text"]) == shown["document"]
    assert shown["person"] == "Eve Engineer"
    problem(caller.get(f"/records/{uuid4()}"), 404)


def test_a_certificate_names_the_hash(shop, caller):
    signed = next(row for row in shop.visit() if row.procedure.endswith("protective_earth"))
    answer = caller.get(f"/records/{signed.uuid}/certificate.pdf")
    assert answer["Content-Type"] == "application/pdf"
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
    assert signed.sha256 in "".join(text.replace("\u200b", "").split())


# --- health and the description


def test_health_and_metrics(shop, stranger):
    shop.visit()
    assert stranger.client.get("/health").json()["status"] == "ok"
    lines = stranger.client.get("/metrics").content.decode().splitlines()
    figures = dict(line.split(" ") for line in lines if not line.startswith("#"))
    assert int(figures["kilter_chain_records"]) > 0
    assert {"kilter_outbox_open", "kilter_outbox_lag_seconds", "kilter_overdue", "kilter_due"} <= set(figures)
    away = stranger.client.get("/metrics", REMOTE_ADDR="10.0.0.5")
    assert away.status_code == 401


def test_a_sound_backup_is_in_the_metrics(shop, stranger, tmp_path):
    from kilter.department.keeping import backup as keeping

    before = stranger.client.get("/metrics").content.decode()
    assert "\nkilter_last_backup_timestamp_seconds " not in before
    (tmp_path / "last_backup").write_text("2026-03-29T01:30:00Z")
    after = stranger.client.get("/metrics").content.decode()
    assert "\nkilter_last_backup_timestamp_seconds 1774747800.0" in after
    (tmp_path / "last_backup").write_text("some time")
    assert keeping.last_backup() is None


def test_a_failing_database_is_said(db, monkeypatch):
    from django.db import DatabaseError

    from kilter.interfaces.api import health

    class Broken:
        def cursor(self):
            raise DatabaseError

    monkeypatch.setattr(health, "connection", Broken())
    assert Client().get("/health").status_code == 503


def test_a_fault_of_ours_says_nothing_of_its_inside(caller, monkeypatch):
    from kilter.interfaces.api import procedures

    def broken(_):
        raise RuntimeError("secret path /srv/kilter")

    monkeypatch.setattr(procedures, "detail_data", broken)
    said = problem(caller.get(EARTH), 500, "fault")
    assert "secret" not in said["message"]


def test_the_description_is_the_one_in_the_diff():
    """Written by `make contracts`; a change of the API shows in the diff."""
    now = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    assert json.loads(SNAPSHOT.read_text(encoding="utf-8")) == now
