"""What changes the materials room, by subject; every verb can be called from here."""

from kilter.department.materials.actions.arriving import elute, receive
from kilter.department.materials.actions.catalogue import add_product, end_test_rule, set_test_rule
from kilter.department.materials.actions.dispensing import dispense
from kilter.department.materials.actions.permits import add_permit, book, cancel_booking
from kilter.department.materials.actions.preparing import prepare
from kilter.department.materials.actions.testing import reject, release, run_test
from kilter.department.materials.actions.waste import (
    dispose,
    move,
    open_container,
    put_in_container,
    seal_container,
)

__all__ = [
    "add_permit",
    "add_product",
    "book",
    "cancel_booking",
    "dispense",
    "dispose",
    "elute",
    "end_test_rule",
    "move",
    "open_container",
    "prepare",
    "put_in_container",
    "receive",
    "reject",
    "release",
    "run_test",
    "seal_container",
    "set_test_rule",
]
