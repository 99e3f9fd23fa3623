"""Introducing a device or technique: its stages, their answers, and the two signatures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment import queries as equipment
from kilter.department.equipment import supplies
from kilter.department.equipment.models import Device
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.queries import activities_of
from kilter.department.records.queries import records_of
from kilter.department.work import actions, entry, introductions
from kilter.department.work.introduction import GO_LIVE, STAGES, WORDS, Stage, done, is_live, refused
from kilter.department.work.models import Introduction, StageAnswer
from kilter.interfaces.web.asked import Asked, asked_page, choice, chosen, chosen_word, text
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.interfaces.web.statements import statement_page
from kilter.interfaces.web.visit_state import read_uuid
from kilter.measure.error import BadInput, NotFound

CRUMB = {"text": "Introductions", "href": "/introductions/"}
Given = Mapping[str, str]
SIGN = {
    "engineering_go_live": actions.sign_engineering_go_live,
    "clinical_go_live": actions.sign_clinical_go_live,
}


@require_GET
@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """List what is being introduced, and what was."""
    rows: list[list[Any]] = []
    for one, live in introductions.introductions():
        word = "given up" if one.abandoned_at else "live" if live else "under way"
        verdict = "within" if live else "recorded" if one.abandoned_at else "remedial"
        cell = {"text": one.title, "href": f"/introductions/{one.uuid}/"}
        model = str(one.model) if one.model else "a technique"
        rows.append([cell, model, {"verdict": verdict, "word": word}, {"at": one.begun_at}])
    made = table(rows, "Nothing has been introduced yet.", "What", "Model", "State", "Begun")
    rights = activities_of(person_of(request))
    links = [
        {"text": words, "href": href}
        for words, href, activity in (
            ("Begin one", "/introductions/new/", "work.begin_introduction"),
            ("What must stand before use", "/introductions/rule/", "work.set_entry_rule"),
        )
        if activity in rights
    ]
    return show(
        request,
        "listing.html",
        title="Introductions",
        heading="Introductions",
        intro="New devices and techniques, from the need to the two signatures of go-live.",
        table={**made, "caption": "Introductions"},
        actions=links,
    )


@require_http_methods(["GET", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Begin an introduction; the address may name the model."""
    wanted = request.GET.get("model", "")
    model = supplies.model_by_uuid(read_uuid(wanted)) if wanted else None
    fields = (
        text("title", "What is introduced"),
        text("need", STAGES["need"].asks, long=True),
        text("asset", "Asset number of one of the devices", needed=False, hint="Empty: a technique."),
    )

    def carry_out(given: Given) -> str:
        about = equipment.device_by_scan(given["asset"]).model if given["asset"] else model
        row = actions.begin_introduction(
            by=person_of(request), title=given["title"], need=given["need"], model=about
        )
        return f"/introductions/{row.uuid}/"

    title = f"Introduce {model}" if model else "Begin an introduction"
    return asked_page(request, Asked(title, fields, carry_out), crumb=CRUMB)


@require_GET
@signed_in
def one(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show an introduction: each stage, for each device where it asks for that, and what comes next."""
    found = introductions.introduction_by_uuid(uuid)
    rows = introductions.answers_of(found)
    answers = introductions.by_stage(rows)
    live = found.abandoned_at is None and is_live(answers)
    missing = [STAGES[key].words for key in GO_LIVE if not done(key, None, answers)]
    reasons = [] if live else [{"text": f"{words}: not signed, or its ground fell"} for words in missing]
    word = "Live" if live else "Given up" if found.abandoned_at else "Not live yet"
    rights = activities_of(person_of(request))
    offered = "work.abandon_introduction" in rights and found.abandoned_at is None
    return show(
        request,
        "introduction.html",
        title=found.title,
        heading=found.title,
        crumb=CRUMB,
        status={"name": "within" if live else "remedial", "word": word, "reasons": reasons},
        facts=_facts(found),
        tables=_tables(found, rows),
        actions=[{"text": "Give it up", "href": f"/introductions/{found.uuid}/abandon/"}] if offered else [],
        events=[_event(row) for row in reversed(rows)],
    )


def _facts(found: Introduction) -> list[list[Any]]:
    model = {"text": str(found.model), "href": f"/models/{found.model.uuid}/"} if found.model else "none"
    given_up = [["Given up", found.abandoned_reason]] if found.abandoned_at else []
    return [
        ["Model", model],
        ["Begun", f"{found.begun_at:%d %b %Y} by {found.begun_by.display_name}"],
        ["Before use", ", ".join(STAGES[key].words for key in entry.asked_for(entry.rule()))],
        *given_up,
    ]


def _tables(found: Introduction, rows: list[StageAnswer]) -> list[dict[str, Any]]:
    """Give the stages that are answered once, and those of each device."""
    words = ("Stage", "State", "Newest answer", "Next")
    once = [_row(found, stage, None, rows) for stage in STAGES.values() if not stage.each]
    tables = [{**table(once, "", *words), "caption": "Stages"}]
    for device in _devices(found):
        each = [_row(found, stage, device, rows) for stage in STAGES.values() if stage.each]
        tables.append({**table(each, "", *words), "caption": str(device or "Stages of the technique")})
    return tables


def _devices(found: Introduction) -> list[Device | None]:
    """Give the devices of the model that may still enter service or did so; one None for a technique."""
    if found.model is None:
        return [None]
    return list(equipment.devices().filter(model=found.model).order_by("asset_key")[:50])


def _row(found: Introduction, stage: Stage, device: Device | None, rows: list[StageAnswer]) -> list[Any]:
    """Give one stage as a row: its state, its newest answer, and the form that answers it."""
    answers, own = introductions.by_stage(rows), device.pk if device else None
    given = [row for row in rows if row.stage == stage.key and row.device_id == own]
    stands = done(stage.key, own, answers)
    before = refused(stage.key, own, answers)
    word = "stands" if stands else "not passed" if given and given[-1].answer == "failed" else "open"
    said: Any = "" if not given else {"text": given[-1].text, "sub": given[-1].get_answer_display()}
    if given and given[-1].record:
        said["href"] = f"/records/{given[-1].record}/"
    following: Any = f"first: {', '.join(before).lower()}" if before else ""
    if found.abandoned_at is None and not (stage.signed and before):
        address = f"/introductions/{found.uuid}/{stage.key}/" + (f"?device={device.uuid}" if device else "")
        following = {"text": "Sign" if stage.signed else "Answer", "href": address, "sub": following}
    verdict = {"verdict": "within" if stands else "remedial" if given else "recorded", "word": word}
    return [{"text": stage.words}, verdict, said, following]


def _event(row: StageAnswer) -> dict[str, Any]:
    about = f", {row.device.asset}" if row.device else ""
    event = {
        "at": row.at,
        "text": f"{row.get_stage_display()}{about}: {row.get_answer_display()}. {row.text}",
    }
    link = {"href": f"/records/{row.record}/"} if row.record else {}
    return {**event, **link, "sub": row.by.display_name}


@require_http_methods(["GET", "POST"])
@signed_in
def stage(request: HttpRequest, uuid: UUID, key: str) -> HttpResponse:
    """Answer a stage, sign go-live, or give the introduction up."""
    found = introductions.introduction_by_uuid(uuid)
    crumb = {"text": found.title, "href": f"/introductions/{found.uuid}/"}
    if key == "abandon":
        return asked_page(request, _abandon(request, found), crumb=crumb)
    if key not in STAGES:
        raise NotFound("there is no such stage")
    if STAGES[key].signed:
        return _signature(request, found, STAGES[key], crumb)
    return asked_page(request, _answer(request, found, STAGES[key]), crumb=crumb)


def _abandon(request: HttpRequest, found: Introduction) -> Asked:
    def carry_out(given: Given) -> str:
        actions.abandon_introduction(by=person_of(request), introduction=found, reason=given["reason"])
        return f"/introductions/{found.uuid}/"

    return Asked("Give the introduction up", (text("reason", "Why", long=True),), carry_out)


def _answer(request: HttpRequest, found: Introduction, row: Stage) -> Asked:
    """Make the form of a stage; the device stands in the address and comes back with the form."""
    devices = [one for one in _devices(found) if one is not None] if row.each else []
    wanted = request.GET.get("device", "")
    listed = [one for one in devices if not wanted or str(one.uuid) == wanted]
    tests = _tests(listed) if row.each else []
    answers = [(key.value, words) for key, words in WORDS.items() if row.waivable or key != "not_needed"]
    fields = [choice("answer", "Answer", answers), text("text", row.asks, long=True)]
    if devices:
        fields.insert(0, choice("device", "Device", [(one.uuid, str(one)) for one in listed]))
    if tests:
        fields.append(choice("record", "The signed test", tests, needed=False))

    def carry_out(given: Given) -> str:
        actions.answer_stage(
            by=person_of(request),
            introduction=found,
            stage=row.key,
            answer=given["answer"],
            text=given["text"],
            device=chosen("device", given["device"], listed) if devices else None,
            record=read_uuid(given["record"]) if given.get("record") else None,
        )
        return f"/introductions/{found.uuid}/"

    return Asked(row.words, fields, carry_out)


def _tests(devices: list[Device]) -> list[tuple[UUID, str]]:
    """Give one signed result of each visit to choose from, the newest first."""
    seen: dict[UUID, tuple[UUID, str]] = {}
    for device in devices[:10]:
        for row in records_of(device):
            if row.kind == "result":
                words = f"{device.asset}: record {row.number}, {row.protocol}, {row.performed_at:%d %b %Y}"
                seen.setdefault(row.visit, (row.uuid, words))
    return list(seen.values())


def _signature(request: HttpRequest, found: Introduction, row: Stage, crumb: dict[str, str]) -> HttpResponse:
    def carry_out(given: Given, confirmation: Confirmation) -> str:
        SIGN[row.key](
            by=person_of(request), introduction=found, text=given["text"], confirmation=confirmation
        )
        return f"/introductions/{found.uuid}/"

    fields = ({"name": "text", "label": "In your words", "type": "long_text", "required": True},)
    return statement_page(request, f"{row.words}: {found.title}", row.asks, fields, carry_out, crumb=crumb)


@require_http_methods(["GET", "POST"])
@signed_in
def rule(request: HttpRequest) -> HttpResponse:
    """Say what stands before a device of an introduced model enters service."""
    now = entry.rule()
    optional = [(key, stage.words) for key, stage in STAGES.items()]
    fields = (
        text(
            "stages",
            "Stages besides acceptance, training policy and a plan of maintenance",
            needed=False,
            hint="Parted by commas: " + ", ".join(key for key, _ in optional),
        ),
        choice("every_model", "Refuse models that were never introduced?", [("yes", "Yes"), ("no", "No")]),
        text("reason", "Why", long=True),
    )

    def carry_out(given: Given) -> str:
        every = chosen_word("every_model", given["every_model"], ("yes", "no")) == "yes"
        keys = [one.strip() for one in given["stages"].split(",") if one.strip()]
        try:
            actions.set_entry_rule(
                by=person_of(request), stages=keys, every_model=every, reason=given["reason"]
            )
        except BadInput as error:
            field = "stages" if error.field == "stage" else error.field
            raise BadInput(error.message, field=field) from None
        return "/introductions/"

    title = "What must stand before use" + (f" (now: {now})" if now else "")
    return asked_page(request, Asked(title, fields, carry_out), crumb=CRUMB)
