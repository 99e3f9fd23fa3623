"""Photos and files of a visit: in the draft by their hash, in every record once it is signed."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from tests.shop import SAFETY
from tests.shop import shop as shop

from kilter.department.ledger import files
from kilter.department.ledger.models import AuditEntry
from kilter.department.records import actions, queries
from kilter.department.records.actions import attaching
from kilter.department.records.verify import verify
from kilter.measure.error import BadInput, Conflict, NotFound
from kilter.measure.reference_object import make

pytestmark = pytest.mark.django_db
FLOOD = "nuclear_medicine.uniformity"
PHOTO = b"\xff\xd8\xff a cracked case"


def attach(shop: Any, draft: Any, *, content: bytes = PHOTO, name: str = "case.jpg", **changes: Any) -> Any:
    given = {"by": shop.engineer, "device": shop.pump, "procedure": SAFETY, "version": draft.version}
    return actions.attach_file(draft=draft, name=name, content=content, **{**given, **changes})


def test_a_photo_is_named_in_every_record_and_read_back_byte_for_byte(shop: Any) -> None:
    draft = attach(shop, shop.draft())
    records = shop.sign(draft)
    assert len(records) > 3
    for record in records:
        (row,) = queries.document_of(record)["files"]
        assert (row["name"], row["size"]) == ("case.jpg", len(PHOTO))
        (kept,) = record.attachments.all()
        assert files.read(kept.file.sha256) == PHOTO
        assert kept.file.sha256 == row["sha256"]


def test_the_image_that_was_measured_and_a_photo_beside_it_stand_behind_one_record(shop: Any) -> None:
    """Both by their bytes: without its row, an image could be taken away and verify would not miss it."""
    image = make("flood", "none", 1).file
    stored = files.store(image.content, media_type="application/dicom")
    given = {"name": image.name, "sha256": stored.sha256}
    content = {"steps": {"uniformity": {"inputs": {"flood": given}}}, "instruments": []}
    draft = attach(shop, shop.draft(protocol=FLOOD, content=content), procedure=FLOOD)
    (record,) = shop.sign(draft)
    named = [row["sha256"] for row in queries.document_of(record)["files"]]
    assert named == [stored.sha256, sha256(PHOTO).hexdigest()]
    behind = {one.file.sha256: one.name for one in record.attachments.all()}
    assert behind == {stored.sha256: image.name, named[1]: "case.jpg"}
    assert files.read(stored.sha256) == image.content
    assert verify().holds


def test_saving_the_readings_again_keeps_the_photo(shop: Any) -> None:
    draft = attach(shop, shop.draft())
    saved = actions.save_draft(
        by=shop.engineer, device=shop.pump, procedure=SAFETY, uuid=draft.uuid, version=draft.version,
        content={**shop.content(), "attached": []},
    )  # fmt: skip
    assert [one["name"] for one in saved.content["attached"]] == ["case.jpg"]


def test_the_same_bytes_are_one_file_and_a_path_is_no_name(shop: Any) -> None:
    draft = attach(shop, shop.draft(), name="C:\\photos\\case.jpg")
    draft = attach(shop, draft, name="/tmp/other.jpg")
    assert [one["name"] for one in draft.content["attached"]] == ["case.jpg"]


def test_what_is_taken_out_is_not_sealed_and_stays_in_the_audit(shop: Any) -> None:
    draft = attach(shop, shop.draft())
    (digest,) = (one["sha256"] for one in draft.content["attached"])
    given = {"by": shop.engineer, "device": shop.pump, "procedure": SAFETY, "sha256": digest}
    draft = actions.detach_file(draft=draft, version=draft.version, **given)
    assert AuditEntry.objects.filter(detail={"detached": digest}).count() == 1
    assert all("files" not in queries.document_of(record) for record in shop.sign(draft))
    with pytest.raises(Conflict, match="signed"):
        actions.detach_file(draft=draft, version=draft.version, **given)


def test_refusals_name_the_file_and_change_nothing(shop: Any, hire: Any, monkeypatch: Any) -> None:
    draft = shop.draft()
    monkeypatch.setattr(attaching, "LARGEST", 10)
    with pytest.raises(BadInput, match="at most"):
        attach(shop, draft)
    with pytest.raises(BadInput, match="empty"):
        attach(shop, draft, content=b"")
    with pytest.raises(Conflict, match="saved elsewhere"):
        attach(shop, draft, content=b"x", version=draft.version + 1)
    with pytest.raises(Conflict, match="belongs to"):
        attach(shop, draft, content=b"x", by=hire("technologist", authorised="independent"))
    with pytest.raises(NotFound):
        actions.detach_file(
            by=shop.engineer, device=shop.pump, procedure=SAFETY, draft=draft, version=draft.version,
            sha256="0" * 64,
        )  # fmt: skip
    monkeypatch.setattr(attaching, "MOST", 1)
    draft = attach(shop, draft, content=b"x")
    with pytest.raises(BadInput, match="1 files at most"):
        attach(shop, draft, content=b"y")
    draft.refresh_from_db()
    assert len(draft.content["attached"]) == 1
