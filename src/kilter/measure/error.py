"""What can go wrong, said once: six kinds of error and what each becomes at every door.

Nothing else is raised across a room's door. The table `ANSWERS` gives the exit status of the
command line and the HTTP status of the API and the pages for each kind.
"""

from __future__ import annotations

from dataclasses import dataclass


class KilterError(Exception):
    """An error with a sentence for the person who meets it.

    Args:
        message: one line, in the reader's words.
        field: the input that is meant, or "" where no single one is.
        code: a short stable word for programs.
    """

    code = "error"

    def __init__(self, message: str, *, field: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        if code:
            self.code = code

    def as_data(self) -> dict[str, str]:
        """Give the error as the interfaces print it: field, code, message."""
        return {"field": self.field, "code": self.code, "message": self.message}


class BadInput(KilterError):
    """What was given cannot be read, or lies outside what is possible."""

    code = "bad_input"


class CannotTell(KilterError):
    """The analysis looked and could not answer; this is a result, not a fault."""

    code = "cannot_tell"


class NotPermitted(KilterError):
    """The person may not do this, now, on this device; the message says why."""

    code = "not_permitted"


class Conflict(KilterError):
    """Somebody or something was there first; nothing was changed."""

    code = "conflict"


class NotFound(KilterError):
    """There is no such thing, or none that this person may see."""

    code = "not_found"


class Fault(KilterError):
    """Our own mistake."""

    code = "fault"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one kind of error becomes: an exit status, an HTTP status, a headline on the page."""

    exit_status: int
    http_status: int
    headline: str


ANSWERS: dict[type[KilterError], Answer] = {
    BadInput: Answer(2, 422, "This cannot be read as it stands"),
    CannotTell: Answer(3, 422, "The analysis cannot tell"),
    NotPermitted: Answer(2, 403, "Not permitted"),
    Conflict: Answer(2, 409, "Somebody was there first"),
    NotFound: Answer(2, 404, "Not found"),
    Fault: Answer(4, 500, "A fault of ours"),
}


def answer_to(error: BaseException) -> Answer:
    """Give the answer for an error; anything unknown is a fault of ours."""
    for kind in type(error).__mro__:
        if kind in ANSWERS:
            return ANSWERS[kind]
    return ANSWERS[Fault]
