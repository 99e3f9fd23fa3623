"""What changes the work room, by subject; every verb can be called from here."""

from kilter.department.work.actions.clocks import set_target
from kilter.department.work.actions.course import (
    assign_job,
    cancel_job,
    merge_job,
    note_job,
    open_job,
    reopen_job,
    repair_job,
    resume_job,
    take_job,
    triage_job,
    wait_job,
)
from kilter.department.work.actions.ending import close_job
from kilter.department.work.actions.faults import report_fault, report_from_ward
from kilter.department.work.actions.labour import (
    link_test,
    log_labour,
    sign_in_engineer,
    sign_out_engineer,
    state_decontamination,
)
from kilter.department.work.actions.loans import (
    add_to_pool,
    book_loan,
    cancel_loan,
    hand_out,
    remove_from_pool,
    return_loan,
)
from kilter.department.work.actions.stores import (
    add_part,
    add_store,
    correct_stock,
    issue_part,
    receive_part,
    return_part,
)

__all__ = [
    "add_part",
    "add_store",
    "add_to_pool",
    "assign_job",
    "book_loan",
    "cancel_job",
    "cancel_loan",
    "close_job",
    "correct_stock",
    "hand_out",
    "issue_part",
    "link_test",
    "log_labour",
    "merge_job",
    "note_job",
    "open_job",
    "receive_part",
    "remove_from_pool",
    "reopen_job",
    "repair_job",
    "report_fault",
    "report_from_ward",
    "resume_job",
    "return_loan",
    "return_part",
    "set_target",
    "sign_in_engineer",
    "sign_out_engineer",
    "state_decontamination",
    "take_job",
    "triage_job",
    "wait_job",
]
