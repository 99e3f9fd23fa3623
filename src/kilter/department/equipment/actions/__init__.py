"""What changes the equipment room, by subject; every verb can be called from here."""

from kilter.department.equipment.actions.bulk import edit_devices
from kilter.department.equipment.actions.catalogue import add_model, edit_model, set_model_codes
from kilter.department.equipment.actions.certificates import (
    add_certificate,
    set_reference_value,
    withdraw_certificate,
)
from kilter.department.equipment.actions.course import (
    cancel_order,
    condemn,
    put_in_service,
    receive,
    reinstate,
    report_found,
    report_lost,
    send_back,
    withdraw,
    write_off,
)
from kilter.department.equipment.actions.digital_certificates import import_certificate
from kilter.department.equipment.actions.disposal import dispose, record_wipe
from kilter.department.equipment.actions.gudid import import_gudid
from kilter.department.equipment.actions.holds import (
    lift_restriction,
    place_hold,
    record_investigation,
    release_hold,
    restrict,
)
from kilter.department.equipment.actions.lending import register_lent_device, return_lent_device
from kilter.department.equipment.actions.nomenclature import import_kind_codes, set_kind_codes
from kilter.department.equipment.actions.places import add_location, rename_location
from kilter.department.equipment.actions.register import (
    edit_device,
    enter_in_error,
    register_device,
    register_devices,
)
from kilter.department.equipment.actions.stocktake import finish_stocktake, record_sighting, start_stocktake
from kilter.department.equipment.actions.supply import (
    add_contract,
    add_supplier,
    attach_document,
    edit_contract,
    edit_supplier,
    withdraw_document,
)

__all__ = [
    "add_certificate",
    "add_contract",
    "add_location",
    "add_model",
    "add_supplier",
    "attach_document",
    "cancel_order",
    "condemn",
    "dispose",
    "edit_contract",
    "edit_device",
    "edit_devices",
    "edit_model",
    "edit_supplier",
    "enter_in_error",
    "finish_stocktake",
    "import_certificate",
    "import_gudid",
    "import_kind_codes",
    "lift_restriction",
    "place_hold",
    "put_in_service",
    "receive",
    "record_investigation",
    "record_sighting",
    "record_wipe",
    "register_device",
    "register_devices",
    "register_lent_device",
    "reinstate",
    "release_hold",
    "rename_location",
    "report_found",
    "report_lost",
    "restrict",
    "return_lent_device",
    "send_back",
    "set_kind_codes",
    "set_model_codes",
    "set_reference_value",
    "start_stocktake",
    "withdraw",
    "withdraw_certificate",
    "withdraw_document",
    "write_off",
]
