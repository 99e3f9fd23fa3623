"""A sheet of another system on the command line: read as said or as saved, in part, the refused rows kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.department.intake.test_reading import COLUMNS, HOW, OLD
from tests.formats.test_sheet import TABLE, book
from tests.interfaces.cli.test_refusals import refused
from tests.shop import shop as shop

from kilter.department.equipment import queries
from kilter.department.equipment.models import Device
from kilter.department.intake.readings import save_mapping
from kilter.formats.sheet import read_foreign_sheet
from kilter.interfaces.cli import importing
from kilter.interfaces.cli.main import main
from kilter.measure.quantity import File

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _open(monkeypatch: pytest.MonkeyPatch, shop: Any) -> None:
    """The site is open already, and the head works at it."""
    monkeypatch.setattr(importing, "open_site", lambda **_: None)
    monkeypatch.setattr(importing, "acting", lambda _: shop.head)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.csv"
    path.write_bytes(OLD)
    return path


OPTIONS = (
    *(word for name, field in COLUMNS.items() if field for word in ("--column", f"{name}={field}")),
    "--dates", "day-first", "--amounts", "1.250,00", "--all", "currency=EUR", "--all", "site=Royal",
    "--word", "state:In use=in_service", "--word", "state:Scrapped=condemned",
    "--word", "state:Lost=could_not_locate",
)  # fmt: skip


def run(capsys: Any, *words: str) -> tuple[int, dict[str, Any]]:
    status = main(["import", "devices", *words, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_options_say_how_a_sheet_is_read(shop: Any, old: Path, capsys: Any, tmp_path: Path) -> None:
    rejects = tmp_path / "rejected.csv"
    status, planned = run(capsys, str(old), *OPTIONS, "--dry-run", "--rejects", str(rejects))
    assert (status, planned["taken"], planned["refused"]) == (1, 2, 2)
    assert "columns left out: Category (2)" in planned["lines"]
    assert "the file is no UTF-8: read as windows-1252" in planned["lines"]
    assert not Device.objects.filter(asset="A1").exists()
    back = read_foreign_sheet(File("r.csv", rejects.read_bytes())).sheet
    assert [row[0] for row in back.rows] == ["A3", "A4"]
    assert "is there already" in refused(
        capsys, "import", "devices", str(old), *OPTIONS, "--part", "--rejects", str(rejects)
    )
    assert not Device.objects.filter(asset="A1").exists()
    status, done = run(capsys, str(old), *OPTIONS)
    assert (status, done["taken"], done["lines"][-1]) == (1, 0, "nothing was imported")
    status, done = run(capsys, str(old), *OPTIONS, "--part")
    assert (status, done["taken"], done["refused"]) == (1, 2, 2)
    assert queries.device_by_asset("A2").state == "condemned"


def test_a_saved_reading_is_taken_and_an_option_says_otherwise(shop: Any, old: Path, capsys: Any) -> None:
    save_mapping(by=shop.head, name="old system", columns=COLUMNS, reading=HOW)
    status, done = run(capsys, str(old), "--read-as", "old system", "--part", "--all", "owner=Renal")
    assert (status, done["taken"]) == (1, 2)
    assert (queries.device_by_asset("A1").owner, str(queries.device_by_asset("A1").cost)) == (
        "Renal",
        "1250.00",
    )
    assert "there are: old system" in refused(capsys, "import", "devices", str(old), "--read-as", "new")


def test_without_options_columns_are_the_registers_own_and_a_hint_says_more(
    shop: Any, tmp_path: Path, capsys: Any
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("asset,maker,model,kind,installed\nA1,Acme,V3,pump,1/23/23\n")
    status, done = run(capsys, str(path), "--dry-run")
    assert (status, done["lines"][-1]) == (1, "every one in the sheet can be read with --dates month-first")
    assert run(capsys, str(path), "--dry-run", "--dates", "month-first")[0] == 0
    path.write_text("asset,maker,model,kind,colour\nA1,Acme,V3,pump,red\n")
    assert "'colour' is not known here" in refused(capsys, "import", "devices", str(path))


def test_a_worksheet_is_named(shop: Any, tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "a.xlsx"
    rows = [("asset", "maker", "model", "kind"), ("A1", "Acme", "V3", "pump")]
    path.write_bytes(book(Cover=[("x",)], One=TABLE, Two=rows).content)
    assert "say which worksheet to read: One, Two" in refused(capsys, "import", "devices", str(path))
    assert run(capsys, str(path), "--page", "Two")[1]["taken"] == 1


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--column", "Tag=asset"), "there is no column 'Tag'"),
        (("--column", "Tag"), "is not a column written as COLUMN=FIELD"),
        (("--column", "Type=colour"), "'colour' is no field of a device"),
        (("--dates", "backwards"), "dates: must be one of year-first"),
        (("--amounts", "1 250"), "amounts: must be written as one of 1250.00"),
        (("--all", "kind"), "'kind' is not a field for all rows"),
        (("--all", "owner=a", "--all", "owner=b"), "the field owner is given twice"),
        (("--all", "asset=A1"), "asset: cannot be given for all rows"),
        (("--word", "In use=in_service"), "names no field, as in state:In use=in_service"),
        (("--word", "state:In use=in use"), "state: 'in use' is none"),
        (("--encoding", "ebcdic"), "encoding: must be one of"),
        (("--years-from", "x"), "invalid int value"),
    ],
)
def test_an_option_that_will_not_do_is_one_line(
    shop: Any, old: Path, capsys: Any, words: tuple[str, ...], line: str
) -> None:
    assert line in refused(capsys, "import", "devices", str(old), *words)


@pytest.mark.parametrize("kind", ["history", "tests", "rigel"])
def test_how_a_sheet_is_read_is_said_of_devices_alone(old: Path, capsys: Any, kind: str) -> None:
    assert "--dates: only for devices" in refused(capsys, "import", kind, str(old), "--dates", "day-first")
