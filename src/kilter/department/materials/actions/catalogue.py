"""Products, and which tests their lots have."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text
from kilter.department.materials.custody import needs
from kilter.department.materials.decaying import check_nuclide
from kilter.department.materials.figures import number
from kilter.department.materials.models import Product, TestRule
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.measure.error import BadInput, Conflict
from kilter.measure.registry import entry

KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
SECOND = ("receive", "elute", "prepare", "correct_test", "release", "dispense", "administer", "dispose")
"""Verbs for which a site may ask a second person; at `release` it is another than who made the lot."""

NUMBERS = ("shelf_hours", "largest_activity", "largest_volume", "dead_volume")


@action("materials.add_product")
def add_product(
    *,
    by: Person,
    key: str,
    name: str,
    kind: str,
    nuclide: str = "",
    gives: Product | None = None,
    unit: str = "",
    most_doses: int = 0,
    leak_test_days: int = 0,
    second_person: Sequence[str] = (),
    figures: Mapping[str, float] | None = None,
) -> Product:
    """Enter a product.

    Args:
        by: the acting person.
        key: short, lower case, unique.
        name: as people call it.
        kind: a `Product.Kind`.
        nuclide: of its lots; of a generator the parent, of a kit the one it takes.
        gives: of a generator, the product of its eluates.
        unit: in which amounts are counted, such as `kit`.
        most_doses: of one lot; 0 where nothing is said.
        leak_test_days: between two leak tests of a sealed source; 0 where it has none.
        second_person: verbs that a second person confirms.
        figures: `shelf_hours`, `largest_activity` (MBq), `largest_volume` and `dead_volume` (mL).

    Raises:
        BadInput: a field is not as it must be.
        Conflict: the key is taken.
    """
    needs(isinstance(key, str) and KEY.fullmatch(key), "key", "must be lower case letters, figures and _")
    needs(kind in Product.Kind.values, "kind", f"must be one of {', '.join(Product.Kind.values)}")
    if kind == Product.Kind.GENERATOR:
        needs(gives is not None and gives.nuclide and nuclide, "gives", "a generator names its eluate")
    strange = set(second_person) - set(SECOND)
    needs(not strange, "second_person", f"must be among {', '.join(SECOND)}")
    if Product.objects.filter(key=key).exists():
        raise Conflict(f"there is a product {key} already", field="key")
    given = dict(figures or {})
    needs(set(given) <= set(NUMBERS), "figures", f"must be among {', '.join(NUMBERS)}")
    product = Product.objects.create(
        key=key,
        name=text("name", name, most=120, needed=True),
        kind=kind,
        nuclide=check_nuclide(nuclide),
        gives=gives,
        unit=text("unit", unit, most=20),
        most_doses=_count("most_doses", most_doses),
        leak_test_days=_count("leak_test_days", leak_test_days),
        second_person=sorted(set(second_person)),
        entered_by=by,
        entered_at=clock.now(),
        **{field: number(field, value) for field, value in given.items()},
    )
    audit.write("materials.add_product", by=by, subject=product, detail={"key": key})
    return product


def _count(field: str, given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= 10_000:
        raise BadInput(f"{field}: must be a whole number from 0 to 10000", field=field)
    return given


@action("materials.set_test_rule")
def set_test_rule(
    *,
    by: Person,
    product: Product,
    procedure: str,
    when: str,
    every_hours: float = 0.0,
    fixed: Mapping[str, Any] | None = None,
) -> TestRule:
    """Say that lots of a product have a test; an earlier rule for the same test ends.

    Args:
        by: the acting person.
        product: whose lots.
        procedure: key of the procedure that is the test.
        when: a `TestRule.When`.
        every_hours: of a periodical test, how often.
        fixed: inputs that the product decides, such as the pair of nuclides.

    Raises:
        BadInput: there is no such input, or no interval.
        NotFound: there is no such procedure.
    """
    needs(when in TestRule.When.values, "when", f"must be one of {', '.join(TestRule.When.values)}")
    listed, given = entry(procedure), dict(fixed or {})
    strange = sorted(set(given) - {one.name for one in listed.signature.inputs})
    needs(not strange, "fixed", f"{procedure} has no input {', '.join(strange)}")
    periodical = when == TestRule.When.PERIODICALLY
    hours = number("every_hours", every_hours, above=0.0) if periodical else 0.0
    locked = Product.objects.select_for_update(of=("self",)).get(pk=product.pk)
    TestRule.objects.filter(product=locked, test=procedure, ended_at=None).update(ended_at=clock.now())
    rule = TestRule.objects.create(
        product=locked,
        test=procedure,
        when=when,
        every_hours=hours,
        fixed=given,
        set_by=by,
        set_at=clock.now(),
    )
    detail = {"test": procedure, "when": when, "every_hours": hours}
    audit.write("materials.set_test_rule", by=by, subject=product, detail=detail)
    return rule


@action("materials.end_test_rule")
def end_test_rule(*, by: Person, rule: TestRule, reason: str) -> TestRule:
    """End the rule of a test, with a reason.

    Raises:
        BadInput: there is no reason.
        Conflict: it was ended before.
    """
    words = text("reason", reason, most=300, needed=True)
    row = TestRule.objects.select_for_update(of=("self",)).select_related("product").get(pk=rule.pk)
    if row.ended_at is not None:
        raise Conflict("this rule was ended before", field="rule")
    row.ended_at = clock.now()
    row.save(update_fields=["ended_at"])
    detail = {"test": row.test, "when": row.when, "reason": words}
    audit.write("materials.end_test_rule", by=by, subject=row.product, detail=detail)
    return row
