"""Where a procedure, a limit or an expected value comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Read = Literal["yes", "no", "adopted"]


@dataclass(frozen=True, slots=True)
class Citation:
    """A publication with its edition.

    `read` says whether the text itself was read for this entry. A limit from an unread text is shown
    as *to be confirmed* until a named person of the department adopts it.
    """

    key: str
    title: str
    edition: str
    clause: str = ""
    read: Read = "no"

    def short(self) -> str:
        """Give the citation as it stands behind a number: `IEC 62353:2014, 5.3.2`."""
        head = f"{self.key}:{self.edition}" if self.edition else self.key
        return f"{head}, {self.clause}" if self.clause else head
