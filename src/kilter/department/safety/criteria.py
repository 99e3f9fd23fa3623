"""What an alert is about: maker, models, lots, serial numbers, software, UDI-DI; read from lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kilter.department.ledger.texts import text as read_text
from kilter.department.safety.spans import Numbers, VersionSpan, read_number_span, read_version_span
from kilter.measure.error import BadInput

MOST_LINES = 2000
FIELDS = ("makers", "models", "lots", "serials", "software", "udi_dis", "codes")
"""Names of the lists, in the order of the form."""


@dataclass(frozen=True, slots=True, eq=False)
class Criteria:
    """What devices an alert means. An empty list says that the alert does not tell them apart by it.

    Lots and serial numbers both name single units: a device is meant where one of the two does. `codes` are
    of a nomenclature, each with its system (`GMDN 13215`).
    """

    makers: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    lots: Numbers = field(default_factory=lambda: Numbers(()))
    serials: Numbers = field(default_factory=lambda: Numbers(()))
    software: tuple[VersionSpan, ...] = ()
    udi_dis: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()

    @property
    def of_models(self) -> bool:
        """Say whether it tells devices apart by their model alone: all devices of a model fare alike."""
        return not (self.lots or self.serials or self.software or self.udi_dis)

    def as_lists(self) -> dict[str, list[str]]:
        """Give the lists as they were written."""
        return {
            "makers": list(self.makers),
            "models": list(self.models),
            "lots": [one.text for one in self.lots.spans],
            "serials": [one.text for one in self.serials.spans],
            "software": [one.text for one in self.software],
            "udi_dis": list(self.udi_dis),
            "codes": list(self.codes),
        }


def read_criteria(given: Mapping[str, object]) -> Criteria:
    """Read criteria from lists of texts, or from texts with one entry on each line.

    Raises:
        BadInput: a list is unknown, too long or cannot be compared, or no maker is said.
    """
    if not isinstance(given, Mapping) or set(given) - set(FIELDS):
        raise BadInput(f"criteria: must be lists under {', '.join(FIELDS)}", field="criteria")
    lists = {name: _lines(name, given.get(name, ())) for name in FIELDS}
    made = Criteria(
        makers=lists["makers"],
        models=lists["models"],
        lots=Numbers(read_number_span("lots", one) for one in lists["lots"]),
        serials=Numbers(read_number_span("serials", one) for one in lists["serials"]),
        software=tuple(read_version_span("software", one) for one in lists["software"]),
        udi_dis=tuple(one.upper().replace(" ", "") for one in lists["udi_dis"]),
        codes=tuple(" ".join(one.split()).upper() for one in lists["codes"]),
    )
    if not made.makers:
        raise BadInput("makers: say at least one", field="makers")
    if any(len(one) < 6 for one in made.udi_dis):
        raise BadInput("udi_dis: a device identifier has at least six characters", field="udi_dis")
    if any(" " not in one for one in made.codes):
        raise BadInput("codes: write the nomenclature, a space and the code: GMDN 13215", field="codes")
    return made


def _lines(name: str, given: object) -> tuple[str, ...]:
    """Read the entries of a list, each once, in their order."""
    if isinstance(given, str):
        given = given.splitlines()
    if not isinstance(given, list | tuple) or len(given) > MOST_LINES:
        raise BadInput(f"{name}: must be a list of up to {MOST_LINES} texts", field=name)
    read = (read_text(name, one, most=120) for one in given)
    return tuple(dict.fromkeys(one for one in read if one))
