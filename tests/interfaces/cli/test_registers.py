"""Lists, labels and the watched folder on the command line."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.interfaces.cli.test_refusals import refused
from tests.shop import shop as shop

from kilter.department.ledger import clock, files
from kilter.department.records.models import Draft
from kilter.department.safety.actions import add_alert
from kilter.department.safety.models import Alert
from kilter.formats.sheet import read_sheet
from kilter.interfaces.cli import registers, watching
from kilter.interfaces.cli.main import main
from kilter.measure.error import Conflict
from kilter.measure.quantity import File

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _open(monkeypatch: pytest.MonkeyPatch) -> None:
    """The site is open already: its settings are those of the tests."""
    for module in (registers, watching):
        monkeypatch.setattr(module, "open_site", lambda **_: None)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_register_is_written_once(shop: Any, tmp_path: Path, capsys: Any, kind: str) -> None:
    path = tmp_path / f"register.{kind}"
    assert main(["register", "full", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: 2 devices\n"
    assert [row[0] for row in read_sheet(File(path.name, path.read_bytes())).rows] == ["ME0001", "TI0001"]
    assert "is there already" in refused(capsys, "register", "full", str(path))


def test_what_cannot_be_written_is_one_line(shop: Any, tmp_path: Path, capsys: Any) -> None:
    assert "register: must be one of" in refused(capsys, "register", "all", str(tmp_path / "a.csv"))
    assert "'pdf' is none of" in refused(capsys, "register", "irmer", str(tmp_path / "a.pdf"))
    assert "cannot be written" in refused(capsys, "register", "irmer", str(tmp_path / "no" / "a.csv"))
    assert "no device" in refused(capsys, "labels", str(tmp_path / "a.pdf"), "ME9")
    assert "sheet: must be" in refused(capsys, "labels", str(tmp_path / "a.pdf"), "ME0001", "--sheet", "7")
    assert list(tmp_path.iterdir()) == []


def test_labels_are_printed(shop: Any, tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "labels.pdf"
    assert main(["labels", str(path), "me0001", "TI0001", "--skip", "3"]) == 0
    assert capsys.readouterr().out == f"{path}: 2 labels\n"
    assert path.read_bytes().startswith(b"%PDF")


def neutral(asset: str) -> str:
    """The neutral sheet of one test of one asset."""
    day = (clock.now() - timedelta(days=1)).date().isoformat()
    head = "Asset Id,Test Date,Status,Instrument,Instrument Serial,Person,Standard,Test,Result,Unit,Status\n"
    return f"{head}{asset},{day},P,Safe 62,T1,Eve,IEC 62353,Protective Earth,0.12,ohm,P\n"


def test_a_watched_folder_is_emptied_and_the_same_file_again_changes_nothing(
    shop: Any, tmp_path: Path, capsys: Any
) -> None:
    tmp_path = tmp_path / "left"
    tmp_path.mkdir()
    for round_ in range(2):
        (tmp_path / "good.csv").write_text(neutral("ME0001"))
        (tmp_path / "bad.csv").write_bytes(b"hello\n")
        (tmp_path / "unknown.csv").write_text(neutral("ZZ9"))
        (tmp_path / ".hidden").write_text("x")
        assert main(["watch", str(tmp_path), "--once", "--by", "lee.lead"]) == 0
        said = capsys.readouterr().out
        taken = "1 taken, 0 not taken" if round_ == 0 else "0 taken, 1 not taken"
        assert f"good.csv: {taken}" in said
        assert "unknown.csv: 0 taken, 1 not taken" in said
        assert "bad.csv: refused: no Rigel export" in said
        assert Draft.objects.count() == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hidden", "done", "refused"]
    reports = {path.name[13:]: path.read_text() for path in (tmp_path / "done").glob("*.txt")}
    assert "was taken over before" in reports["good.csv.txt"]
    assert "there is no device ZZ9" in reports["unknown.csv.txt"]
    assert len(list((tmp_path / "refused").glob("*-bad.csv"))) == 1


def test_a_file_that_is_still_being_written_waits(tmp_path: Path) -> None:
    fresh, old = tmp_path / "fresh.csv", tmp_path / "old.csv"
    fresh.write_text("x")
    old.write_text("x")
    os.utime(old, (time.time() - 60, time.time() - 60))
    (tmp_path / "link.csv").symlink_to(old)
    assert watching.waiting(tmp_path, settled=2.0) == [old]
    assert watching.waiting(tmp_path, settled=0.0) == [old, fresh]


def test_a_folder_that_is_none_is_one_line(tmp_path: Path, capsys: Any) -> None:
    for words in (["watch", str(tmp_path / "no")], ["watch", str(tmp_path), "--every", "0"]):
        assert main(words) == 2
        assert capsys.readouterr().err.startswith("kilter: ")


NOTICE = (
    "Field safety notice\nReference: FSN-2026-114\nTitle: Latch may open\nDate of issue: {day}\n"
    "Manufacturer: Northfield\nModel: Infusa 3\nSerial numbers: S1 to S9\n"
)


def test_notices_left_in_a_folder_are_received_once_and_confirmed_by_nobody(
    shop: Any, tmp_path: Path, capsys: Any
) -> None:
    folder = tmp_path / "left"
    folder.mkdir()
    day = (clock.now() - timedelta(days=1)).date()
    whole = NOTICE.format(day=f"{day:%d %B %Y}")
    for round_ in range(2):
        (folder / "a.txt").write_text(whole)
        (folder / "bare.txt").write_text("Do not use these any more.\n")
        (folder / "other.pdf").write_bytes(b"%PDF-1.7 \xff\xfe")
        (folder / "empty.txt").write_text(" \n")
        assert main(["watch", str(folder), "--notices", "--once", "--by", "lee.lead"]) == 0
        said = capsys.readouterr().out
        assert ("a.txt: received as FSN-2026-114" in said) == (round_ == 0)
        assert ("bare.txt: received as file " in said) == (round_ == 0)
        assert ("the day of receipt stands for it" in said) == (round_ == 0)
        assert "other.pdf: refused: file: a notice is text in UTF-8" in said
        assert "empty.txt: refused: text: give the wording" in said
    assert "bare.txt: refused" in said
    alert = Alert.objects.get(reference="FSN-2026-114")
    assert (alert.source, alert.title, alert.issued) == ("fsn", "Latch may open", day)
    assert alert.criteria["makers"] == ["Northfield"]
    assert alert.criteria["serials"] == ["S1 to S9"]
    assert (alert.confirmed_at, alert.devices.count(), Alert.objects.count()) == (None, 0, 2)
    assert alert.file is not None
    assert sorted(path.name for path in folder.iterdir()) == ["done", "refused"]


def test_the_same_file_is_received_once_even_under_another_reference(shop: Any) -> None:
    kept = files.store(b"Do not use these.", media_type="text/plain")
    more = {"source": "other", "title": "x", "issued": clock.now().date(), "file": kept}
    add_alert(by=shop.head, reference="A", **more)
    with pytest.raises(Conflict, match="received before") as caught:
        add_alert(by=shop.head, reference="B", **more)
    assert caught.value.field == "file"
