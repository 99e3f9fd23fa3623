"""Places: added and renamed; the words of what stands in them follow."""

from __future__ import annotations

from kilter.department.equipment import search
from kilter.department.equipment.fields import choice
from kilter.department.equipment.models import PATH_STEP, Device, Location
from kilter.department.equipment.queries import within
from kilter.department.ledger import audit
from kilter.department.ledger.texts import text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.measure.error import BadInput, Conflict

DEEPEST = 12


@action("equipment.add_location")
def add_location(*, by: Person, name: str, kind: str, parent: Location | None = None) -> Location:
    """Add a place to the tree.

    Raises:
        BadInput: name or kind will not do, or the tree would be deeper than twelve.
        Conflict: there is one of this name in the same place.
    """
    name = text("name", name, most=120, needed=True)
    kind = choice("kind", kind, Location.Kind)
    above = parent.path if parent else ""
    if len(above) >= DEEPEST * PATH_STEP:
        raise BadInput(f"parent: places stand at most {DEEPEST} deep", field="parent")
    _is_free(name, parent)
    place = Location.objects.create(name=name, kind=kind, parent=parent)
    place.path = f"{above}{place.pk:0{PATH_STEP}d}"
    place.save(update_fields=["path"])
    audit.write("equipment.add_location", by=by, subject=place, detail={"name": name, "kind": kind})
    return place


@action("equipment.rename_location")
def rename_location(*, by: Person, location: Location, name: str) -> Location:
    """Give a place another name.

    Raises:
        BadInput: the name will not do.
        Conflict: there is one of this name in the same place.
    """
    place = Location.objects.select_for_update().get(pk=location.pk)
    name = text("name", name, most=120, needed=True)
    if name != place.name:
        _is_free(name, place.parent)
    detail = {"before": place.name, "after": name}
    place.name = name
    place.save(update_fields=["name"])
    search.index(Device.objects.filter(within(place)).values_list("pk", flat=True))
    audit.write("equipment.rename_location", by=by, subject=place, detail=detail)
    return place


def _is_free(name: str, parent: Location | None) -> None:
    """Refuse a second place of a name in the same place."""
    if Location.objects.filter(parent=parent, name=name).exists():
        raise Conflict(f"there is a place called {name} there already", field="name")
