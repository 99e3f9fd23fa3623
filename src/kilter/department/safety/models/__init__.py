"""Rows of the safety room, by subject; all of them can be had from here."""

from kilter.department.safety.models.alerts import Alert, AlertDevice, AlertEvent
from kilter.department.safety.models.campaigns import Campaign, CampaignAnswer, CampaignItem
from kilter.department.safety.models.hazards import Hazard, HazardVersion
from kilter.department.safety.models.incidents import (
    CorrectiveAction,
    ExternalReference,
    Incident,
    IncidentDevice,
    IncidentEvidence,
)
from kilter.department.safety.models.replacement import (
    RankedDevice,
    ReplacementPolicy,
    ReplacementRanking,
)

__all__ = [
    "Alert",
    "AlertDevice",
    "AlertEvent",
    "Campaign",
    "CampaignAnswer",
    "CampaignItem",
    "CorrectiveAction",
    "ExternalReference",
    "Hazard",
    "HazardVersion",
    "Incident",
    "IncidentDevice",
    "IncidentEvidence",
    "RankedDevice",
    "ReplacementPolicy",
    "ReplacementRanking",
]
