"""The account that stands behind the report page of the wards: nobody can log in with it."""

from __future__ import annotations

from django.db import transaction

from kilter.department.ledger import audit, clock
from kilter.department.people.models import Person, Role, RoleHeld
from kilter.measure.error import NotPermitted

USERNAME = "ward report page"
"""No login name may hold a space, so that no person's account can be taken for it."""
ROLE = "ward_report_page"


def ward_account() -> Person:
    """Give the account by which the report page acts, made when it is first needed.

    It has no password and one role, that of reporting faults. A head who closes it, or ends its role,
    turns the report page off.

    Raises:
        NotPermitted: the department was not founded yet.
    """
    found = Person.objects.filter(username=USERNAME).first()
    if found is not None:
        return found
    with transaction.atomic():
        role = Role.objects.select_for_update().get(key=ROLE)
        if not Person.objects.exists():
            raise NotPermitted("the department was not founded yet")
        account, new = Person.objects.get_or_create(
            username=USERNAME,
            defaults={"display_name": "Ward (report page)", "joined_at": clock.now(), "password": "!"},
        )
        if new:
            RoleHeld.objects.create(person=account, role=role, valid_from=clock.now())
            audit.write("people.open_report_page", by=None, subject=account)
        return account
