"""Rows of the work room, by subject; every model can be imported from here."""

from kilter.department.work.models.downtime import Downtime
from kilter.department.work.models.introduction import EntryRule, Introduction, StageAnswer
from kilter.department.work.models.jobs import (
    EngineerVisit,
    Job,
    JobEvent,
    JobHold,
    JobNote,
    JobTest,
    JobWord,
    Labour,
    Loan,
    Part,
    PoolDevice,
    Priority,
    Stock,
    StockMove,
    Store,
    Target,
    WardReport,
)
from kilter.department.work.models.makers import MakerMessage, MakerQuery
from kilter.department.work.models.operating import OperatingNote

__all__ = [
    "Downtime",
    "EngineerVisit",
    "EntryRule",
    "Introduction",
    "Job",
    "JobEvent",
    "JobHold",
    "JobNote",
    "JobTest",
    "JobWord",
    "Labour",
    "Loan",
    "MakerMessage",
    "MakerQuery",
    "OperatingNote",
    "Part",
    "PoolDevice",
    "Priority",
    "StageAnswer",
    "Stock",
    "StockMove",
    "Store",
    "Target",
    "WardReport",
]
