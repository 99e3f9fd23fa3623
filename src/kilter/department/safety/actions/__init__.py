"""What changes the safety room, by subject; every verb can be called from here."""

from kilter.department.safety.actions.alerts import (
    acknowledge_alert,
    add_alert,
    close_alert,
    confirm_criteria,
    reopen_alert,
)
from kilter.department.safety.actions.campaigns import (
    answer_campaign,
    begin_campaign,
    close_campaign,
    extend_campaign,
)
from kilter.department.safety.actions.dispositions import (
    hold_devices,
    open_alert_jobs,
    settle_devices,
    unsettle_device,
)
from kilter.department.safety.actions.hazards import add_hazard, revise_hazard, withdraw_hazard
from kilter.department.safety.actions.incidents import (
    add_reference,
    close_incident,
    finish_corrective_action,
    keep_evidence,
    record_finding,
    report_incident,
    set_corrective_action,
)
from kilter.department.safety.actions.replacement import freeze_ranking, set_replacement_policy

__all__ = [
    "acknowledge_alert",
    "add_alert",
    "add_hazard",
    "add_reference",
    "answer_campaign",
    "begin_campaign",
    "close_alert",
    "close_campaign",
    "close_incident",
    "confirm_criteria",
    "extend_campaign",
    "finish_corrective_action",
    "freeze_ranking",
    "hold_devices",
    "keep_evidence",
    "open_alert_jobs",
    "record_finding",
    "reopen_alert",
    "report_incident",
    "revise_hazard",
    "set_corrective_action",
    "set_replacement_policy",
    "settle_devices",
    "unsettle_device",
    "withdraw_hazard",
]
