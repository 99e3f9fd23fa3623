"""The shapes of bodies and answers; nothing that they do not name is taken or given."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field, FiniteFloat

Verdict = Literal["invalid", "suspension", "remedial", "undecided", "within", "recorded"]
RuleName = Literal["simple", "guard_U", "guard_1645", "rss", "probability"]


class Strict(Schema):
    """Takes exactly what it names, in exactly the types it names."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Problem(Strict):
    """What went wrong: which input, a word for programs, a sentence for people."""

    field: str
    code: str
    message: str


class Failed(Strict):
    """The body of every answer that is no success."""

    error: Problem


class RunBody(Strict):
    """A run: inputs by name, each a value in the declared unit or `{"value", "unit", "u"}`."""

    inputs: dict[str, Any] = Field(default_factory=dict, max_length=200)
    context: dict[str, str | FiniteFloat | bool] = Field(default_factory=dict, max_length=200)
    rule: RuleName | None = None
    device: str | None = Field(None, max_length=36)


class TokenBody(Strict):
    """A token asked for, with the password of the person who asks."""

    name: str = Field(max_length=80)
    days: int = Field(ge=1, le=366)
    password: str = Field(max_length=1000)


class Token(Schema):
    """A token, without its secret."""

    uuid: UUID
    name: str
    made_at: datetime
    expires: datetime
    revoked_at: datetime | None


class NewToken(Token):
    """A token just made; its secret is not shown again."""

    secret: str


class Declared(Schema):
    """A procedure as it is declared."""

    procedure: str
    version: int
    title: str
    summary: str
    specialty: str
    use: str
    uncertainty: str
    elementwise: bool
    cites: list[str]
    inputs: list[dict[str, Any]]
    results: list[dict[str, Any]]


class DeclaredInFull(Declared):
    """A procedure with its published limits and worked examples."""

    limits: list[dict[str, Any]]
    examples: list[dict[str, Any]]


class Procedures(Schema):
    """All procedures."""

    procedures: list[Declared]


class InputRun(Schema):
    """An input as the procedure took it."""

    value: Any
    unit: str | None
    u: float | None


class ResultRun(Schema):
    """A result, judged."""

    value: float | str
    unit: str | None
    u: float | None
    verdict: Verdict
    limit: dict[str, Any] | None


class NoteRun(Schema):
    """A remark that goes with the results."""

    code: str
    text: str


class Run(Schema):
    """A run, in the form that the command line prints."""

    procedure: str
    version: int
    inputs: dict[str, InputRun]
    results: dict[str, ResultRun]
    verdict: Verdict
    notes: list[NoteRun]
    valid: bool


class Reason(Schema):
    """Why a device has its status."""

    code: str
    text: str
    blocks: bool


class Status(Schema):
    """Whether a device may be used, and why; computed from its records."""

    state: str
    usable: bool
    overdue: bool
    reasons: list[Reason]
    valid_until: datetime | None


class Device(Schema):
    """A device in a list."""

    uuid: UUID
    asset: str
    serial: str
    kind: str
    maker: str
    model: str
    location: str | None
    life: str
    status: Status | None


class Devices(Schema):
    """One page of devices; `next` is the cursor of the page behind it."""

    devices: list[Device]
    next: str | None


class Due(Schema):
    """What is due on a device."""

    protocol: str
    due: date
    opens: date
    last_passed: datetime | None


class Reading(Schema):
    """The newest reading of one result."""

    procedure: str
    result: str
    value: float
    unit: str
    u: float | None
    verdict: Verdict
    performed_at: datetime
    record: UUID


class DeviceInFull(Device):
    """A device with what is due and its newest readings."""

    dues: list[Due]
    readings: list[Reading]


class RecordRow(Schema):
    """A sealed record in a list."""

    uuid: UUID
    number: int
    kind: str
    procedure: str
    protocol: str
    verdict: str
    person: str
    performed_at: datetime
    sealed_at: datetime


class Records(Schema):
    """One page of records, the newest in the chain first."""

    records: list[RecordRow]
    next: str | None


class Record(RecordRow):
    """A record: its exact text, the SHA-256 of that text, and its place in the chain."""

    sha256: str
    previous: str
    text: str
    document: dict[str, Any]


class Health(Schema):
    """Whether the site answers."""

    status: Literal["ok", "failing"]
    database: bool
    version: str
