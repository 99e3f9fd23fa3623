"""The department's command line, as scripts use it: real processes on a real site."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from tests.sites.place import ENGINE, Site, new_site

SQLITE_ALONE = pytest.mark.skipif(ENGINE != "sqlite", reason="looks into the file of an SQLite database")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with three pumps, a tester in calibration, and ten sealed records."""
    with new_site(tmp_path_factory.mktemp("site") / "home") as made:
        made.task("prepare", 3)
        made.task("sign", 2)
        yield made


@pytest.fixture(scope="module")
def archive(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "kilter.tar"
    done = site.kilter("backup", str(path), "--with-keys", "--json")
    assert done.status == 0, done.err
    assert done.data["damaged"] == []
    return path


@pytest.mark.slow
def test_a_new_site_is_founded_and_sound(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("a long enough pass phrase\n")
    with new_site(tmp_path / "home", bare=True) as fresh:
        assert "lacks" in fresh.kilter("verify").err
        refused = fresh.kilter("found", "ada", "Ada Head")
        assert refused.status == 2
        assert refused.err.startswith("kilter: there is no terminal to ask on")
        done = fresh.kilter(
            "found", "ada", "Ada Head", "--password-file", str(tmp_path / "password"), "--json"
        )
        assert done.data["username"] == "ada"
        again = fresh.kilter("found", "eve", "Eve", "--password-file", str(tmp_path / "password"))
        assert again.status == 2
        assert "has people already" in again.err
        checked = fresh.kilter("check", "--json")
        looked = [
            "settings",
            "database",
            "migrations",
            "people",
            "files",
            "key",
            "disk",
            "anchor",
            "clock",
            "background",
        ]
        found = {row["name"]: row["sound"] for row in checked.data["findings"]}
        assert found == dict.fromkeys(looked, True), checked.out
        assert checked.status == 0


def test_verify_and_replay_say_that_all_is_well(site: Site) -> None:
    done = site.kilter("verify", "--json")
    assert done.status == 0
    assert {name: done.data[name] for name in ("holds", "records", "problems")} == {
        "holds": True,
        "records": 10,
        "problems": [],
    }
    replayed = site.kilter("replay", "--json")
    assert replayed.status == 0
    assert replayed.data == {
        "counts": {"same": 10, "changed": 0, "not_replayable": 0, "erased": 0},
        "records": [],
    }
    assert site.kilter("replay", "--since", "2999-01-01").out.startswith("0 records replayed")
    assert site.kilter("replay", "--since", "soon").status == 2


def test_verify_holds_the_chain_to_an_anchor_kept_elsewhere(site: Site, tmp_path: Path) -> None:
    longer = tmp_path / "anchor.txt"
    longer.write_text((site.home / "anchor.txt").read_text() + f"99 {'0' * 64} 2026-01-01T00:00:00Z\n")
    done = site.kilter("verify", "--anchor", str(longer))
    assert done.status == 1
    assert "the chain: the chain ends at 10, an anchor outside says 99: its end was cut off" in done.out
    missing = site.kilter("verify", "--anchor", str(tmp_path / "none"), "--json")
    assert missing.status == 2
    assert missing.data["error"]["field"] == "anchor"


def test_backup_restore_verify(site: Site, archive: Path, tmp_path: Path) -> None:
    with new_site(tmp_path / "other", bare=True) as other:
        done = other.kilter("restore", str(archive), "--json")
        assert done.status == 0, done.err + done.out
        assert (done.data["holds"], done.data["records"], done.data["set_aside"]) == (True, 10, None)
        assert other.kilter("verify", "--json").data["head"] == site.kilter("verify", "--json").data["head"]
        refused = other.kilter("restore", str(archive))
        assert refused.status == 2
        assert "is not empty; --force puts what is there aside" in refused.err
        other.task("sign", 1)
        forced = other.kilter("restore", str(archive), "--force", "--json")
        assert forced.data["records"] == 10
        aside = Path(forced.data["set_aside"])
        assert (aside / "anchor.txt").exists()
        assert len(list(aside.iterdir())) >= 2
        other.task("sign", 1)  # the restored site goes on, its triggers included
        assert other.kilter("verify").status == 0


def test_a_backup_without_its_key_stays_closed(site: Site, tmp_path: Path) -> None:
    archive = tmp_path / "without.tar"
    done = site.kilter("backup", str(archive))
    assert "its files open only with the site's personal.key" in done.out
    assert b"a photo of the plug" not in archive.read_bytes()
    with new_site(tmp_path / "other", bare=True) as other:
        closed = other.kilter("restore", str(archive))
        assert closed.status == 2
        assert "are enciphered and personal.key is not there" in closed.err
        assert not (other.home / "anchor.txt").exists()
        wrong = Fernet.generate_key()
        (other.home / "personal.key").write_bytes(wrong)
        assert "personal.key is of another site" in other.kilter("restore", str(archive)).err
        anyhow = other.kilter("restore", str(archive), "--without-keys", "--json")
        assert anyhow.status == 1
        assert all("is not what was stored" in one["text"] for one in anyhow.data["problems"])
        (other.home / "personal.key").write_bytes((site.home / "personal.key").read_bytes())
        again = other.kilter("restore", str(archive), "--force", "--json")
        assert (again.status, again.data["holds"]) == (0, True)
        assert (Path(again.data["set_aside"]) / "personal.key").exists()


def test_a_backup_never_overwrites_another(site: Site, archive: Path) -> None:
    before = archive.read_bytes()
    assert "never overwrites" in site.kilter("backup", str(archive)).err
    assert archive.read_bytes() == before
    assert archive.stat().st_mode & 0o077 == 0


def rewritten(archive: Path, into: Path, change: str) -> Path:
    """Make an archive with one thing wrong."""
    with tarfile.open(archive) as old, tarfile.open(into, "w") as new:
        for head in old:
            content = old.extractfile(head).read()
            if change == "byte" and head.name.startswith("database"):
                content = content[:5000] + bytes([content[5000] ^ 1]) + content[5001:]
            elif change == "path" and head.name == "anchor.txt":
                head.name = "../outside.txt"
            elif change == "absolute" and head.name == "anchor.txt":
                head.name = "/tmp/outside.txt"
            elif change == "link" and head.name == "anchor.txt":
                head.type, head.linkname, head.size, content = tarfile.SYMTYPE, "/etc/passwd", 0, b""
            elif (change == "missing" and head.name == "anchor.txt") or (
                change == "cut" and head.name == "manifest.json"
            ):
                continue
            import io

            new.addfile(head, io.BytesIO(content))
    return into


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("byte", "is not what was backed up (its hash differs)"),
        ("path", "'../outside.txt' is no member of a backup"),
        ("absolute", "is no member of a backup"),
        ("link", "'anchor.txt' is no member of a backup"),
        ("missing", "anchor.txt is missing"),
        ("cut", "is cut short: it has no manifest"),
    ],
)
def test_a_damaged_archive_is_refused_and_changes_nothing(
    archive: Path, tmp_path: Path, change: str, words: str
) -> None:
    bad = rewritten(archive, tmp_path / "bad.tar", change)
    home = tmp_path / "home"
    site = Site(home, "")
    home.mkdir()
    if ENGINE != "sqlite":
        pytest.skip("the same code takes an archive apart on both engines")
    done = site.kilter("restore", str(bad))
    assert done.status == 2
    assert words in done.err
    assert not (home / "kilter.sqlite3").exists()
    assert not (home / "anchor.txt").exists()
    assert not list(home.glob(".restore-*"))
    assert not (tmp_path / "outside.txt").exists()


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    if ENGINE != "sqlite":
        pytest.skip("no database is touched")
    (tmp_path / "home").mkdir()
    (tmp_path / "none.tar").write_bytes(b"hello" * 1000)
    done = Site(tmp_path / "home").kilter("restore", str(tmp_path / "none.tar"), "--json")
    assert (done.status, done.data["error"]["field"]) == (2, "file")


@SQLITE_ALONE
def test_a_tampered_database_is_restored_and_does_not_hold(site: Site, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    archive, again = tmp_path / "a.tar", tmp_path / "b.tar"
    tampered, target = Site(source), Site(tmp_path / "target")
    target.home.mkdir()
    assert site.kilter("backup", str(archive), "--with-keys").status == 0
    assert tampered.kilter("restore", str(archive)).status == 0
    with closing(sqlite3.connect(source / "kilter.sqlite3")) as link:
        link.execute("DROP TRIGGER append_only_UPDATE_records_record")
        link.execute("UPDATE records_record SET verdict = 'remedial' WHERE number = 4")
        link.commit()
    assert tampered.kilter("backup", str(again), "--with-keys").status == 0
    done = target.kilter("restore", str(again))
    assert done.status == 1
    assert "record 4: its verdict says 'remedial'" in done.out
    assert "the chain does NOT hold" in done.out


def test_everything_is_exported_in_the_open(site: Site, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = site.kilter("export", str(out), "--json")
    assert (done.status, done.data["missing"]) == (0, [])
    manifest = json.loads((out / "manifest.json").read_text())["files"]
    found = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert found == set(manifest) | {"manifest.json"}
    for name, row in manifest.items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == row["sha256"]
    previous = "0" * 64
    lines = (out / "records.jsonl").read_text(encoding="utf-8").splitlines()
    with (out / "tables" / "records_record.csv").open(newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: int(row["number"]))
    for line, row in zip(lines, rows, strict=True):
        assert json.loads(line)["chain"]["previous"] == previous == row["previous"]
        previous = hashlib.sha256(line.encode()).hexdigest()
        assert row["sha256"] == previous
    assert "not empty" in site.kilter("export", str(out)).err


def test_an_inspection_pack_is_written_and_verified(site: Site, tmp_path: Path) -> None:
    out = str(tmp_path / "pack.zip")
    period = ("--from", "2020-01-01", "--until", "2099-12-31")
    done = site.kilter("inspection-pack", out, *period, "--certificates", "--json")
    assert (done.status, done.data["scope"]["standard"]) == (0, "cqc")
    assert "as it was written" in site.kilter("inspection-pack", out, "--verify").out
    assert "cannot be written" in site.kilter("inspection-pack", out, *period).err
    assert "YYYY-MM-DD" in site.kilter("inspection-pack", out, "--from", "2020", "--until", "2021").err
    with zipfile.ZipFile(out, "a") as pack:
        pack.writestr("note.txt", "added later")
    again = site.kilter("inspection-pack", out, "--verify", "--json")
    assert (again.status, again.data["problems"]) == (1, ["note.txt is not in the manifest"])


def test_an_export_holds_no_secret(site: Site, tmp_path: Path) -> None:
    site.kilter("export", str(tmp_path / "out"))
    whole = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert b"argon2" not in whole
    assert (site.home / "secret_key").read_bytes() not in whole


def test_imports(site: Site, tmp_path: Path) -> None:
    devices = tmp_path / "devices.csv"
    devices.write_text(
        "asset,serial,maker,model,kind,class,applied part,power cord,site,location,installed,state\n"
        "X1,S1,Acme,V3,infusion_pump,I,CF,detachable,Royal,Ward 7,2020-01-31,in_service\n"
        "X2,S1,Acme,V3,infusion_pump,I,CF,detachable,Royal,Ward 7,,\n"
    )
    planned = site.kilter("import", "devices", str(devices), "--dry-run", "--json").data
    assert (planned["taken"], planned["refused"]) == (2, 0)
    assert planned["lines"] == ["row 3: row 2 has the same model and serial S1"]
    assert site.kilter("import", "devices", str(devices)).status == 2  # in nobody's name
    assert "nobody here" in site.kilter("import", "devices", str(devices), "--by", "nobody").err
    done = site.kilter("import", "devices", str(devices), "--by", "head", "--json")
    assert done.data["taken"] == 2, done.out
    again = site.kilter("import", "devices", str(devices), "--by", "head", "--json").data
    assert (again["taken"], again["refused"]) == (0, 0)  # nothing differs, so nothing is done

    past = tmp_path / "past.csv"
    past.write_text(
        "asset,protocol,date,passed,summary\n"
        "X1,medical_engineering.iec_62353,2025-11-02,yes,all well\n"
        "X9,medical_engineering.iec_62353,2025-11-02,yes,\n"
        "X1,medical_engineering.iec_62353,2025-11-02,perhaps,\n"
    )
    refused = site.kilter("import", "history", str(past), "--by", "head", "--json").data
    assert (refused["taken"], refused["refused"]) == (0, 2)
    assert "row 3: there is no device X9" in refused["lines"]
    past.write_text("\n".join(past.read_text().splitlines()[:2]) + "\n")
    assert site.kilter("import", "history", str(past), "--by", "head", "--json").data["taken"] == 1


def test_a_sheet_of_tests_is_taken_over_as_drafts(site: Site, tmp_path: Path) -> None:
    from datetime import date

    sheet = tmp_path / "tests.csv"
    sheet.write_text(
        "Asset Id,Test Date,Status,Instrument,Instrument Serial,Test,Result,Unit,Status\n"
        f"ME0001,{date.today()},P,Safe,T1,Earth Bond,0.12,ohm,P\n"  # noqa: DTZ011 (the day, as a tester has it)
        f"ME0777,{date.today()},P,Safe,T1,Earth Bond,0.12,ohm,P\n"  # noqa: DTZ011
    )
    done = site.kilter("import", "tests", str(sheet), "--by", "eve", "--json")
    assert done.status == 1
    assert (done.data["taken"], done.data["refused"]) == (1, 1)
    assert done.data["lines"] == ["line 3, ME0777: not taken over: there is no device ME0777"]
    assert site.kilter("verify", "--json").data["records"] == 10


@pytest.mark.parametrize(
    "words",
    [
        ("serve", "--workers", "0"),
        ("serve", "--port", "70000"),
        ("worker", "--every", "nan"),
        ("import", "nonsense", "x"),
        ("import", "rigel", "/nowhere"),
        ("restore", "/nowhere/at/all.tar"),
        ("backup", "/nowhere/at/all.tar"),
        ("replay", "--since"),
        ("found", "one"),
    ],
)
def test_a_wrong_word_is_one_line_and_status_2(site: Site, words: tuple[str, ...]) -> None:
    done = site.kilter(*words)
    assert done.status == 2
    assert done.err.count("\n") == 1
    assert "Traceback" not in done.err


def test_the_worker_does_what_waits_once(site: Site) -> None:
    assert site.kilter("worker", "--once", "--json").data["failed"] == 0


def caught(pid: int) -> int:
    """Signals that a process handles itself, as the bits of Linux."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1], 16) for line in lines if line.startswith("SigCgt:"))


def test_the_worker_leaves_when_told_to(site: Site) -> None:
    command = [sys.executable, "-m", "kilter", "worker", "--every", "0.1"]
    with subprocess.Popen(command, env=site.environment(), stderr=subprocess.PIPE) as process:
        while not caught(process.pid) >> (signal.SIGTERM - 1) & 1:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 0


def test_serve_answers_and_leaves_when_told_to(site: Site) -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "kilter", "serve", "--port", str(port), "--workers", "1"]
    environment = site.environment() | {"KILTER_DEMO": "yes"}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        answered = ""
        for _ in range(200):
            time.sleep(0.2)
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/nothing-here") as answer:
                    answered = answer.headers["X-Request-ID"]
            except urllib.error.HTTPError as problem:
                answered = problem.headers["X-Request-ID"]
            except OSError:
                continue
            break
        drawing = f"http://127.0.0.1:{port}/static/kilter/vega-bundle.js"
        with urllib.request.urlopen(drawing) as answer:
            assert answer.status == 200
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) == 0
    assert answered
    assert len(children) == 2  # the one that answers, and the one in the background
    assert not any(os.path.exists(f"/proc/{pid}") for pid in children)  # noqa: PTH110


def test_a_demo_is_not_served_beyond_loopback(site: Site) -> None:
    command = [sys.executable, "-m", "kilter", "serve", "--host", "0.0.0.0", "--no-worker"]
    environment = site.environment() | {"KILTER_DEMO": "yes"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "a demo listens on loopback only, not on 0.0.0.0" in done.stderr
