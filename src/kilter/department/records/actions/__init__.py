"""What changes the records room, by subject; every verb can be called from here."""

from kilter.department.records.actions.attaching import attach_file, detach_file
from kilter.department.records.actions.drafting import abandon, ask_for_help, save_draft, take_over
from kilter.department.records.actions.history import import_legacy
from kilter.department.records.actions.personal import add_to_personal, erase_personal, see_personal
from kilter.department.records.actions.recall import recall
from kilter.department.records.actions.second_look import countersign, review
from kilter.department.records.actions.signing import break_glass, sign, sign_listed
from kilter.department.records.actions.statements import release, state

__all__ = [
    "abandon",
    "add_to_personal",
    "ask_for_help",
    "attach_file",
    "break_glass",
    "countersign",
    "detach_file",
    "erase_personal",
    "import_legacy",
    "recall",
    "release",
    "review",
    "save_draft",
    "see_personal",
    "sign",
    "sign_listed",
    "state",
    "take_over",
]
