"""The verbs of an introduction: begun, its stages answered, signed by two people, or given up."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from kilter.department.equipment.models import Device, DeviceModel
from kilter.department.ledger import audit, clock, identity
from kilter.department.ledger.models import StoredFile
from kilter.department.ledger.texts import text as read_text
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.clearing import passing_visit
from kilter.department.records.models import Record
from kilter.department.records.sealing import check_confirmation
from kilter.department.records.stating import seal_statement
from kilter.department.work.introduction import APART, GO_LIVE, STAGES, Answer, Stage, refused
from kilter.department.work.introductions import newest
from kilter.department.work.models import EntryRule, Introduction, StageAnswer
from kilter.measure.error import BadInput, Conflict


@action("work.begin_introduction")
def begin_introduction(
    *, by: Person, title: str, need: str, model: DeviceModel | None = None
) -> Introduction:
    """Begin to introduce a model of device, or a technique that needs none; the need is its first stage.

    Raises:
        BadInput: title or need is missing.
        Conflict: this model is being introduced, or was.
    """
    title = read_text("title", title, most=200, needed=True)
    need = read_text("need", need, most=2000, needed=True)
    if model is not None:
        DeviceModel.objects.select_for_update().get(pk=model.pk)
        if Introduction.objects.filter(model=model, abandoned_at=None).exists():
            raise Conflict("there is an introduction of this model already", field="model")
    row = Introduction.objects.create(title=title, model=model, begun_by=by, begun_at=clock.now())
    StageAnswer.objects.create(
        introduction=row, stage="need", answer=Answer.PASSED, text=need, by=by, at=clock.now()
    )
    audit.write("work.begin_introduction", by=by, subject=row, detail={"title": title})
    return row


@action("work.answer_stage")
def answer_stage(
    *,
    by: Person,
    introduction: Introduction,
    stage: str,
    answer: str,
    text: str,
    device: Device | None = None,
    record: UUID | None = None,
    file: StoredFile | None = None,
) -> StageAnswer:
    """Answer a stage, once or once more; what was answered before stays to be read.

    Args:
        by: the acting person.
        introduction: which one.
        stage: key of a stage that is no signature.
        answer: `passed`, `not_needed` or `failed`.
        text: what was found, or why it is not needed.
        device: which device of the model, for a stage that is answered for each.
        record: the signed test on which acceptance, or commissioning, passes.
        file: a report or form that goes with it.

    Raises:
        BadInput: there is no such stage or answer, the text, the device or the record is missing or will
            not do, or the stage is always needed.
        Conflict: a stage before it does not stand yet, or the introduction was given up.
    """
    given = read_text("text", text, most=2000, needed=True)
    row, found = _locked(introduction), _stage(stage)
    if answer not in list(Answer):
        raise BadInput(f"answer: must be one of {', '.join(Answer)}", field="answer")
    _about(row, found, device)
    if answer == Answer.NOT_NEEDED:
        _waived(row, found)
    if answer == Answer.PASSED:
        _ready(row, found, device)
    _proven(row, found, device, Answer(answer), record)
    made = StageAnswer.objects.create(
        introduction=row,
        stage=stage,
        device=device,
        answer=answer,
        text=given,
        record=record,
        file=file,
        at=clock.now(),
        by=by,
    )
    detail = {"stage": stage, "answer": answer, "device": device.asset if device else ""}
    audit.write("work.answer_stage", by=by, subject=row, detail=detail)
    return made


@action("work.sign_engineering_go_live")
def sign_engineering_go_live(
    *, by: Person, introduction: Introduction, text: str, confirmation: Confirmation
) -> StageAnswer:
    """Sign for engineering that it may be used.

    Raises:
        BadInput: there is no text.
        Conflict: a stage before it does not stand, or the same person has signed as the clinical lead.
        NotPermitted: not confirmed.
    """
    return _sign(by, introduction, "engineering_go_live", text, confirmation)


@action("work.sign_clinical_go_live")
def sign_clinical_go_live(
    *, by: Person, introduction: Introduction, text: str, confirmation: Confirmation
) -> StageAnswer:
    """Sign as the clinical lead that it may be used on patients.

    Raises:
        BadInput: there is no text.
        Conflict: a stage before it does not stand, or the same person has signed for engineering.
        NotPermitted: not confirmed.
    """
    return _sign(by, introduction, "clinical_go_live", text, confirmation)


@action("work.abandon_introduction")
def abandon_introduction(*, by: Person, introduction: Introduction, reason: str) -> Introduction:
    """Give an introduction up; another one of the same model may be begun.

    Raises:
        BadInput: the reason is missing.
        Conflict: it was given up before, or a device of its model entered service by it.
    """
    row, why = _locked(introduction), read_text("reason", reason, most=500, needed=True)
    entered = Device.objects.filter(model=row.model, accepted_at__gte=row.begun_at)
    if row.model is not None and entered.exists():
        raise Conflict("devices of this model have entered service by it", field="introduction")
    row.abandoned_at, row.abandoned_by, row.abandoned_reason = clock.now(), by, why
    row.save(update_fields=["abandoned_at", "abandoned_by", "abandoned_reason"])
    audit.write("work.abandon_introduction", by=by, subject=row, detail={"reason": why})
    return row


@action("work.set_entry_rule")
def set_entry_rule(*, by: Person, stages: Sequence[str], every_model: bool, reason: str) -> EntryRule:
    """Say what stands before a device of an introduced model enters service, on top of what always does.

    Args:
        by: the acting person.
        stages: keys of stages.
        every_model: whether a model that was never introduced is refused.
        reason: why.

    Raises:
        BadInput: there is no such stage, or no reason.
    """
    keys = [key for key in STAGES if key in [_stage(one, signed=True).key for one in stages]]
    row = EntryRule.objects.create(
        stages=keys,
        every_model=bool(every_model),
        reason=read_text("reason", reason, most=500, needed=True),
        set_at=clock.now(),
        set_by=by,
    )
    audit.write("work.set_entry_rule", by=by, detail={"stages": keys, "every": row.every_model})
    return row


def _locked(introduction: Introduction) -> Introduction:
    rows = Introduction.objects.select_for_update(of=("self",)).select_related("model")
    row = rows.get(pk=introduction.pk)
    if row.abandoned_at is not None:
        raise Conflict("this introduction was given up", field="introduction")
    return row


def _stage(key: str, *, signed: bool = False) -> Stage:
    known = [one for one, row in STAGES.items() if signed or not row.signed]
    if key not in known:
        raise BadInput(f"stage: must be one of {', '.join(known)}", field="stage")
    return STAGES[key]


def _about(row: Introduction, stage: Stage, device: Device | None) -> None:
    """Refuse a device where none is meant, or none where one is."""
    wanted = stage.each and row.model is not None
    if wanted and (device is None or device.model_id != row.model_id):
        raise BadInput("device: must be a device of the model that is introduced", field="device")
    if not wanted and device is not None:
        raise BadInput("device: this stage is answered once, for no one device", field="device")


def _waived(row: Introduction, stage: Stage) -> None:
    """Refuse to leave out what is always needed; ionising equipment always has its critical examination."""
    ionising = stage.key == "critical_examination" and row.model is not None and row.model.ionising
    if not stage.waivable or ionising:
        raise BadInput("answer: this stage is always needed", field="answer")


def _ready(row: Introduction, stage: Stage, device: Device | None) -> None:
    missing = refused(stage.key, device.pk if device else None, newest(row))
    if missing:
        raise Conflict(f"first comes: {', '.join(missing).lower()}", field="stage")


def _proven(
    row: Introduction, stage: Stage, device: Device | None, answer: Answer, record: UUID | None
) -> None:
    """Refuse a test that does not pass, that is another device's, or that another examination rests on."""
    if record is None:
        if answer == Answer.PASSED and stage.tested and device is not None:
            raise BadInput("record: this stage passes on a signed test", field="record")
        return
    if device is None or stage.key not in APART:
        raise BadInput("record: this stage rests on no test of a device", field="record")
    found = Record.objects.filter(uuid=record, device=device, kind="result").first()
    if answer == Answer.PASSED:
        found = passing_visit(device, record, "record")
    if found is None:
        raise BadInput("record: must be a test of this device", field="record")
    others = row.answers.filter(stage__in=APART, record__isnull=False).exclude(stage=stage.key)
    if Record.objects.filter(visit=found.visit, uuid__in=others.values("record")).exists():
        raise BadInput("record: another stage rests on this test; each needs its own", field="record")


def _sign(
    by: Person, introduction: Introduction, stage: str, text: str, confirmation: Confirmation
) -> StageAnswer:
    """Seal a signature of go-live and write it as the answer of its stage."""
    check_confirmation(confirmation, by)
    said = read_text("text", text, most=1000, needed=True)
    row = _locked(introduction)
    _ready(row, STAGES[stage], None)
    other = next(key for key in GO_LIVE if key != stage)
    signed = row.answers.filter(stage=other).order_by("-id").first()
    if signed is not None and signed.by_id == by.pk:
        raise Conflict("the two signatures are of two different people", field="by")
    uuid = identity.new_id()
    seal_statement(uuid, by, None, stage, said, {"introduction": str(row.uuid), "title": row.title})
    made = StageAnswer.objects.create(
        introduction=row, stage=stage, answer=Answer.PASSED, text=said, record=uuid, by=by, at=clock.now()
    )
    audit.write(f"work.sign_{stage}", by=by, subject=row, detail={"record": str(uuid)})
    return made
