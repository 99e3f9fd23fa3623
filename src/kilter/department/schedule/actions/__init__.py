"""Actions of the schedule room."""

from kilter.department.schedule.actions.attempts import record_attempt
from kilter.department.schedule.actions.counters import read_counter
from kilter.department.schedule.actions.deferrals import approve_deferral, ask_deferral, refuse_deferral
from kilter.department.schedule.actions.figures import freeze_definitions
from kilter.department.schedule.actions.intervals import accept_interval, answer_risk
from kilter.department.schedule.actions.planned import open_planned_jobs
from kilter.department.schedule.actions.user_checks import complete_user_checks, set_ward_check

__all__ = [
    "accept_interval",
    "answer_risk",
    "approve_deferral",
    "ask_deferral",
    "complete_user_checks",
    "freeze_definitions",
    "open_planned_jobs",
    "read_counter",
    "record_attempt",
    "refuse_deferral",
    "set_ward_check",
]
