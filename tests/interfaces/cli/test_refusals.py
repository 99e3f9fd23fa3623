"""Commands of founding, keeping and importing: each refusal is one line, status 2, and harmless."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.shop import shop as shop

from kilter.department.equipment.models import Device
from kilter.department.ledger import clock
from kilter.department.ledger import files as store
from kilter.department.people.models import Person
from kilter.department.records.models import Draft, LegacyEvidence
from kilter.interfaces.cli import chain, founding, importing, keeping
from kilter.interfaces.cli.main import main, report

pytestmark = pytest.mark.django_db

HEAD = "asset,maker,model,kind\n"


@pytest.fixture(autouse=True)
def _open(monkeypatch: pytest.MonkeyPatch) -> None:
    """The site is open already: its settings are those of the tests."""
    for module in (chain, founding, importing, keeping):
        monkeypatch.setattr(module, "open_site", lambda **_: None)
    monkeypatch.setattr(founding, "migrate", lambda: None)


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run a command line that is refused; give its one line."""
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith("kilter: ")
    assert "Traceback" not in said.err
    assert main([*words, "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert set(error) == {"field", "code", "message"}
    assert error["message"] in said.err
    return said.err


def written(tmp_path: Path, name: str, content: str | bytes) -> str:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no password"),
        (b"\nsecond line\n", "holds no password"),
        (b"\xff\xfe", "cannot be read"),
        (b"short\n", "password"),
    ],
    ids=["empty", "first line empty", "no text", "short"],
)
def test_a_password_file_that_will_not_do(
    db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, words: str
) -> None:
    path = written(tmp_path, "password", content)
    assert words in refused(capsys, "found", "ada", "Ada Head", "--password-file", path)
    assert Person.objects.count() == 0


def test_a_password_file_that_is_not_there(
    db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "cannot be read" in refused(capsys, "found", "ada", "Ada", "--password-file", str(tmp_path / "no"))


@pytest.mark.parametrize(
    ("typed", "words"),
    [(("one long enough pass", "another long enough"), "the two passwords differ"), (None, "no terminal")],
    ids=["differ", "nobody"],
)
def test_a_password_is_asked_for_twice(
    db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: Any, words: str
) -> None:
    import itertools

    answers = itertools.cycle(typed or ())
    monkeypatch.setattr(
        founding.sys, "stdin", type("Terminal", (), {"isatty": lambda self: typed is not None})()
    )
    monkeypatch.setattr(founding.getpass, "getpass", lambda _: next(answers))
    assert words in refused(capsys, "found", "ada", "Ada Head")
    assert Person.objects.count() == 0


def test_a_department_is_founded_once(db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "password", "a long enough pass phrase\nnot this line\n")
    assert main(["found", "Ada", "Dr Ada Head", "--password-file", path]) == 0
    assert "is head of department" in capsys.readouterr().out
    assert Person.objects.get().check_password("a long enough pass phrase")
    assert "has people already" in refused(capsys, "found", "eve", "Eve", "--password-file", path)


def test_check_says_a_problem_with_status_1(shop: Any, capsys: pytest.CaptureFixture[str]) -> None:
    Person.objects.filter(pk=shop.head.pk).update(is_active=False)
    assert main(["check"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("PROBLEM  people") and "no head of department" in line for line in lines)
    assert len(lines) == 10


IMPORTS = {
    "no table": ("devices", "", "holds no table"),
    "two columns": ("history", "asset,asset\n1,2\n", "two columns 'asset'"),
    "two columns of devices": (
        "devices",
        "asset,asset,maker,model,kind\nX,X,Y,Z,pump\n",
        "'asset_(2)' is not known",
    ),
    "no column": ("devices", "asset,maker,model\nX,Y,Z\n", "there is no column 'kind'"),
    "unknown column": ("devices", "asset,maker,model,kind,colour\nX,Y,Z,pump,red\n", "'colour' is not known"),
    "ragged": ("devices", HEAD + "X,Y,Z,pump,more\n", "more cells than columns"),
    "binary": ("history", b"a\x00b", "is no text"),
    "damaged spreadsheet": ("history", b"PK\x03\x04nothing", "damaged spreadsheet"),
    "no history": ("history", "asset,date\nX,Y\n", "there is no column 'protocol'"),
    "no tests": ("tests", "a,b\n1,2\n", ""),
    "no export": ("rigel", "hello\n", ""),
}


@pytest.mark.parametrize("case", sorted(IMPORTS))
def test_a_file_that_is_none_of_its_kind_is_one_line(
    shop: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    kind, content, words = IMPORTS[case]
    path = written(tmp_path, "given.csv", content)
    assert words in refused(capsys, "import", kind, path, "--by", "head")
    assert (Device.objects.count(), Draft.objects.count(), LegacyEvidence.objects.count()) == (2, 0, 0)


def test_a_file_too_large_or_not_there(
    shop: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "cannot be read" in refused(capsys, "import", "devices", str(tmp_path / "none.csv"))
    path = written(tmp_path, "large.csv", HEAD)
    monkeypatch.setattr(importing, "LARGEST", 5)
    assert "is larger than" in refused(capsys, "import", "devices", path)


def test_refused_rows_are_told_and_nothing_is_imported(
    shop: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, "devices.csv", HEAD + "X1,Acme,V3,pump\nX2,,V3,pump\n")
    assert main(["import", "devices", path, "--by", "head"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "row 3: maker: must be given",
        "nothing was imported",
        "0 taken, 1 refused",
    ]
    assert not Device.objects.filter(asset="X1").exists()
    assert main(["import", "devices", path, "--dry-run"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 would be taken, 1 refused"


def test_history_goes_in_and_who_may_not_is_one_line(
    shop: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], hire: Any
) -> None:
    day = (clock.now() - timedelta(days=90)).strftime("%Y-%m-%d")
    text = f"asset,protocol,date,passed\nME0001,medical_engineering.iec_62353,{day},yes\n"
    path = written(tmp_path, "past.csv", text)
    hire("ward_viewer", name="Val Viewer")
    refused(capsys, "import", "history", path, "--by", "val.viewer")
    assert LegacyEvidence.objects.count() == 0
    assert main(["import", "history", path, "--by", "head"]) == 0
    assert capsys.readouterr().out == "1 taken, 0 refused\n"
    assert LegacyEvidence.objects.get().source == "past.csv"


def test_an_export_names_what_is_not_on_disk(
    shop: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = store.store(b"as the tester wrote it", media_type="text/csv")
    store.path_of(row.sha256).unlink()
    assert main(["export", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().out
    assert said.startswith(f"the stored file {row.sha256} is not on disk\n")
    assert "is not empty" in refused(capsys, "export", str(tmp_path / "out"))
    assert "cannot be written" in refused(capsys, "export", written(tmp_path, "file", "x"))


def test_replay_prints_what_changed_and_ends_with_1(
    shop: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from kilter.department.records import replay as module

    shop.visit()
    assert main(["replay"]) == 0
    assert "5 records replayed: 5 same, 0 changed, 0 not replayable, 0 erased" in capsys.readouterr().out
    monkeypatch.setattr(module, "_moved", lambda document, outcome: "resistance: 1 would be 2")
    assert main(["replay"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "record 2  medical_engineering.protective_earth  changed: resistance: 1 would be 2"
    assert main(["replay", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["counts"]["changed"] == 3


def test_a_fault_of_ours_is_one_line_without_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(RuntimeError("a\x1b[31m red\nsecond line"), as_json=False) == 4
    assert capsys.readouterr().err == "kilter: RuntimeError: a [31m red\n"
