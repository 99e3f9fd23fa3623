"""The founding of a department: the first head, made without a gate because nobody could pass it yet."""

from __future__ import annotations

from django.db import transaction

from kilter.department.ledger import audit, clock
from kilter.department.people.actions import new_person
from kilter.department.people.models import Person, Role, RoleHeld
from kilter.measure.error import Conflict


def found_department(*, username: str, display_name: str, password: str) -> Person:
    """Open the first account, as head of department. Possible only while there is no person.

    The row of the role is locked meanwhile, so that two foundings at once leave one head.

    Raises:
        Conflict: there is somebody already.
        BadInput: the name or the password will not do.

    """
    with transaction.atomic():
        role = Role.objects.select_for_update().get(key="head_of_department")
        if Person.objects.exists():
            raise Conflict("the department has people already; its head opens further accounts")
        head = new_person(username=username, display_name=display_name, password=password)
        RoleHeld.objects.create(person=head, role=role, valid_from=clock.now())
        audit.write("people.found_department", by=None, subject=head)
        return head
