"""Campaigns: begun over the register, ticked off device by device, closed when no device is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from kilter.department.equipment.models import Device
from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text as read_text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.models import Record
from kilter.department.safety.campaigns import items, unlisted
from kilter.department.safety.criteria import read_criteria
from kilter.department.safety.models import Campaign, CampaignAnswer, CampaignItem
from kilter.department.safety.register import LOST
from kilter.department.work.actions import open_job
from kilter.measure.error import BadInput, Conflict

Answer = CampaignAnswer.Answer
MOST_JOBS = 500
"""Devices of a campaign on which one act opens jobs."""


@action("safety.begin_campaign")
def begin_campaign(
    *, by: Person, title: str, text: str, criteria: Mapping[str, object], jobs: bool = False
) -> Campaign:
    """Begin a campaign over every device that the criteria mean or may mean.

    Args:
        by: the acting person.
        title: its name.
        text: what is to be done to each device.
        criteria: lists under `criteria.FIELDS`.
        jobs: whether each device has a job of its own.

    Raises:
        BadInput: title or text is missing, the criteria cannot be read, or mean no device.
    """
    row = Campaign(
        title=read_text("title", title, most=200, needed=True),
        text=read_text("text", text, most=2000, needed=True),
        criteria=read_criteria(criteria).as_lists(),
        begun_at=clock.now(),
        begun_by=by,
    )
    row.save()
    added = _add(row, by, jobs=jobs)
    if not added:
        raise BadInput("no device of the register is meant by this", field="makers")
    audit.write("safety.begin_campaign", by=by, subject=row, detail={"title": row.title, "devices": added})
    return row


@action("safety.extend_campaign")
def extend_campaign(*, by: Person, campaign: Campaign, jobs: bool = False) -> int:
    """Look at the register again, and list the devices that have come under the campaign since.

    Returns:
        How many were added.

    Raises:
        Conflict: the campaign is closed.
    """
    row = _locked(campaign)
    added = _add(row, by, jobs=jobs)
    audit.write("safety.extend_campaign", by=by, subject=row, detail={"devices": added})
    return added


@action("safety.answer_campaign")
def answer_campaign(
    *,
    by: Person,
    campaign: Campaign,
    devices: Sequence[Device],
    answer: str,
    text: str = "",
    record: UUID | None = None,
) -> list[CampaignAnswer]:
    """Say of devices of a campaign that it is done, does not apply, or that they could not be located.

    Nothing is overwritten: the newest answer counts, and `open` takes back what was said.

    Args:
        by: the acting person.
        campaign: which one.
        devices: devices listed under it.
        answer: one of `CampaignAnswer.Answer`.
        text: what was done or why; needed unless a record shows it.
        record: the signed record of the one device, made since the campaign began.

    Raises:
        BadInput: no such answer, no device or one that is not listed, neither words nor record, or the record
            is another device's, or older than the campaign.
        Conflict: the campaign is closed, a device has an open job and cannot be done, or is not reported as
            lost and cannot have been searched in vain.
    """
    if answer not in Answer.values:
        raise BadInput(f"answer: must be one of {', '.join(Answer.values)}", field="answer")
    row = _locked(campaign)
    wanted = {one.pk for one in devices}
    found = list(items(row).filter(device__in=wanted).order_by("id"))
    if not found or len(found) != len(wanted):
        raise BadInput("devices: choose of those of the campaign", field="devices")
    said = read_text("text", text, most=500, needed=record is None)
    if record is not None:
        _check_record(row, found, answer, record)
    for one in found:
        _check_answer(one, answer)
    made = CampaignAnswer.objects.bulk_create(
        CampaignAnswer(item=one, answer=answer, text=said, record=record, at=clock.now(), by=by)
        for one in found
    )
    detail = {"answer": answer, "devices": [one.device.asset for one in found]}
    audit.write("safety.answer_campaign", by=by, subject=row, detail=detail)
    return made


@action("safety.close_campaign")
def close_campaign(*, by: Person, campaign: Campaign, text: str) -> Campaign:
    """Close a campaign of which every device has its answer; those not located are named in the audit.

    Raises:
        BadInput: there is no text.
        Conflict: it is closed, a device is open or was found since, or the register has more such devices.
    """
    row, said = _locked(campaign), read_text("text", text, most=2000, needed=True)
    left = items(row).filter(now=Answer.OPEN).count()
    if left:
        raise Conflict(f"{left} devices are open", field="devices")
    lost = list(items(row).filter(now=Answer.COULD_NOT_LOCATE))
    found = [one.device.asset for one in lost if one.device.state not in LOST]
    if found:
        raise Conflict(f"found since, and open again: {', '.join(found[:10])}", field="devices")
    if unlisted(row):
        raise Conflict("more such devices have come into the register: list them first", field="devices")
    row.closed_at, row.closed_by, row.closing_text = clock.now(), by, said
    row.save(update_fields=["closed_at", "closed_by", "closing_text"])
    audit.write(
        "safety.close_campaign",
        by=by,
        subject=row,
        detail={"not_located": [one.device.asset for one in lost]},
    )
    return row


def _locked(campaign: Campaign) -> Campaign:
    row = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    if row.closed_at is not None:
        raise Conflict("this campaign is closed", field="campaign")
    return row


def _add(row: Campaign, by: Person, *, jobs: bool) -> int:
    """List the devices that are meant and not listed yet, each with its job where one is wanted."""
    meant = unlisted(row)
    if jobs and len(meant) > MOST_JOBS:
        raise BadInput(f"jobs: {len(meant)} devices are meant, and {MOST_JOBS} may have jobs", field="jobs")
    opened = {}
    if jobs:
        for device in Device.objects.filter(pk__in=meant).select_related("model").order_by("pk"):
            opened[device.pk] = open_job(by=by, device=device, text=f"{row.title}: {row.text}"[:500])
    CampaignItem.objects.bulk_create(
        (
            CampaignItem(
                campaign=row,
                device_id=pk,
                verdict=one.verdict,
                reasons=list(one.reasons),
                job=opened.get(pk),
                added_at=clock.now(),
            )
            for pk, one in sorted(meant.items())
        ),
        batch_size=500,
    )
    return len(meant)


def _check_record(row: Campaign, found: Sequence[CampaignItem], answer: str, record: UUID) -> None:
    """Refuse a record that does not show that it was done to this one device in this campaign."""
    if len(found) != 1 or answer != Answer.DONE:
        raise BadInput("record: shows what was done to one device", field="record")
    shown = Record.objects.filter(uuid=record, device=found[0].device_id, performed_at__gte=row.begun_at)
    if not shown.exists():
        raise BadInput("record: must be this device's, made since the campaign began", field="record")


def _check_answer(item: CampaignItem, answer: str) -> None:
    if answer == Answer.DONE and item.job is not None and item.job.closed_at is None:
        raise Conflict(f"{item.device.asset}: its job is open", field="devices")
    if answer == Answer.COULD_NOT_LOCATE and item.device.state not in LOST:
        message = f"{item.device.asset} is not reported as lost yet: say so on its page first"
        raise Conflict(message, field="devices")
