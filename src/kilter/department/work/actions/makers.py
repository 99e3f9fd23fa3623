"""Queries with makers: asked, answered, gone on with. Nothing is ever changed."""

from __future__ import annotations

from kilter.department.equipment.models import DeviceModel
from kilter.department.ledger import audit, clock
from kilter.department.ledger.models import StoredFile
from kilter.department.ledger.texts import text as read_text
from kilter.department.patients.free_text import names_nobody
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.work.models import Job, MakerMessage, MakerQuery
from kilter.measure.error import BadInput

TEXT_MOST = 10_000


@action("work.ask_maker")
def ask_maker(
    *,
    by: Person,
    model: DeviceModel,
    subject: str,
    text: str,
    whom: str,
    job: Job | None = None,
    file: StoredFile | None = None,
    name: str = "",
) -> MakerQuery:
    """Begin a query with the maker of a model: what was asked, of whom.

    Args:
        by: the acting person.
        model: the model.
        subject: in a few words.
        text: what was written; nothing about a patient.
        whom: to whom it went.
        job: because of which job, of a device of this model.
        file: what was sent along, already stored, and
        name: how it is called.

    Raises:
        BadInput: a text is missing or looks like a patient's details, or the job is of another model.
    """
    if job is not None and job.device.model_id != model.pk:
        raise BadInput("job: it is of another model", field="job")
    title = read_text("subject", subject, most=200, needed=True)
    names_nobody("subject", title)
    query = MakerQuery.objects.create(model=model, job=job, subject=title, at=clock.now(), by=by)
    _written(query, by, text, whom, file, name, from_maker=False)
    audit.write("work.ask_maker", by=by, subject=query, detail={"model": str(model)})
    return query


@action("work.add_to_maker_query")
def add_to_maker_query(
    *,
    by: Person,
    query: MakerQuery,
    text: str,
    whom: str,
    from_maker: bool,
    file: StoredFile | None = None,
    name: str = "",
) -> MakerMessage:
    """Add to a query what the maker answered, or what we wrote again, which opens it again.

    Args:
        by: who writes it down.
        query: the query.
        text: what was written; nothing about a patient.
        whom: who answered, or to whom we wrote.
        from_maker: whether it is the maker's.
        file: what came or went along, already stored, and
        name: how it is called.

    Raises:
        BadInput: a text is missing or looks like a patient's details.
    """
    message = _written(query, by, text, whom, file, name, from_maker=from_maker)
    detail = {"query": query.subject, "from_maker": from_maker}
    audit.write("work.add_to_maker_query", by=by, subject=message, detail=detail)
    return message


def _written(
    query: MakerQuery,
    by: Person,
    words: str,
    whom: str,
    file: StoredFile | None,
    name: str,
    *,
    from_maker: bool,
) -> MakerMessage:
    """Write one message."""
    read = {
        "text": read_text("text", words, most=TEXT_MOST, needed=True),
        "whom": read_text("whom", whom, most=120, needed=True),
        "name": read_text("name", name, most=200),
    }
    for field, given in read.items():
        names_nobody(field, given)
    return MakerMessage.objects.create(
        query=query, from_maker=from_maker, file=file, at=clock.now(), by=by, **read
    )
