"""Objects that arrive: taken once, read later, matched to device and test, started or set aside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.dicom_objects import as_bytes, dose_report, image
from tests.shop import shop as shop

from kilter.department.equipment import actions as equipment
from kilter.department.intake import actions, arrivals
from kilter.department.intake.models import Arrival, SourceName
from kilter.department.intake.receiving import Sent, take
from kilter.department.intake.sources import same_maker, sources
from kilter.department.ledger import files
from kilter.department.ledger.models import AuditEntry, StoredFile
from kilter.department.records import actions as records
from kilter.department.records.models import Draft
from kilter.measure.error import BadInput, Conflict, KilterError, NotFound, NotPermitted

pytestmark = pytest.mark.django_db

UNIFORMITY = "nuclear_medicine.uniformity"


def arrive(dataset: Any, caller: str = "CAMERA") -> Arrival:
    """Send an object, as the listener hands it on."""
    content = as_bytes(dataset)
    return take(Sent(content, str(dataset.SOPClassUID), str(dataset.SOPInstanceUID), caller, "10.1.2.3"))


def read(dataset: Any, caller: str = "CAMERA") -> Arrival:
    """Send an object and let the worker read it."""
    row = arrive(dataset, caller)
    arrivals.read_waiting()
    return arrivals.arrival_by_uuid(row.uuid)


@pytest.fixture
def camera(shop: Any) -> Any:
    """The gamma camera that the images name."""
    fields = {"maker": "LUMEN", "name": "Two", "kind": "gamma_camera", "equipment_class": "I"}
    model = equipment.add_model(
        by=shop.head, fields={**fields, "applied_part": "none", "power_cord": "permanent"}
    )
    return equipment.register_device(
        by=shop.head, fields={"asset": "GC0001", "serial": "gc-77", "model": model}
    )


# ---- taken in ----


def test_an_object_is_kept_byte_for_byte() -> None:
    dataset = image()
    row = arrive(dataset)
    assert files.read(row.file.sha256) == as_bytes(dataset)
    assert (row.caller, row.address, row.times, row.beside, row.read_at) == (
        "CAMERA",
        "10.1.2.3",
        1,
        None,
        None,
    )
    assert row.file.media_type == "application/dicom"


def test_the_same_object_again_is_the_same_row() -> None:
    row = arrive(image())
    assert arrive(image(), "ARCHIVE") == row
    row.refresh_from_db()
    assert (row.times, row.caller, Arrival.objects.count(), StoredFile.objects.count()) == (2, "CAMERA", 1, 1)


def test_the_same_identifier_with_other_bytes_is_kept_beside_and_says_so() -> None:
    first = arrive(image(SOPInstanceUID="1.2.3"))
    other = arrive(image(2, SOPInstanceUID="1.2.3"))
    third = arrive(image(3, SOPInstanceUID="1.2.3"))
    assert (other.beside, third.beside) == (first, first)
    assert len({one.file.sha256 for one in (first, other, third)}) == 3


@pytest.mark.parametrize("wrong", ["", "x", "1.2.3\0", "1." + "9" * 80])
@pytest.mark.parametrize("name", ["sop_class", "sop_instance"])
def test_what_has_no_identifier_is_refused_and_nothing_kept(wrong: str, name: str) -> None:
    said = {"sop_class": "1.2.3", "sop_instance": "1.2.4", name: wrong}
    with pytest.raises(BadInput) as caught:
        take(Sent(b"x", caller="A", address="::1", **said))
    assert caught.value.field == name
    assert not StoredFile.objects.exists()


def test_what_cannot_be_kept_is_not_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "_put", full)
    with pytest.raises(OSError, match="No space"):
        arrive(image())
    assert not Arrival.objects.exists()
    monkeypatch.undo()

    def busy(**_: Any) -> None:
        raise DatabaseError("database is locked")

    monkeypatch.setattr(Arrival.objects, "create", busy)
    with pytest.raises(DatabaseError):
        arrive(image())
    monkeypatch.undo()
    assert arrive(image()).times == 1  # the sender tries again, and nothing stands in the way


def test_nothing_of_a_patient_reaches_the_database() -> None:
    """As with an uploaded image, the name stands in the stored file alone."""
    row = read(image(PatientName="Quixotic^Jane", PatientID="Z998877", StudyDescription="Quixotic knee"))
    assert row.names_patient
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            text = repr(cursor.fetchall())
            assert "Quixotic" not in text, table
            assert "Z998877" not in text, table


# ---- read ----


def test_an_image_is_read_and_the_test_it_shows_is_proposed() -> None:
    row = read(image(side=128))
    assert (row.kind, row.modality, row.size) == ("Nuclear Medicine Image Storage", "NM", "1 x 128 x 128")
    assert (row.maker, row.serial, row.station, row.series) == ("Lumen", "GC-77", "CAM1", "1.2.3.4")
    (proposal,) = arrivals.proposals_of(row)
    assert (proposal.procedure, proposal.input) == (UNIFORMITY, "flood")
    assert arrivals.read_waiting() == 0


def test_an_object_that_is_no_image_waits_without_a_proposal() -> None:
    row = read(dose_report())
    assert (row.kind, row.proposals, row.remark) == ("X-Ray Radiation Dose SR Storage", [], "")
    assert [one.first for one in arrivals.waiting()] == [row]


@pytest.mark.parametrize("content", [b"hello", b"\0" * 128 + b"DICM" + b"\xff" * 50, b"\0"])
def test_what_cannot_be_read_waits_and_says_why(content: bytes) -> None:
    row = take(Sent(content, "1.2.3", "1.2.4", "A\0B", "::1"))
    assert arrivals.read_waiting() == 1
    row.refresh_from_db()
    assert row.remark
    assert row.read_at is not None
    assert row.caller == "AB"


def test_an_object_sent_under_another_identifier_says_so() -> None:
    dataset = image()
    row = take(Sent(as_bytes(dataset), str(dataset.SOPClassUID), "1.2.99", "A", "::1"))
    arrivals.read_waiting()
    row.refresh_from_db()
    assert "another identifier" in row.remark


def test_an_analysis_that_breaks_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Any) -> Any:
        raise ZeroDivisionError("Quixotic")

    monkeypatch.setattr(arrivals, "proposals", broken)
    row = read(image())
    assert row.remark == "no test could be proposed (ZeroDivisionError)"
    assert row.maker == "Lumen"


def test_one_that_ends_the_process_is_not_tried_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        """As a process that is ended in the middle."""

    def dies(*_: Any, **__: Any) -> Any:
        raise Killed

    monkeypatch.setattr(arrivals, "read_header", dies)
    row = arrive(image())
    for _ in range(arrivals.MOST_ATTEMPTS):
        with pytest.raises(Killed):
            arrivals.read_waiting()
    assert arrivals.read_waiting() == 1
    row.refresh_from_db()
    assert (row.remark, row.attempts) == ("it could not be read: reading it failed again and again", 4)


def test_a_time_without_a_zone_is_the_sites_and_one_with_it_is_kept() -> None:
    row = read(dose_report(AcquisitionDateTime="20260701120000"))
    assert row.acquired_at == datetime(2026, 7, 1, 11, tzinfo=UTC)  # summer time in London
    other = read(dose_report(SOPInstanceUID="1.2.5", AcquisitionDateTime="20260701120000+0500"))
    assert other.acquired_at == datetime(2026, 7, 1, 7, tzinfo=UTC)


@hypothesis_settings(max_examples=25)
@pytest.mark.filterwarnings("ignore::UserWarning")
@given(st.text(max_size=70), st.text(max_size=70))
def test_whatever_an_object_says_can_be_stored(station: str, made: str) -> None:
    dataset = dose_report(SpecificCharacterSet="ISO_IR 192")
    try:
        dataset.StationName, dataset.ImageType = station, [made, "X"]
        content = as_bytes(dataset)
    except Exception:  # what DICOM itself cannot carry
        return
    row = take(Sent(content, "1.2.3", "1.2.4", station[:16], "::1"))
    arrivals.read_waiting()
    row.refresh_from_db()
    assert row.read_at is not None
    assert len(row.station) <= 80


# ---- whose it is ----


def whose(row: Arrival) -> Any:
    return sources([row])[row.pk]


def test_the_serial_number_of_the_same_maker_names_the_device(camera: Any) -> None:
    found = whose(read(image()))
    assert (found.device, found.reason) == (camera, "serial number GC-77 of LUMEN")


def test_another_maker_is_said(camera: Any) -> None:
    found = whose(read(image(Manufacturer="Other")))
    assert found.device == camera
    assert "though the object names the maker Other" in found.reason


def test_a_serial_that_two_devices_bear_names_neither_but_the_makers_own(camera: Any, shop: Any) -> None:
    fields = {"asset": "ME0500", "serial": "GC-77", "model": shop.pump.model}
    equipment.register_device(by=shop.head, fields=fields)
    row = read(image())
    assert whose(row).device == camera
    row.maker = "Other"
    assert (whose(row).device, whose(row).reason) == (None, "2 devices bear the serial number GC-77")


def test_a_name_that_was_said_an_asset_number_and_nothing(camera: Any, shop: Any) -> None:
    row = read(image(DeviceSerialNumber="", StationName="CAM1"), "gc0001")
    assert whose(row).device == camera
    assert "AE title gc0001 is its asset number" in whose(row).reason
    actions.name_source(by=shop.engineer, device=shop.pump, kind="station", name="cam1")
    assert whose(row).device == shop.pump
    assert "AE title gc0001 is its asset number (that is GC0001)" in whose(row).reason
    unknown = read(dose_report(StationName="ZZ"), "NOBODY")
    assert whose(unknown).device is None
    assert whose(unknown).reason == "no device is known by its station name ZZ, AE title NOBODY"


def test_a_device_entered_in_error_is_no_source(camera: Any, shop: Any) -> None:
    equipment.enter_in_error(by=shop.head, devices=[camera], reason="twice")
    assert whose(read(image())).device is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("LUMEN", "Lumen Medical Systems", True), ("Lumen-Med", "lumen med", True), ("", "Lumen", False),
     ("", "", False), ("Acme", "Lumen", False)],
)  # fmt: skip
def test_makers_are_written_in_many_ways(one: str, other: str, same: bool) -> None:
    assert same_maker(one, other) is same
    assert same_maker(other, one) is same


def test_lists_take_the_same_queries_for_many_objects(camera: Any) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            groups = arrivals.waiting()
            sources([one.first for one in groups])
            arrivals.series_of(groups[0].first)
            arrivals.settled()
        return len(caught)

    read(image())
    few = queries()
    for number in range(20):
        arrive(image(SOPInstanceUID=f"1.2.{number}", SeriesInstanceUID=f"1.3.{number}"))
    arrivals.read_waiting()
    assert len(arrivals.waiting()) == 21
    assert queries() == few <= 6


# ---- started, set aside, brought back ----


def test_a_test_is_started_with_the_file_and_signed_with_its_hash(camera: Any, shop: Any) -> None:
    row = read(
        image(side=128, AcquisitionDateTime=f"{datetime.now(UTC) - timedelta(hours=3):%Y%m%d%H%M%S}+0000")
    )
    draft = actions.start_arrival(by=shop.engineer, device=camera, procedure=UNIFORMITY, arrival=row)
    sent = draft.content["steps"]["uniformity"]["inputs"]["flood"]
    assert (sent["sha256"], sent["name"]) == (row.file.sha256, f"NM-{row.file.sha256[:12]}.dcm")
    assert draft.protocol == "nuclear_medicine.flood_uniformity"  # what the camera's schedule asks for
    assert (draft.owner, draft.device, draft.performed_at) == (shop.engineer, camera, row.acquired_at)
    row.refresh_from_db()
    assert (row.device, row.draft, row.settled_by) == (camera, draft.uuid, shop.engineer)
    assert arrivals.waiting() == []
    assert arrivals.settled() == [row]
    assert AuditEntry.objects.get(activity="intake.start_arrival").detail["device"] == "GC0001"
    with pytest.raises(Conflict, match="settled before"):
        actions.start_arrival(by=shop.engineer, device=camera, procedure=UNIFORMITY, arrival=row)


def test_a_time_that_cannot_be_signed_is_left_to_the_person(camera: Any, shop: Any) -> None:
    row = read(image(side=128, AcquisitionDateTime="20130402133430"))
    draft = actions.start_arrival(by=shop.engineer, device=camera, procedure=UNIFORMITY, arrival=row)
    assert draft.performed_at is None


def test_an_image_of_another_serial_number_needs_a_reason(camera: Any, shop: Any) -> None:
    row = read(image(DeviceSerialNumber="GC-78"))
    given = {"by": shop.engineer, "device": camera, "procedure": UNIFORMITY, "arrival": row}
    with pytest.raises(BadInput, match="names the serial number GC-78, GC0001 bears gc-77") as caught:
        actions.start_arrival(**given)
    assert caught.value.field == "reason"
    actions.start_arrival(**given, reason="the console was replaced")
    assert (
        AuditEntry.objects.get(activity="intake.start_arrival").detail["reason"] == "the console was replaced"
    )


def test_a_test_of_a_set_takes_the_whole_series_of_that_sender(shop: Any) -> None:
    fields = {"maker": "Lumen", "name": "Ring", "kind": "pet_scanner", "equipment_class": "I"}
    model = equipment.add_model(
        by=shop.head, fields={**fields, "applied_part": "none", "power_cord": "permanent"}
    )
    camera = equipment.register_device(by=shop.head, fields={"asset": "PT0001", "model": model})
    rows = [read(image(number, SOPInstanceUID=f"1.2.{number}")) for number in range(3)]
    read(image(9, SOPInstanceUID="1.2.9"), "OTHER")
    (group, other) = arrivals.waiting()
    assert (group.first, group.count, other.count) == (rows[0], 3, 1)
    draft = actions.start_arrival(
        by=shop.engineer, device=camera, procedure="nuclear_medicine.suv_check", arrival=rows[1]
    )
    files_ = draft.content["steps"]["suv_check"]["inputs"]["series"]
    assert [one["sha256"] for one in files_] == [one.file.sha256 for one in rows]
    assert [one.first.caller for one in arrivals.waiting()] == ["OTHER"]
    records.abandon(
        by=shop.engineer, device=camera, procedure=draft.protocol, draft=draft, reason="the wrong test"
    )
    assert actions.bring_back_arrivals(by=shop.engineer, arrival=rows[2], reason="another test") == 3
    assert arrivals.waiting()[0].count == 3


def test_what_takes_no_file_is_refused(camera: Any, shop: Any) -> None:
    row = read(image())
    for key in ("medical_engineering.protective_earth", "nuclear_medicine.nothing", ""):
        with pytest.raises(KilterError) as caught:
            actions.start_arrival(by=shop.engineer, device=camera, procedure=key, arrival=row)
        assert caught.value.field == "procedure"
    assert not Draft.objects.exists()
    assert arrivals.waiting()


def test_a_sender_is_remembered_and_forgotten(camera: Any, shop: Any) -> None:
    row = read(image(DeviceSerialNumber=""))
    actions.start_arrival(by=shop.engineer, device=camera, procedure=UNIFORMITY, arrival=row, remember=True)
    later = read(image(2, DeviceSerialNumber=""))
    assert whose(later).device == camera
    (name,) = arrivals.source_names()
    assert (name.kind, name.key) == ("station", "CAM1")
    actions.forget_source(by=shop.engineer, source=name.uuid)
    assert whose(later).device is None
    with pytest.raises(NotFound):
        actions.forget_source(by=shop.engineer, source=name.uuid)
    with pytest.raises(BadInput, match="station or caller"):
        actions.name_source(by=shop.engineer, device=camera, kind="planet", name="X")
    with pytest.raises(BadInput, match="name: must not be empty"):
        actions.name_source(by=shop.engineer, device=camera, kind="caller", name=" ")
    actions.name_source(by=shop.engineer, device=camera, kind="caller", name="a")
    actions.name_source(by=shop.engineer, device=shop.pump, kind="caller", name="A")
    assert SourceName.objects.get().device == shop.pump


def test_what_is_set_aside_says_why_and_comes_back(camera: Any, shop: Any) -> None:
    row = read(image())
    with pytest.raises(BadInput, match="reason"):
        actions.set_aside_arrivals(by=shop.engineer, arrivals=[row], reason=" ")
    assert actions.set_aside_arrivals(by=shop.engineer, arrivals=[row], reason="a patient's image") == 1
    arrive(image())  # sent again: it stays set aside
    assert arrivals.waiting() == []
    with pytest.raises(Conflict):
        actions.set_aside_arrivals(by=shop.engineer, arrivals=[row], reason="again")
    with pytest.raises(BadInput):
        actions.set_aside_arrivals(by=shop.engineer, arrivals=[], reason="none")
    assert actions.bring_back_arrivals(by=shop.engineer, arrival=row, reason="it is a phantom") == 1
    with pytest.raises(Conflict, match="waits already"):
        actions.bring_back_arrivals(by=shop.engineer, arrival=row, reason="again")
    actions.start_arrival(by=shop.engineer, device=camera, procedure=UNIFORMITY, arrival=row)
    with pytest.raises(Conflict, match="give up its draft first"):
        actions.bring_back_arrivals(by=shop.engineer, arrival=row, reason="again")


def test_who_may_not_changes_nothing(camera: Any, shop: Any, hire: Any) -> None:
    viewer, row = hire("ward_viewer"), read(image())
    for act in (
        lambda: actions.start_arrival(by=viewer, device=camera, procedure=UNIFORMITY, arrival=row),
        lambda: actions.set_aside_arrivals(by=viewer, arrivals=[row], reason="x"),
        lambda: actions.bring_back_arrivals(by=viewer, arrival=row, reason="x"),
        lambda: actions.name_source(by=viewer, device=camera, kind="station", name="X"),
        lambda: actions.forget_source(by=viewer, source=uuid4()),
    ):
        with pytest.raises(NotPermitted):
            act()
    assert arrivals.waiting()
    with pytest.raises(NotFound):
        arrivals.arrival_by_uuid(uuid4())


MOVES = st.sampled_from(["send", "start", "aside", "back", "abandon"])


@hypothesis_settings(
    max_examples=12,
    deadline=timedelta(seconds=30),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(walk=st.lists(st.tuples(MOVES, st.integers(0, 2)), max_size=10))
def test_every_object_waits_or_is_a_draft_or_is_set_aside(
    camera: Any, shop: Any, walk: list[tuple[str, int]]
) -> None:
    """However objects come and people settle: none is two of these, none is lost, none is taken twice."""
    Arrival.objects.all().delete()
    sent: set[int] = set()
    for verb, number in walk:
        row = Arrival.objects.filter(sop_instance=f"1.2.{number}").first()
        try:
            if verb == "send":
                arrive(image(number, SOPInstanceUID=f"1.2.{number}", SeriesInstanceUID=f"1.3.{number % 2}"))
                sent.add(number)
            elif row is not None and verb == "start":
                actions.start_arrival(by=shop.engineer, device=camera, procedure=UNIFORMITY, arrival=row)
            elif row is not None and verb == "aside":
                actions.set_aside_arrivals(by=shop.engineer, arrivals=[row], reason="x")
            elif row is not None and verb == "back":
                actions.bring_back_arrivals(by=shop.engineer, arrival=row, reason="y")
            elif row is not None and row.draft:
                draft = Draft.objects.get(uuid=row.draft)
                given_ = {"by": shop.engineer, "device": camera, "procedure": draft.protocol}
                records.abandon(**given_, draft=draft, reason="z")
        except KilterError:
            continue
    rows = list(Arrival.objects.all())
    assert {int(one.sop_instance[4:]) for one in rows} == sent
    assert len(rows) == len(sent)
    for one in rows:
        waits = one.settled_at is None
        assert [waits, one.draft is not None, bool(one.reason)].count(True) == 1
    assert sum(group.count for group in arrivals.waiting()) == sum(one.settled_at is None for one in rows)
