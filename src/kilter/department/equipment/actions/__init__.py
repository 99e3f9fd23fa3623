"""What changes the equipment room, by subject; every verb can be called from here."""

from kilter.department.equipment.actions.catalogue import add_model, edit_model
from kilter.department.equipment.actions.certificates import (
    add_certificate,
    set_reference_value,
    withdraw_certificate,
)
from kilter.department.equipment.actions.course import (
    cancel_order,
    condemn,
    dispose,
    put_in_service,
    receive,
    reinstate,
    report_found,
    report_lost,
    send_back,
    withdraw,
    write_off,
)
from kilter.department.equipment.actions.holds import (
    lift_restriction,
    place_hold,
    record_investigation,
    release_hold,
    restrict,
)
from kilter.department.equipment.actions.places import add_location, rename_location
from kilter.department.equipment.actions.register import edit_device, register_device, register_devices

__all__ = [
    "add_certificate",
    "add_location",
    "add_model",
    "cancel_order",
    "condemn",
    "dispose",
    "edit_device",
    "edit_model",
    "lift_restriction",
    "place_hold",
    "put_in_service",
    "receive",
    "record_investigation",
    "register_device",
    "register_devices",
    "reinstate",
    "release_hold",
    "rename_location",
    "report_found",
    "report_lost",
    "restrict",
    "send_back",
    "set_reference_value",
    "withdraw",
    "withdraw_certificate",
    "write_off",
]
