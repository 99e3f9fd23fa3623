"""The people of the demonstration hospital: accounts whose passwords are printed, roles, authorisations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from kilter.department.ledger import clock
from kilter.department.people import actions
from kilter.department.people.actions import Grant
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.founding import found_department
from kilter.department.people.models import Person


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the demo: its password and PIN are no secret, because a demo listens on loopback only."""

    username: str
    display_name: str
    role: str
    password: str
    pin: str
    level: str = ""
    shown: bool = True
    also: str = ""


ACCOUNTS: tuple[Account, ...] = (
    Account("head", "Harriet Coldwell", "head_of_department", "amber-lathe-71", "2580", "expert"),
    Account("lead", "Leo Marchetti", "lead_engineer", "copper-vernier-38", "1470", "expert"),
    Account("tech", "Tamsin Okoro", "technologist", "silver-caliper-52", "3690", "independent"),
    Account("safety", "Sunita Barlow", "safety_officer", "scarlet-beacon-17", "8642"),
    Account("oncall", "Owen Prideaux", "on_call", "indigo-lantern-64", "7913", "trainee", also="trainee"),
    Account("trainee", "Tilda Ferris", "trainee", "green-sapling-29", "5208", "trainee"),
    Account("ward", "Wilma Achterberg", "ward_viewer", "violet-clipboard-83", "6174"),
    Account("nm", "Nadia Rosewarne", "nuclear_technologist", "opal-tracer-36", "7305", "independent"),
    Account("doctor", "Dorothea Lindqvist", "practitioner", "ivory-lantern-82", "4628"),
    Account("lead2", "Lorna Whitcombe", "lead_engineer", "bronze-gimbal-46", "4931", "expert", shown=False),
    Account("engineer1", "Edwin Salko", "engineer", "pewter-gasket-95", "2846", "independent", shown=False),
    Account("engineer2", "Esme Haldane", "engineer", "cobalt-bushing-13", "9157", "independent", shown=False),
    Account("engineer3", "Elias Norrby", "engineer", "walnut-flange-57", "3718", "independent", shown=False),
    Account(
        "tech2", "Tobias Renner", "technologist", "marble-sprocket-24", "6049", "independent", shown=False
    ),
    Account(
        "nuclear",
        "Noor Halvorsen",
        "nuclear_technologist",
        "amethyst-beaker-31",
        "5927",
        "independent",
        shown=False,
    ),
    Account("practitioner", "Petra Lindqvist", "practitioner", "juniper-stylus-86", "7305", shown=False),
    Account("tech3", "Thea Dunmore", "technologist", "cedar-spindle-68", "1836", "independent", shown=False),
)
"""Everybody, the head first: whoever founds the department opens the other accounts."""

SIGNERS = ("tech", "tech2", "tech3", "engineer1", "engineer2", "engineer3", "lead2")
"""Who signs the routine."""

AUTHORISED_FOR = timedelta(days=730)
"""How long an authorisation holds before it is given anew."""


def accounts() -> tuple[Account, ...]:
    """Give the accounts that the log-in page shows: those of a demo, and none anywhere else."""
    return tuple(one for one in ACCOUNTS if one.shown) if settings.KILTER.demo else ()


@dataclass
class Staff:
    """The people by login name."""

    people: dict[str, Person]

    def __getitem__(self, username: str) -> Person:
        """Give one of them."""
        return self.people[username]

    @property
    def signers(self) -> list[Person]:
        """Those who sign the routine."""
        return [self.people[name] for name in SIGNERS]


def confirmation(person: Person) -> Confirmation:
    """Say for somebody that they have just typed their PIN, at the instant on the clock."""
    return Confirmation(person.uuid, clock.now(), "pin")


def found() -> Staff:
    """Found the department, open the accounts and give the roles; the head may already be there."""
    first = ACCOUNTS[0]
    head = found_department(username=first.username, display_name=first.display_name, password=first.password)
    people = {first.username: head}
    actions.set_pin(by=head, pin=first.pin)
    for one in ACCOUNTS[1:]:
        person = actions.create_person(
            by=head, username=one.username, display_name=one.display_name, password=one.password
        )
        for role in filter(None, (one.role, one.also)):
            actions.grant_role(by=head, person=person, role=role)
        actions.set_pin(by=person, pin=one.pin)
        people[one.username] = person
    # The lead engineer authorises the head, who cannot authorise herself.
    authorise(Staff(people), clock.now())
    return Staff(people)


def authorise(staff: Staff, instant: datetime) -> None:
    """Authorise everybody for two years from the instant on the clock, as on going live."""
    lines = [
        Grant(person=staff[one.username], scope_kind="all", level=one.level, until=instant + AUTHORISED_FOR)
        for one in ACCOUNTS
        if one.level
    ]
    head, lead = staff["head"], staff["lead"]
    others = [line for line in lines if line.person.pk != head.pk]
    actions.authorise_in_bulk(by=head, grants=others, reason="Authorised for two years")
    own = next(line for line in lines if line.person.pk == head.pk)
    actions.authorise(
        by=lead, person=head, scope_kind=own.scope_kind, level=own.level, until=own.until, reason="As lead"
    )
