"""What changes the materials room, by subject; every verb can be called from here."""

from kilter.department.materials.actions.adding import add_finding
from kilter.department.materials.actions.administering import administer
from kilter.department.materials.actions.advising import confirm_advice, set_advice
from kilter.department.materials.actions.arriving import elute, receive
from kilter.department.materials.actions.catalogue import add_product, end_test_rule, set_test_rule
from kilter.department.materials.actions.correcting import correct_test
from kilter.department.materials.actions.dispensing import dispense
from kilter.department.materials.actions.doses import add_dose
from kilter.department.materials.actions.permits import add_permit, book, cancel_booking
from kilter.department.materials.actions.preparing import prepare
from kilter.department.materials.actions.referring import (
    authorise,
    authorise_by_guideline,
    decline,
    end_guideline,
    issue_guideline,
    justify,
    read_details,
    refer,
)
from kilter.department.materials.actions.testing import reject, release, run_test
from kilter.department.materials.actions.waste import (
    dispose,
    move,
    open_container,
    put_in_container,
    seal_container,
)

__all__ = [
    "add_dose",
    "add_finding",
    "add_permit",
    "add_product",
    "administer",
    "authorise",
    "authorise_by_guideline",
    "book",
    "cancel_booking",
    "confirm_advice",
    "correct_test",
    "decline",
    "dispense",
    "dispose",
    "elute",
    "end_guideline",
    "end_test_rule",
    "issue_guideline",
    "justify",
    "move",
    "open_container",
    "prepare",
    "put_in_container",
    "read_details",
    "receive",
    "refer",
    "reject",
    "release",
    "run_test",
    "seal_container",
    "set_advice",
    "set_test_rule",
]
