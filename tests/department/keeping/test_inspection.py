"""The inspection pack: what is in it, who may have it, and that no change of it goes unseen."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kilter.department.keeping.inspection import MANIFEST, TABLES, Scope, verify_pack, write_pack
from kilter.department.ledger.models import AuditEntry
from kilter.department.records.models import Record
from kilter.department.schedule.site import today
from kilter.measure.error import BadInput, NotPermitted

pytestmark = pytest.mark.django_db


def scope(standard: str = "cqc", **more: Any) -> Scope:
    return Scope(standard, today() - timedelta(days=30), today(), **more)


def rows_of(path: Path, name: str) -> list[list[str]]:
    with zipfile.ZipFile(path) as pack:
        return list(csv.reader(io.StringIO(pack.read(name).decode(), newline="")))


@pytest.fixture
def pack(shop: Any, tmp_path: Path) -> Path:
    """A pack of a shop in which one visit was signed."""
    shop.visit()
    path = tmp_path / "pack.zip"
    write_pack(path, scope(), by=shop.head)
    return path


@pytest.mark.parametrize("standard", TABLES)
def test_each_pack_holds_its_tables_and_verifies(shop: Any, tmp_path: Path, standard: str) -> None:
    shop.visit()
    path = tmp_path / "pack.zip"
    manifest = write_pack(path, scope(standard), by=None, certify=lambda record: b"%PDF")
    assert {f"{name}.csv" for name in TABLES[standard]} <= set(manifest["files"])
    assert verify_pack(path) == []
    results = [name for name in manifest["files"] if name.startswith("certificates/")]
    assert len(results) == (0 if standard == "loler" else Record.objects.filter(kind="result").count())


def test_the_hashes_are_those_of_the_members_and_records_are_as_sealed(pack: Path) -> None:
    with zipfile.ZipFile(pack) as opened:
        manifest = json.loads(opened.read(MANIFEST))
        for name, row in manifest["files"].items():
            data = opened.read(name)
            assert (hashlib.sha256(data).hexdigest(), len(data)) == (row["sha256"], row["size"])
        lines = opened.read("records.jsonl").decode().splitlines()
    assert [hashlib.sha256(line.encode()).hexdigest() for line in lines] == list(
        Record.objects.order_by("number").values_list("sha256", flat=True)
    )
    assert len(rows_of(pack, "records.csv")) == len(lines) + 1
    assert rows_of(pack, "audit.csv")[1:]


def test_the_inventory_names_what_the_regulation_asks_for(shop: Any, tmp_path: Path) -> None:
    path = tmp_path / "pack.zip"
    write_pack(path, scope("irmer", kind="infusion_pump"), by=None)
    head, *rows = rows_of(path, "inventory.csv")
    assert head == ["manufacturer", "model", "serial", "year_of_manufacture", "year_of_installation"]
    assert [row[:3] for row in rows] == [["Northfield", "Infusa 3", "S1"]]


def test_the_scope_narrows(shop: Any, ward: Any, tmp_path: Path) -> None:
    for number, (narrowed, expected) in enumerate(
        [
            (scope(), 2),
            (scope(kind="safety_tester"), 1),
            (scope(model=shop.pump.model), 1),
            (scope(place=ward), 0),
            (scope("loler"), 0),
        ]
    ):
        path = tmp_path / f"{number}.zip"
        write_pack(path, narrowed, by=None)
        assert len(rows_of(path, "register.csv")) == expected + 1
    old = Scope("cqc", today() - timedelta(days=400), today() - timedelta(days=300))
    shop.visit()
    write_pack(tmp_path / "old.zip", old, by=None)
    assert rows_of(tmp_path / "old.zip", "records.csv")[1:] == []


def test_who_may_not_read_the_audit_gets_no_pack(shop: Any, tmp_path: Path) -> None:
    with pytest.raises(NotPermitted):
        write_pack(tmp_path / "pack.zip", scope(), by=shop.engineer)
    assert not (tmp_path / "pack.zip").exists()
    write_pack(tmp_path / "pack.zip", scope(), by=shop.head)
    assert AuditEntry.objects.filter(activity="ledger.read_audit").count() == 1


def test_what_cannot_be_packed(tmp_path: Path, db: None) -> None:
    with pytest.raises(BadInput, match="standard"):
        Scope("iso", today(), today())
    with pytest.raises(BadInput, match="backwards"):
        Scope("cqc", today(), today() - timedelta(days=1))
    (tmp_path / "there.zip").write_bytes(b"mine")
    with pytest.raises(BadInput, match="cannot be written"):
        write_pack(tmp_path / "there.zip", scope(), by=None)
    assert (tmp_path / "there.zip").read_bytes() == b"mine"


def altered(pack: Path, change: Any) -> Path:
    """Write a pack again with its members changed."""
    out = pack.with_name("altered.zip")
    with zipfile.ZipFile(pack) as before:
        members = {name: before.read(name) for name in before.namelist()}
    change(members)
    with zipfile.ZipFile(out, "w") as after:
        for name, data in members.items():
            after.writestr(name, data)
    return out


def test_every_change_is_named(pack: Path) -> None:
    def edit(members: dict[str, bytes]) -> None:
        members["jobs.csv"] += b"x"

    assert verify_pack(altered(pack, edit)) == ["jobs.csv was changed"]
    assert verify_pack(altered(pack, lambda m: m.pop("audit.csv"))) == ["audit.csv is missing"]
    assert verify_pack(altered(pack, lambda m: m.update(extra=b""))) == ["extra is not in the manifest"]
    with pytest.raises(BadInput, match="no inspection pack"):
        verify_pack(altered(pack, lambda m: m.pop(MANIFEST)))
    for text in (b"[]", b"{}", b'{"files": []}', b"{", b"\xff"):
        with pytest.raises(BadInput):
            verify_pack(altered(pack, lambda m, text=text: m.update({MANIFEST: text})))
    with pytest.raises(BadInput):
        verify_pack(pack.with_name("absent.zip"))


@given(st.data())
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_a_mutated_pack_is_refused_or_named_and_never_a_fault(pack: Path, data: Any) -> None:
    whole = bytearray(pack.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(whole)))
    path = pack.with_name("mutated.zip")
    path.write_bytes(bytes(whole[: end if data.draw(st.booleans()) else len(whole)]))
    with contextlib.suppress(BadInput):
        assert isinstance(verify_pack(path), list)
