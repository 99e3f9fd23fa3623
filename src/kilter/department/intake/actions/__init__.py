"""What people do with objects that came over the network; every verb can be called from here."""

from kilter.department.intake.actions.arrivals import (
    bring_back_arrivals,
    forget_source,
    name_source,
    set_aside_arrivals,
    start_arrival,
)

__all__ = [
    "bring_back_arrivals",
    "forget_source",
    "name_source",
    "set_aside_arrivals",
    "start_arrival",
]
