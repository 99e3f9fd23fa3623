"""Where procedures are found: our own specialties and outside plug-ins take the same road.

A specialty is a package named by an entry point of the group `kilter.specialties`. Its `index.json`,
written by `kilter index` and checked by the tests, lists keys and signatures, so that a list of all
procedures imports none of them and a module loads only when first run.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import json
import pkgutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from kilter.measure.citation import Citation
from kilter.measure.error import BadInput, Fault, NotFound
from kilter.measure.procedure import AnyProcedure, Procedure
from kilter.measure.signature import Signature

GROUP = "kilter.specialties"


@dataclass(frozen=True)
class Entry:
    """What is known of a procedure without importing it."""

    key: str
    version: int
    summary: str
    module: str
    attribute: str
    cites: tuple[Citation, ...]
    elementwise: bool
    uncertainty: str
    use: str
    heavy: bool
    signature: Signature
    measured: tuple[str, ...] = ()

    @property
    def specialty(self) -> str:
        """The part of the key before the dot."""
        return self.key.partition(".")[0]

    @property
    def name(self) -> str:
        """The part of the key behind the dot."""
        return self.key.partition(".")[2]

    def as_data(self) -> dict[str, Any]:
        """Give the entry as plain data for the index."""
        plain = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        plain["cites"] = [dataclasses.asdict(cite) for cite in self.cites]
        plain["signature"] = self.signature.as_data()
        if not plain.pop("measured"):
            return plain
        plain["measured"] = list(self.measured)
        return plain

    @staticmethod
    def from_data(data: dict[str, Any]) -> Entry:
        """Read what `as_data` wrote."""
        cites = tuple(Citation(**cite) for cite in data["cites"])
        read = {"cites": cites, "signature": Signature.from_data(data["signature"])}
        return Entry(**{**data, **read, "measured": tuple(data.get("measured", ()))})


@dataclass(frozen=True)
class Specialty:
    """One area of work: its folder of procedures and the data beside them."""

    key: str
    package: str
    folder: Path
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The specialty's name as people say it."""
        return str(self.about.get("name", self.key))

    @property
    def verdict_words(self) -> dict[str, str]:
        """The specialty's own words for the verdicts."""
        return dict(self.about.get("verdicts", {}))

    def data(self, kind: str, name: str) -> dict[str, Any]:
        """Read `kind/name.toml` of the folder; {} where there is none."""
        return _read_data(self.folder, kind, name)

    def names(self, kind: str) -> list[str]:
        """List the data files of one kind (`limits`, `examples`, `protocols`, `checklists`)."""
        return sorted(path.stem for path in (self.folder / kind).glob("*.toml"))

    def entries(self) -> dict[str, Entry]:
        """Give the procedures by key: from the index where one stands, else by importing the modules."""
        index = self.folder / "index.json"
        if not index.exists():
            return collect(self)
        listed = json.loads(index.read_text(encoding="utf-8"))
        return {item["key"]: Entry.from_data(item) for item in listed["procedures"]}


@cache
def _read_data(folder: Path, kind: str, name: str) -> dict[str, Any]:
    return _read_toml(folder / kind / f"{name}.toml")  # joining paths costs more than all the rest


@cache
def _read_toml(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise Fault(f"{path.name}: {error}") from error


@cache
def specialties() -> dict[str, Specialty]:
    """Give every installed specialty by key, in alphabetical order.

    Raises:
        Fault: an entry point names no package, or two claim the same key.
    """
    found: dict[str, Specialty] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda item: item.name):
        spec = importlib.util.find_spec(point.value)
        if spec is None or not spec.submodule_search_locations:
            raise Fault(f"specialty {point.name}: no package {point.value}")
        folder = Path(next(iter(spec.submodule_search_locations)))
        if point.name in found:
            if found[point.name].folder == folder:
                continue  # the same distribution seen twice on the path
            raise Fault(f"two packages claim the specialty {point.name}")
        found[point.name] = Specialty(point.name, point.value, folder, _read_toml(folder / "specialty.toml"))
    return found


@cache
def entries() -> dict[str, Entry]:
    """Give every procedure by key without importing any that is indexed."""
    return {key: entry for specialty in specialties().values() for key, entry in specialty.entries().items()}


def forget() -> None:
    """Drop what was read, after a plug-in came or went (tests, `kilter index`)."""
    for cached in (specialties, entries, find, _read_data, _read_toml):
        cached.cache_clear()


def entry(key: str) -> Entry:
    """Find a procedure's entry.

    Raises:
        NotFound: no procedure of this key; the nearest keys are named.
    """
    known = entries()
    if key in known:
        return known[key]
    import difflib

    near = difflib.get_close_matches(key[:100], known, n=3, cutoff=0.5)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    raise NotFound(f"there is no procedure {key[:100]!r}{hint}", field="procedure")


@cache
def find(key: str) -> AnyProcedure:
    """Load a procedure by key.

    Raises:
        NotFound: no such key.
        Fault: the index names something that is not there; run `kilter index`.
    """
    return load(entry(key))


def load(listed: Entry) -> AnyProcedure:
    """Load the procedure of an entry, whether or not the index knows of it yet.

    Raises:
        Fault: the entry names something that is not there; run `kilter index`.
    """
    found = getattr(importlib.import_module(listed.module), listed.attribute, None)
    if not isinstance(found, Procedure) or found.key != listed.key:
        raise Fault(f"the index of {listed.specialty} is stale: {listed.module} holds no {listed.key}")
    return found


def specialty(key: str) -> Specialty:
    """Find a specialty by key.

    Raises:
        NotFound: no such specialty is installed.
    """
    if key not in specialties():
        raise NotFound(f"there is no specialty {key[:60]!r}", field="specialty")
    return specialties()[key]


def _modules(package: str, folder: Path) -> Iterator[Any]:
    for item in pkgutil.iter_modules([str(folder)]):
        if not item.ispkg and not item.name.startswith("_"):
            yield importlib.import_module(f"{package}.{item.name}")


def collect(special: Specialty) -> dict[str, Entry]:
    """Import every module of a specialty and list the procedures declared there.

    Raises:
        BadInput: a key outside the specialty, or declared twice.
    """
    found: dict[str, Entry] = {}
    for module in _modules(special.package, special.folder):
        for attribute, value in vars(module).items():
            if not isinstance(value, Procedure) or value.function.__module__ != module.__name__:
                continue
            if value.specialty != special.key or value.key in found:
                raise BadInput(
                    f"{module.__name__}: the key {value.key} is not this specialty's, or stands twice"
                )
            found[value.key] = _entry_of(value, module.__name__, attribute)
    return dict(sorted(found.items()))


def _entry_of(declared: AnyProcedure, module: str, attribute: str) -> Entry:
    return Entry(
        key=declared.key,
        version=declared.version,
        summary=declared.summary,
        module=module,
        attribute=attribute,
        cites=declared.cites,
        elementwise=declared.elementwise,
        uncertainty=declared.uncertainty,
        use=declared.use,
        heavy=declared.heavy,
        signature=declared.signature,
        measured=tuple(declared.measured_kinds),
    )
