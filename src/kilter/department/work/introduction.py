"""The stages by which a new device or technique is introduced, as one table, and which of them stand.

The rows are the whole rule: the actions ask `refused` and `done`, the page shows the table, and a test walks
it at random. Some stages are answered once, some for each device of the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """What was found at a stage. A later answer takes over from an earlier one."""

    PASSED = "passed"
    NOT_NEEDED = "not_needed"
    FAILED = "failed"


WORDS: dict[Answer, str] = {
    Answer.PASSED: "passed",
    Answer.NOT_NEEDED: "not needed",
    Answer.FAILED: "not passed",
}
"""Each answer in words."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of an introduction.

    Attributes:
        key: its name in the table of answers.
        words: its name on the page.
        asks: what has to be answered.
        after: stages that must stand before it is answered as passed.
        each: whether it is answered for each device.
        waivable: whether it may be answered as not needed, with the reason.
        tested: whether it passes only on a signed, passing record of the device.
        signed: whether it is a signature, given by its own action.
    """

    key: str
    words: str
    asks: str
    after: tuple[str, ...] = ()
    each: bool = False
    waivable: bool = False
    tested: bool = False
    signed: bool = False


_SITED = ("cyber", "data_protection", "connectors", "trial")

STAGES: dict[str, Stage] = {
    stage.key: stage
    for stage in (
        Stage("need", "Need", "Which clinical need does it meet, for whom, and what else was looked at?"),
        Stage(
            "cyber",
            "Network and cyber security",
            "What connects to the network? Software and its support, patches, accounts.",
            ("need",),
            waivable=True,
        ),
        Stage(
            "data_protection",
            "Data protection",
            "Which patient data does it hold or send, where to, under which assessment, and how is it wiped?",
            ("need",),
            waivable=True,
        ),
        Stage(
            "connectors",
            "Connectors and consumables",
            "Which connector family (ISO 80369), which consumables, and what is in use beside it?",
            ("need",),
            waivable=True,
        ),
        Stage(
            "trial",
            "Trial and evaluation",
            "Which clinicians tried it, on which wards, and what did they find?",
            ("need",),
            waivable=True,
        ),
        Stage(
            "training_policy",
            "Training policy",
            "Who must be trained before use, by whom, and after how long again?",
            ("need",),
        ),
        Stage(
            "installation",
            "Installation",
            "Where and by whom was it installed, and what was checked?",
            _SITED,
            each=True,
            waivable=True,
        ),
        Stage(
            "critical_examination",
            "Critical examination",
            "The installer's examination of the safety features and warning devices.",
            ("installation",),
            each=True,
            waivable=True,
        ),
        Stage(
            "acceptance",
            "Acceptance",
            "The department's own test: does it do what was bought, and is it safe?",
            ("critical_examination",),
            each=True,
            tested=True,
        ),
        Stage(
            "commissioning",
            "Commissioning",
            "What was measured so that it can be used clinically: baselines, models, protocols.",
            ("acceptance",),
            each=True,
            waivable=True,
            tested=True,
        ),
        Stage(
            "users_trained",
            "Users trained",
            "Who was trained, and how was it assessed?",
            ("training_policy",),
        ),
        Stage(
            "engineering_go_live",
            "Go-live, engineering",
            "It is accepted, planned for and supported, and may be used.",
            ("commissioning", "users_trained"),
            signed=True,
        ),
        Stage(
            "clinical_go_live",
            "Go-live, clinical lead",
            "Its users are trained and it may be used on patients.",
            ("commissioning", "users_trained"),
            signed=True,
        ),
    )
}
"""Every stage by key, in the order in which they are shown."""

GO_LIVE = tuple(key for key, stage in STAGES.items() if stage.signed)
APART = ("critical_examination", "acceptance", "commissioning")
"""Stages that never rest on the same record."""

ALWAYS = ("acceptance", "training_policy")
"""Stages that stand before any device of an introduced model enters service, whatever the site decides."""

Answers = Mapping[tuple[str, int | None], Answer]
"""The newest answer by stage and device (None where the stage is answered once)."""


def done(stage: str, device: int | None, answers: Answers) -> bool:
    """Say whether a stage stands: its newest answer is good, and so is all that comes before it.

    A stage that is answered once stands on one device at least for which the stages before it stand.

    Args:
        stage: key of the stage.
        device: row id of the device, for a stage that is answered for each; None where there is no device.
        answers: the newest answers.
    """
    row = STAGES[stage]
    own = device if row.each else None
    if answers.get((stage, own), Answer.FAILED) == Answer.FAILED:
        return False
    return all(_before(earlier, row, own, answers) for earlier in row.after)


def refused(stage: str, device: int | None, answers: Answers) -> list[str]:
    """Give the words of the stages that are missing before a stage may be answered as passed."""
    row = STAGES[stage]
    own = device if row.each else None
    return [STAGES[key].words for key in row.after if not _before(key, row, own, answers)]


def _before(earlier: str, row: Stage, own: int | None, answers: Answers) -> bool:
    if STAGES[earlier].each and not row.each:
        known = {device for key, device in answers if key == earlier}
        return any(done(earlier, device, answers) for device in known)
    return done(earlier, own, answers)


def is_live(answers: Answers) -> bool:
    """Say whether both have signed and everything before it stands."""
    return all(done(stage, None, answers) for stage in GO_LIVE)
