"""The forms of a job's verbs, each offered where the course of the job and the person's roles allow it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from kilter.department.people.models import Person
from kilter.department.people.queries import activities_of, holders_of
from kilter.department.records.queries import records_of
from kilter.department.work import actions, queries
from kilter.department.work.codes import codes
from kilter.department.work.course import ENDED, TRANSITIONS, next_state, verbs_from
from kilter.department.work.models import Job, JobTest, Priority
from kilter.interfaces.web.asked import Asked, Field, choice, chosen, text, whole
from kilter.measure.error import NotFound

Given = Mapping[str, str]
Maker = Callable[[Job, Person], Asked]


def _form(fields: tuple[Field, ...], job: Job, act: Callable[[Given], object]) -> Asked:
    """Make a form that goes back to the job; its title stands in `FORMS`."""

    def carry_out(given: Given) -> str:
        act(given)
        return f"/work/{job.uuid}/"

    return Asked("", fields, carry_out)


def _reasoned(label: str, name: str, verb: Callable[..., object], *, needed: bool = True) -> Maker:
    """Make the form of a verb that asks for one text."""

    def make(job: Job, by: Person) -> Asked:
        fields = (text(name, label, long=True, needed=needed),)
        return _form(fields, job, lambda given: verb(by=by, job=job, **given))

    return make


def _triage(job: Job, by: Person) -> Asked:
    fields = (choice("priority", "Priority", Priority.choices), text("reason", "Why", long=True))
    return _form(
        fields,
        job,
        lambda given: actions.triage_job(
            by=by, job=job, priority=whole("priority", given["priority"]), reason=given["reason"]
        ),
    )


def _assign(job: Job, by: Person) -> Asked:
    people = holders_of("work.take_job")
    fields = (
        choice("person", "To whom", [(one.uuid, one.display_name) for one in people]),
        text("reason", "Why", needed=False),
    )
    return _form(
        fields,
        job,
        lambda given: actions.assign_job(
            by=by, job=job, person=chosen("person", given["person"], people), reason=given["reason"]
        ),
    )


def _clean(job: Job, by: Person) -> Asked:
    fields = (choice("answer", "Decontamination", Job.Decontamination.choices),)
    return _form(
        fields,
        job,
        lambda given: actions.state_decontamination(by=by, job=job, answer=given["answer"]),
    )


def _wait(job: Job, by: Person) -> Asked:
    fields = (choice("waits_for", "It waits for", Job.Wait.choices), text("reason", "Why", long=True))
    return _form(fields, job, lambda given: actions.wait_job(by=by, job=job, **given))


def _close(job: Job, by: Person) -> Asked:
    needed = job.kind == Job.Kind.FAULT
    outcomes = [pair for pair in Job.Outcome.choices if not needed or pair[0] != Job.Outcome.DONE]
    fields = (
        choice("outcome", "Outcome", outcomes),
        text("text", "What was found and done", long=True),
        *(
            choice(f"{group}_code", words, list(codes()[group].items()), needed=False)
            for group, words in (("failure", "What failed"), ("cause", "Why"), ("action", "What cured it"))
        ),
    )
    return _form(
        fields,
        job,
        lambda given: actions.close_job(
            by=by,
            job=job,
            outcome=given["outcome"],
            text=given["text"],
            failure_code=given["failure_code"],
            cause_code=given["cause_code"],
            action_code=given["action_code"],
        ),
    )


def _merge(job: Job, by: Person) -> Asked:
    others = [one for one in queries.jobs_of(job.device) if one.closed_at is None and one.pk != job.pk]
    fields = (
        choice("same_as", "The same as", [(one.uuid, str(one)) for one in others]),
        text("reason", "Why", long=True),
    )
    return _form(
        fields,
        job,
        lambda given: actions.merge_job(
            by=by, job=job, same_as=chosen("same_as", given["same_as"], others), reason=given["reason"]
        ),
    )


def _labour(job: Job, by: Person) -> Asked:
    fields = (
        text("minutes", "Minutes", hint="Below zero to correct what was written before."),
        text("text", "At what"),
    )
    return _form(
        fields,
        job,
        lambda given: actions.log_labour(
            by=by, job=job, minutes=whole("minutes", given["minutes"]), text=given["text"]
        ),
    )


def _visit(job: Job, by: Person) -> Asked:
    fields = (text("name", "Name of the engineer"), text("company", "Company"))
    return _form(fields, job, lambda given: actions.sign_in_engineer(by=by, job=job, **given))


def _sign_out(job: Job, by: Person) -> Asked:
    here = [one for one in queries.visits_of(job) if one.signed_out_at is None]
    fields = (
        choice("visit", "Who", [(one.uuid, str(one)) for one in here]),
        text("report", "What was done", long=True),
        text("cost", "Cost", needed=False, hint="An amount such as 120.50."),
    )
    return _form(
        fields,
        job,
        lambda given: actions.sign_out_engineer(
            by=by, visit=chosen("visit", given["visit"], here), report=given["report"], cost=given["cost"]
        ),
    )


def _part(job: Job, by: Person) -> Asked:
    stock = queries.stock_on_hand()
    rows = [(one.pk, f"{one.part}, {one.store}, lot {one.lot or 'none'}: {one.quantity}") for one in stock]
    fields = (choice("stock", "Part", rows), text("quantity", "How many"))
    return _form(
        fields,
        job,
        lambda given: actions.issue_part(
            by=by,
            job=job,
            stock=chosen("stock", given["stock"], stock, "pk"),
            quantity=whole("quantity", given["quantity"]),
        ),
    )


def _give_back(job: Job, by: Person) -> Asked:
    stock = list({move.stock_id: move.stock for move in queries.parts_of(job)}.values())
    fields = (
        choice("stock", "Part", [(one.pk, f"{one.part}, {one.store}") for one in stock]),
        text("quantity", "How many"),
        text("reason", "Why"),
    )
    return _form(
        fields,
        job,
        lambda given: actions.return_part(
            by=by,
            job=job,
            stock=chosen("stock", given["stock"], stock, "pk"),
            quantity=whole("quantity", given["quantity"]),
            reason=given["reason"],
        ),
    )


def _test(job: Job, by: Person) -> Asked:
    records = [one for one in records_of(job.device) if one.kind == "result"]
    rows = [
        (one.uuid, f"{one.number}: {one.procedure}, {one.verdict}, {one.performed_at:%d %b %Y %H:%M} UTC")
        for one in records
    ]
    fields = (choice("record", "Record", rows), choice("phase", "When", JobTest.Phase.choices))
    return _form(
        fields,
        job,
        lambda given: actions.link_test(
            by=by, job=job, record=chosen("record", given["record"], records), phase=given["phase"]
        ),
    )


FORMS: dict[str, tuple[str, str, Maker]] = {
    "triage": ("Set the priority", "work.triage_job", _triage),
    "assign": ("Give to somebody", "work.assign_job", _assign),
    "clean": ("Decontamination", "work.state_decontamination", _clean),
    "wait": ("Put aside", "work.wait_job", _wait),
    "resume": ("Go on", "work.resume_job", _reasoned("Remark", "reason", actions.resume_job, needed=False)),
    "repair": ("Repaired", "work.repair_job", _reasoned("What was done", "text", actions.repair_job)),
    "part": ("Use a part", "work.issue_part", _part),
    "give_back": ("Bring a part back", "work.return_part", _give_back),
    "labour": ("Time worked", "work.log_labour", _labour),
    "visit": ("Sign in a visitor", "work.sign_in_engineer", _visit),
    "sign_out": ("Sign out a visitor", "work.sign_out_engineer", _sign_out),
    "test": ("Join a test", "work.link_test", _test),
    "close": ("Close", "work.close_job", _close),
    "merge": ("Duplicate", "work.merge_job", _merge),
    "cancel": ("Cancel", "work.cancel_job", _reasoned("Why", "reason", actions.cancel_job)),
    "reopen": ("Open again", "work.reopen_job", _reasoned("Why", "reason", actions.reopen_job)),
}
"""Title, activity and form of each verb, in the order of the page."""

_OF_THE_COURSE = frozenset(verb for _, verb in TRANSITIONS)


def possible(job: Job, verb: str) -> bool:
    """Say whether a verb's form is of any use in the state of a job."""
    return verb in verbs_from(job.state) if verb in _OF_THE_COURSE else job.state not in ENDED


def offered(job: Job, person: Person) -> list[dict[str, Any]]:
    """Give the forms that a person is offered on a job, as links."""
    rights = activities_of(person)
    return [
        {"text": title, "href": f"/work/{job.uuid}/{verb}/"}
        for verb, (title, activity, _) in FORMS.items()
        if activity in rights and possible(job, verb)
    ]


def form_of(job: Job, verb: str, person: Person) -> Asked:
    """Give the form of a verb.

    Raises:
        NotFound: there is no such verb.
        Conflict: it is of no use in the state of the job.
    """
    if verb not in FORMS:
        raise NotFound("there is no such thing to do to a job")
    title, _, make = FORMS[verb]
    if not possible(job, verb):
        next_state(job.state, verb if verb in _OF_THE_COURSE else "take")
    return replace(make(job, person), title=title)
