"""Whatever is changed behind the seal, by one byte or by a whole tail, `verify` names the record."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from kilter.department.equipment.models import Certificate
from kilter.department.ledger import files as store
from kilter.department.ledger.append_only import backward_statements
from kilter.department.records import actions
from kilter.department.records.chain import anchor_path, read_anchors, write_anchor
from kilter.department.records.models import Attachment, ChainHead, PersonalPart, Reading, Record
from kilter.department.records.verify import Problem, verify
from kilter.measure.error import BadInput

pytestmark = pytest.mark.django_db

COLUMNS = [
    "number", "uuid", "kind", "text", "sha256", "previous", "visit", "device_id", "protocol", "procedure",
    "version", "verdict", "confirmed", "person_id", "performed_at", "sealed_at", "about_id",
    "supersedes_id", "countersign", "review_by",
]  # fmt: skip
"""Every column of a record's row but its key; held to the model below."""

SEEDS = range(20)
EACH = 25


def test_every_column_of_a_record_is_tried() -> None:
    fields = {field.column for field in Record._meta.concrete_fields} - {"id"}
    assert fields == set(COLUMNS)


@pytest.fixture
def chain(shop: Any) -> list[Record]:
    """Twelve records: two visits, one of them failing, a countersigned word, a personal part."""
    records = shop.visit() + shop.visit(protective_earth={"reading": "0.35"})
    actions.add_to_personal(
        by=officer(shop), record=records[1], payload={"name": "Zoë"}, confirmation=shop.confirm(officer(shop))
    )
    assert verify().holds
    return list(Record.objects.order_by("number"))


def officer(shop: Any) -> Any:
    """The safety officer, hired once."""
    from kilter.department.people.actions import grant_role

    if not shop.second.roles_held.filter(role__key="safety_officer").exists():
        grant_role(by=shop.head, person=shop.second, role="safety_officer")
    return shop.second


@contextmanager
def unguarded() -> Iterator[Any]:
    """A block without the append-only triggers, with a cursor; everything in it is undone."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                for statement in backward_statements("sqlite", "records_record"):
                    cursor.execute(statement)
            else:
                cursor.execute("SET LOCAL session_replication_role = replica")
            yield cursor
        transaction.set_rollback(True)


def flipped(value: Any, rng: random.Random) -> Any:
    """Change one byte (or one digit, one bit) of a column's value."""
    if value is None:
        return None
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + rng.choice([-1, 1, 7])
    raw = bytearray(str(value).encode("utf-8"))
    if not raw:
        return "x"
    place = rng.randrange(len(raw))
    raw[place] ^= 1 << rng.randrange(7)
    try:
        return raw.decode("utf-8").replace("\0", "?")
    except UnicodeDecodeError:
        return bytes(raw)


def refused(sql: str, values: list[Any]) -> bool:
    """Try a statement; say whether the database itself would not have it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
    except Exception:
        return True
    return False


def stored(record: Record, column: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM records_record WHERE id = %s", [record.pk])
        return cursor.fetchone()[0]


def as_it_stands(record: Record, column: str) -> str:
    """The stored value as the database spells it, however damaged."""
    spelled = f"quote({column})" if connection.vendor == "sqlite" else f"{column}::text"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {spelled} FROM records_record WHERE id = %s", [record.pk])
        return str(cursor.fetchone()[0])


def write_text(record: Record, raw: bytes) -> None:
    """Write bytes into a text column as they are, be they Unicode or not (SQLite keeps them)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE records_record SET text = CAST(%s AS TEXT) WHERE id = %s",
            [sqlite3.Binary(raw), record.pk],
        )


def numbers(problems: tuple[Problem, ...]) -> set[int]:
    return {problem.number for problem in problems}


@pytest.mark.parametrize("seed", SEEDS)
def test_one_byte_changed_anywhere_in_a_row_names_the_record(chain: list[Record], seed: int) -> None:
    rng = random.Random(seed)
    tried = 0
    for turn in range(400):
        record, column = rng.choice(chain), COLUMNS[(seed * EACH + turn) % len(COLUMNS)]
        before = stored(record, column)
        after = flipped(before, rng)
        if after == before or (after is None and before is None):
            continue
        spelled = as_it_stands(record, column)
        with unguarded():
            if refused(f"UPDATE records_record SET {column} = %s WHERE id = %s", [after, record.pk]):
                continue
            if as_it_stands(record, column) == spelled:
                continue  # the column's type took the change back
            found = verify()
            told = f"seed {seed}: {column} of record {record.number}: {before!r} -> {after!r}"
            if column == "number":
                assert not found.holds, told
            elif not same_meaning(before, after):
                assert record.number in numbers(found.problems), told
        tried += 1
        if tried == EACH:
            break
    assert tried == EACH
    assert verify().holds


def same_meaning(before: Any, after: Any) -> bool:
    """Say whether two spellings mean one uuid or one instant: a capital letter, a `T` for a blank."""
    for read in (lambda text: UUID(text), lambda text: datetime.fromisoformat(text)):
        try:
            return bool(read(str(before)) == read(str(after)))
        except ValueError:
            continue
    return False


@pytest.mark.skipif(
    "postgresql" in str(connection.settings_dict["ENGINE"]), reason="PostgreSQL checks Unicode"
)
@pytest.mark.parametrize("seed", range(5))
def test_bytes_that_are_no_text_name_the_record_and_hide_no_other(chain: list[Record], seed: int) -> None:
    rng = random.Random(seed)
    for record in rng.sample(chain, 5):
        raw = bytearray(record.text.encode("utf-8"))
        raw[rng.randrange(len(raw))] = rng.choice([0xFF, 0xC3, 0x80])
        with unguarded() as cursor:
            write_text(record, bytes(raw))
            other = next(one for one in chain if abs(one.number - record.number) > 2)
            cursor.execute("UPDATE records_record SET verdict = 'remedial' WHERE id = %s", [other.pk])
            assert {record.number, other.number} <= numbers(verify().problems)


CHANGED = {
    "value": 0.1201,
    "u": 0.5,
    "unit": "mohm",
    "result": "resistivity",
    "verdict": "remedial",
    "procedure": "medical_engineering.insulation_resistance",
    "performed_at": datetime(2020, 1, 1, tzinfo=UTC),
}


@pytest.mark.parametrize("column", [*CHANGED, "device_id"])
def test_a_changed_reading_names_its_record(chain: list[Record], column: str, shop: Any) -> None:
    changed = {**CHANGED, "device_id": shop.tester.pk}
    for reading in Reading.objects.all():
        with unguarded():
            Reading.objects.filter(pk=reading.pk).update(**{column: changed[column]})
            same = getattr(reading, column) == changed[column]
            assert same or reading.record.number in numbers(verify().problems)
    assert verify().holds


def test_a_reading_of_another_type_is_named_too(chain: list[Record]) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL holds its columns to their types")
    reading = Reading.objects.first()
    with unguarded() as cursor:
        cursor.execute("UPDATE records_reading SET value = 'high' WHERE id = %s", [reading.pk])
        assert reading.record.number in numbers(verify().problems)


def test_a_reading_or_an_instrument_taken_away_is_named(chain: list[Record]) -> None:
    reading, use = Reading.objects.first(), chain[0].instruments.first()
    with unguarded():
        reading.delete()
        assert numbers(verify().problems) == {reading.record.number}
    with unguarded():
        use.delete()
        assert numbers(verify().problems) == {1}


def test_a_record_taken_out_of_the_middle_is_missed(chain: list[Record]) -> None:
    with unguarded() as cursor:
        for table in ("reading", "instrumentuse", "attachment", "personalpart"):
            cursor.execute(f"DELETE FROM records_{table} WHERE record_id = %s", [chain[3].pk])
        cursor.execute("DELETE FROM records_record WHERE id = %s", [chain[3].pk])
        assert any("missing before it" in one.text and one.number == 5 for one in verify().problems)


def cut_tail(cursor: Any, chain: list[Record], keep: int) -> None:
    """Remove the end of the chain and mend the head, as somebody would who knows how it works."""
    gone = [record.pk for record in chain[keep:]]
    marks = ", ".join(["%s"] * len(gone))
    for table in ("reading", "instrumentuse", "attachment", "personalpart"):
        cursor.execute(f"DELETE FROM records_{table} WHERE record_id IN ({marks})", gone)
    cursor.execute(f"DELETE FROM records_record WHERE id IN ({marks})", gone)
    ChainHead.objects.filter(pk=1).update(count=keep, head=chain[keep - 1].sha256)


@pytest.mark.parametrize("keep", [1, 5, 10])
def test_a_tail_cut_off_is_seen_by_the_anchor_alone(chain: list[Record], keep: int) -> None:
    anchors = {record.number: record.sha256 for record in chain}
    with unguarded() as cursor:
        cut_tail(cursor, chain, keep)
        assert verify().holds
        found = verify(anchors)
        assert [problem.number for problem in found.problems] == [0]
        assert "its end was cut off" in found.problems[0].text
        assert str(len(chain)) in found.problems[0].text


def test_a_chain_written_anew_is_seen_by_the_anchor(chain: list[Record]) -> None:
    anchors = {record.number: record.sha256 for record in chain}
    anchors[4] = "0" * 64
    assert numbers(verify(anchors).problems) == {4}


def test_the_lost_head_is_named(chain: list[Record]) -> None:
    with unguarded():
        ChainHead.objects.all().delete()
        assert verify().problems == (Problem(0, "the chain has lost its head"),)


@pytest.mark.parametrize("break_it", ["bytes", "gone", "row"])
def test_an_attachment_changed_on_disk_names_its_record(
    chain: list[Record], break_it: str, shop: Any
) -> None:
    record = sealed_with_file(shop)
    assert verify().holds
    path = store.path_of(record.attachments.get().file.sha256)
    if break_it == "bytes":
        content = bytearray(path.read_bytes())
        content[0] ^= 1
        path.chmod(0o600)
        path.write_bytes(bytes(content))
    elif break_it == "gone":
        path.unlink()
    else:
        Attachment.objects.all().delete()
    assert numbers(verify().problems) == {record.number}


def sealed_with_file(shop: Any) -> Record:
    """A record that rests on a file, sealed by the one code that seals."""
    from kilter.department.ledger import clock
    from kilter.department.records.chain import Unsealed, append

    file = store.store(b"as the tester wrote it", media_type="text/csv")
    document = {
        "procedure": {"key": "medical_engineering.protective_earth", "version": 1},
        "device": {"id": str(shop.pump.uuid)},
        "results": {},
        "verdict": "recorded",
        "files": [{"name": "export.csv", "sha256": file.sha256, "size": file.size}],
    }
    item = Unsealed(
        uuid4(),
        "result",
        uuid4(),
        shop.engineer,
        clock.now(),
        document,
        shop.pump,
        files=[(file, "export.csv")],
    )
    with transaction.atomic():
        return append([item])[0]


def test_a_personal_part_is_added_and_destroyed_and_the_chain_holds(chain: list[Record], shop: Any) -> None:
    part = PersonalPart.objects.get()
    actions.erase_personal(
        by=officer(shop), part=part, reason="asked by the patient", confirmation=shop.confirm(officer(shop))
    )
    part.refresh_from_db()
    assert (part.key, part.payload) == (None, None)
    assert verify().holds
    assert "Zoë" not in "".join(record.text for record in Record.objects.all())


@pytest.mark.parametrize("column", ["digest", "key", "payload"])
def test_a_changed_personal_part_names_its_record(chain: list[Record], column: str) -> None:
    part = PersonalPart.objects.get()
    value = "0" * 64 if column == "digest" else b"x" * 32
    PersonalPart.objects.filter(pk=part.pk).update(**{column: value})
    assert numbers(verify().problems) == {part.record.number}


def test_a_personal_part_taken_away_names_its_record(chain: list[Record]) -> None:
    part = PersonalPart.objects.get()
    part.delete()
    assert numbers(verify().problems) == {part.record.number}


def test_a_personal_part_that_was_emptied_without_a_signature_names_its_record(chain: list[Record]) -> None:
    """What stands in its row looks like a destruction that somebody signed for."""
    part = PersonalPart.objects.get()
    PersonalPart.objects.update(key=None, payload=None, destroyed_at=part.record.sealed_at)
    assert numbers(verify().problems) == {part.record.number}


def test_a_destroyed_part_that_comes_back_names_the_record_that_says_it_is_gone(
    chain: list[Record], shop: Any
) -> None:
    part = PersonalPart.objects.get()
    stone = actions.erase_personal(
        by=officer(shop), part=part, reason="asked by the patient", confirmation=shop.confirm(officer(shop))
    )
    PersonalPart.objects.update(key=part.key, payload=part.payload, destroyed_at=None)
    assert numbers(verify().problems) == {stone.number}


def test_another_certificate_behind_a_record_names_it(chain: list[Record], shop: Any) -> None:
    """The way back from a certificate found wrong goes by these rows."""
    use = chain[1].instruments.get()
    with unguarded():
        Certificate.objects.filter(pk=use.certificate_id).update(number="C-99")
        assert numbers(verify().problems) == {one.number for one in chain if one.instruments.exists()}
    with unguarded():
        chain[1].instruments.update(certificate=None)
        assert numbers(verify().problems) == {chain[1].number}


def anchor_lines(*lines: str) -> None:
    anchor_path().write_text("".join(lines), encoding="ascii")


def test_a_torn_anchor_line_is_passed_over_and_the_next_begins_a_new_one(chain: list[Record]) -> None:
    whole = f"1 {chain[0].sha256} 2026-01-01T00:00:00Z\n"
    for torn in ("2", "2 ", f"2 {chain[1].sha256[:20]}", f"2 {chain[1].sha256}", ""):
        anchor_lines(whole, torn)
        write_anchor(3, chain[2].sha256)
        assert read_anchors(anchor_path()) == {1: chain[0].sha256, 3: chain[2].sha256}


@pytest.mark.parametrize(
    "line", ["hello\n", "1 xyz 2026\n", "-1 " + "a" * 64 + " t\n", "1 " + "A" * 64 + " t\n"]
)
def test_what_is_no_anchor_is_refused(chain: list[Record], line: str) -> None:
    anchor_lines(line, f"1 {chain[0].sha256} t\n")
    with pytest.raises(BadInput, match="line 1: this is no anchor"):
        read_anchors(anchor_path())


def test_anchors_are_written_for_every_committed_append(
    shop: Any, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        records = shop.visit()
    anchors = read_anchors(anchor_path())
    assert anchors == {records[-1].number: records[-1].sha256}
    assert verify(anchors).holds
