"""What changes the safety room, by subject; every verb can be called from here."""

from kilter.department.safety.actions.alerts import (
    acknowledge_alert,
    add_alert,
    close_alert,
    confirm_criteria,
    reopen_alert,
)
from kilter.department.safety.actions.dispositions import (
    hold_devices,
    open_alert_jobs,
    settle_devices,
    unsettle_device,
)

__all__ = [
    "acknowledge_alert",
    "add_alert",
    "close_alert",
    "confirm_criteria",
    "hold_devices",
    "open_alert_jobs",
    "reopen_alert",
    "settle_devices",
    "unsettle_device",
]
