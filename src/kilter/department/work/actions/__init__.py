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
from kilter.department.work.actions.downtime import acknowledge_downtime, book_downtime, cancel_downtime
from kilter.department.work.actions.ending import close_job
from kilter.department.work.actions.faults import report_fault, report_from_ward
from kilter.department.work.actions.introductions import (
    abandon_introduction,
    answer_stage,
    begin_introduction,
    set_entry_rule,
    sign_clinical_go_live,
    sign_engineering_go_live,
)
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
from kilter.department.work.actions.makers import add_to_maker_query, ask_maker
from kilter.department.work.actions.operating import note_operation
from kilter.department.work.actions.stores import (
    add_part,
    add_store,
    correct_stock,
    issue_part,
    receive_part,
    return_part,
)

__all__ = [
    "abandon_introduction",
    "acknowledge_downtime",
    "add_part",
    "add_store",
    "add_to_maker_query",
    "add_to_pool",
    "answer_stage",
    "ask_maker",
    "assign_job",
    "begin_introduction",
    "book_downtime",
    "book_loan",
    "cancel_downtime",
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
    "note_operation",
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
    "set_entry_rule",
    "set_target",
    "sign_clinical_go_live",
    "sign_engineering_go_live",
    "sign_in_engineer",
    "sign_out_engineer",
    "state_decontamination",
    "take_job",
    "triage_job",
    "wait_job",
]
