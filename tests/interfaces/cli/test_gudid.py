"""Models completed on the command line from what their makers declared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.formats.test_gudid import di, file_of, record
from tests.interfaces.cli.test_refusals import refused
from tests.shop import shop as shop

from kilter.department.equipment import actions
from kilter.department.equipment.models import DeviceModel
from kilter.interfaces.cli import importing
from kilter.interfaces.cli.main import main

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _open(monkeypatch: pytest.MonkeyPatch, shop: Any) -> None:
    """The site is open already, and the head works at it; a model bears the first identifier."""
    monkeypatch.setattr(importing, "open_site", lambda **_: None)
    monkeypatch.setattr(importing, "acting", lambda _: shop.head)
    actions.edit_model(by=shop.head, model=shop.pump.model, changes={"udi_di": di(1)})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "gudid.xml"
    made.write_bytes(file_of(record(1), record(2), record(3, singleUse="perhaps")))
    return made


def run(capsys: Any, *words: str) -> tuple[int, dict[str, Any]]:
    status = main(["import", "gudid", *words, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_models_are_completed_and_entered_where_that_is_said(path: Path, capsys: Any) -> None:
    status, planned = run(capsys, str(path), "--dry-run")
    assert (status, planned["completed"], planned["entered"], planned["absent"]) == (1, 1, 0, 1)
    assert "device 3: singleUse: 'perhaps' is neither true nor false" in planned["lines"]
    assert DeviceModel.objects.get(udi_di=di(1)).brand == ""
    said = ("--all", "class=I", "--all", "applied_part=CF", "--all", "power_cord=fixed", "--all", "kind=pump")
    assert run(capsys, str(path), *said, "--maker", "bolt", "--dry-run")[1]["entered"] == 0
    status, done = run(capsys, str(path), *said, "--maker", "north")
    assert (done["taken"], done["completed"], done["entered"]) == (2, 1, 1)
    assert DeviceModel.objects.get(udi_di=di(1)).brand == "Infusa"
    assert DeviceModel.objects.get(udi_di=di(2)).kind == "pump"
    assert run(capsys, str(path))[1]["taken"] == 0


def test_what_will_not_do_is_one_line(path: Path, tmp_path: Path, capsys: Any) -> None:
    assert "cannot be read" in refused(capsys, "import", "gudid", str(tmp_path / "none.xml"))
    assert "cannot be read" in refused(capsys, "import", "gudid", str(tmp_path))
    assert "have to be said" in refused(capsys, "import", "gudid", str(path), "--all", "class=I")
    assert "--dates: only for devices" in refused(
        capsys, "import", "gudid", str(path), "--dates", "day-first"
    )
    assert "--maker: only for gudid" in refused(capsys, "import", "devices", str(path), "--maker", "x")
    path.write_bytes(path.read_bytes()[:-40])
    assert "this is no XML that can be read" in refused(capsys, "import", "gudid", str(path))
    assert DeviceModel.objects.get(udi_di=di(1)).brand == ""
