"""Stores of parts: what comes in, what goes to a job, what comes back, and what was counted otherwise."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Sum

from kilter.department.equipment.models import Location
from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text as read_text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.work.amounts import money, pieces
from kilter.department.work.course import ENDED
from kilter.department.work.models import Job, Part, Stock, StockMove, Store
from kilter.department.work.step import locked, refuse_quarantined
from kilter.measure.error import BadInput, Conflict


@action("work.add_store")
def add_store(*, by: Person, name: str, location: Location | None = None) -> Store:
    """Add a store of parts.

    Raises:
        BadInput: the name is missing.
        Conflict: there is one of this name.
    """
    read = read_text("name", name, most=120, needed=True)
    if Store.objects.filter(name=read).exists():
        raise Conflict(f"there is a store called {read} already", field="name")
    store = Store.objects.create(name=read, location=location)
    audit.write("work.add_store", by=by, subject=store, detail={"name": read})
    return store


@action("work.add_part")
def add_part(*, by: Person, number: str, name: str, maker: str, reorder_level: int = 0) -> Part:
    """Enter a kind of part.

    Raises:
        BadInput: a text is missing, or the level is no number of pieces.
        Conflict: the maker's number is entered already.
    """
    read = {
        "number": read_text("number", number, most=60, needed=True),
        "maker": read_text("maker", maker, most=120, needed=True),
    }
    if Part.objects.filter(**read).exists():
        raise Conflict(f"the part {read['number']} is entered already", field="number")
    part = Part.objects.create(
        **read,
        name=read_text("name", name, most=120, needed=True),
        reorder_level=pieces("reorder_level", reorder_level, least=0),
    )
    audit.write("work.add_part", by=by, subject=part, detail=read)
    return part


@action("work.receive_part")
def receive_part(
    *,
    by: Person,
    part: Part,
    store: Store,
    quantity: int,
    lot: str = "",
    expires: date | None = None,
    unit_cost: str = "",
) -> StockMove:
    """Take parts into a store.

    Raises:
        BadInput: no number of pieces, no amount of money, or another expiry than this lot has.
    """
    n, cost, lot = pieces("quantity", quantity), money("unit_cost", unit_cost), read_text("lot", lot, most=60)
    stock, new = Stock.objects.get_or_create(part=part, store=store, lot=lot, defaults={"expires": expires})
    if not new and stock.expires != expires:
        known = stock.expires.isoformat() if stock.expires else "none"
        raise BadInput(f"expires: this lot is here with the expiry {known}", field="expires")
    return _moved(stock, StockMove.Kind.RECEIPT, n, by, "work.receive_part", unit_cost=cost)


@action("work.issue_part")
def issue_part(*, by: Person, job: Job, stock: Stock, quantity: int) -> StockMove:
    """Issue parts of one lot to a job.

    Raises:
        BadInput: no number of pieces, or more than there are.
        Conflict: the job has ended, the lot has expired, or the device is quarantined.
    """
    row, n = locked(job), pieces("quantity", quantity)
    if row.state in ENDED:
        raise Conflict(f"the job is {row.state}", field="state")
    refuse_quarantined(row.device)
    today = clock.now().astimezone(ZoneInfo(settings.SITE_ZONE)).date()
    if stock.expires is not None and stock.expires < today:
        raise Conflict(f"this lot expired on {stock.expires:%d %b %Y}", field="stock")
    return _moved(stock, StockMove.Kind.ISSUE, -n, by, "work.issue_part", job=row)


@action("work.return_part")
def return_part(*, by: Person, job: Job, stock: Stock, quantity: int, reason: str) -> StockMove:
    """Bring parts back that a job did not need.

    Raises:
        BadInput: no number of pieces, more than the job took, or no reason.
    """
    row, n = locked(job), pieces("quantity", quantity)
    used = -(StockMove.objects.filter(job=row, stock=stock).aggregate(n=Sum("quantity"))["n"] or 0)
    if n > used:
        raise BadInput(f"quantity: this job has {used} of them", field="quantity")
    why = read_text("reason", reason, most=300, needed=True)
    return _moved(stock, StockMove.Kind.RETURNED, n, by, "work.return_part", job=row, reason=why)


@action("work.correct_stock")
def correct_stock(*, by: Person, stock: Stock, counted: int, reason: str) -> StockMove:
    """Put the number right after a count, with a reason: broken, expired and thrown away, found.

    Raises:
        BadInput: no number of pieces, or no reason.
        Conflict: the number is right already.
    """
    row = Stock.objects.select_for_update(of=("self",)).get(pk=stock.pk)
    change = pieces("counted", counted, least=0) - row.quantity
    if not change:
        raise Conflict(f"there are {row.quantity} already", field="counted")
    why = read_text("reason", reason, most=300, needed=True)
    return _moved(row, StockMove.Kind.CORRECTION, change, by, "work.correct_stock", reason=why)


def _moved(stock: Stock, kind: str, change: int, by: Person, activity: str, **fields: object) -> StockMove:
    """Change the number under a lock and write the movement; it never falls below nothing."""
    row = Stock.objects.select_for_update(of=("self",)).select_related("part").get(pk=stock.pk)
    if row.quantity + change < 0:
        raise BadInput(f"quantity: there are only {row.quantity} in this store", field="quantity")
    row.quantity += change
    row.save(update_fields=["quantity"])
    move = StockMove(stock=row, kind=kind, quantity=change, by=by, at=clock.now(), **fields)
    move.save()
    audit.write(activity, by=by, subject=row.part, detail={"change": change, "left": row.quantity})
    return move
