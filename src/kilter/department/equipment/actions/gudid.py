"""Models completed, and entered where that is asked, from what their makers declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kilter.department.equipment.actions.catalogue import add_model, edit_model, set_model_codes
from kilter.department.equipment.gudid import Plan, plan
from kilter.department.ledger import audit
from kilter.department.ledger.texts import text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.formats.gudid import GudidDevice, GudidProblem


@action("equipment.import_gudid")
def import_gudid(
    *,
    by: Person,
    records: Iterable[GudidDevice | GudidProblem],
    source: str,
    new: Mapping[str, str] | None = None,
    maker: str = "",
) -> Plan:
    """Complete the register's models by their device identifier; all of a file or nothing.

    What a person typed stays as it is.

    Args:
        by: the acting person.
        records: as `plan` takes them; of a large file only those that it gave, so that nothing else waits
            while the file is read.
        source: where the file comes from.
        new: as `plan` takes it.
        maker: as `plan` takes it.

    Returns:
        What was done, and what there is to know.

    Raises:
        BadInput: the file cannot be read to its end, or a field will not do.
        Conflict: a model that would be entered was entered meanwhile.
    """
    source = text("source", source, most=300, needed=True)
    made = plan(records, new=new, maker=maker)
    for model, changes, codes in made.completed:
        if changes:
            edit_model(by=by, model=model, changes=changes)
        if codes is not None:
            set_model_codes(by=by, model=model, codes=codes)
    for fields, more in made.entered:
        entered = add_model(by=by, fields=fields)
        if more:
            set_model_codes(by=by, model=entered, codes=more)
    detail = {"source": source, "completed": len(made.completed), "entered": len(made.entered)}
    audit.write("equipment.import_gudid", by=by, detail=detail, count=made.devices)
    return made
