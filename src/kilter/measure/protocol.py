"""Protocols: ordered lists of procedures and checklists that make up one visit to a device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kilter.measure.checklist import Checklist, checklist
from kilter.measure.error import Fault, NotFound
from kilter.measure.registry import Entry, entries, entry, specialties, specialty


@dataclass(frozen=True)
class Step:
    """One step of a protocol.

    Attributes:
        key: unique within the protocol.
        procedure: key of a procedure, or "" where `checklist` names a checklist.
        checklist: key of a checklist, or "".
        optional: may be left out without the visit being incomplete.
        when: the step applies where the device's context has one of these values.
        given: inputs that the device's context fills in: {input: context name}.
        preset: inputs with a fixed value.
    """

    key: str
    procedure: str = ""
    checklist: str = ""
    optional: bool = False
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    preset: Mapping[str, Any] = field(default_factory=dict)

    @property
    def entry(self) -> Entry:
        """The entry of the procedure or checklist."""
        return entry(self.procedure) if self.procedure else self.listed.entry

    @property
    def listed(self) -> Checklist:
        """The checklist of this step."""
        return checklist(self.checklist)

    def applies(self, context: Mapping[str, object]) -> bool:
        """Say whether the step is for a device with this context."""
        return all(str(context.get(name, "")) in allowed for name, allowed in self.when.items())

    def filled(self, context: Mapping[str, object]) -> dict[str, Any]:
        """Give the inputs that need not be asked for."""
        known = {name: context[source] for name, source in self.given.items() if context.get(source)}
        return {**self.preset, **known}


@dataclass(frozen=True)
class Protocol:
    """An ordered list of steps; `device_kinds` names the kinds it is made for (`*` for all).

    With `needs_instrument`, nothing is signed without naming a test instrument in calibration. One that is
    `by_users` is a check that those do who use the device, before they use it and on each day: it finds what
    is wrong, and stands for no test of the workshop.
    """

    key: str
    title: str
    version: int
    about: str
    steps: tuple[Step, ...]
    device_kinds: tuple[str, ...] = ("*",)
    needs_instrument: bool = False
    by_users: bool = False

    @property
    def specialty(self) -> str:
        """The part of the key before the dot."""
        return self.key.partition(".")[0]

    def steps_for(self, context: Mapping[str, object]) -> tuple[Step, ...]:
        """Give the steps that apply to a device with this context."""
        return tuple(step for step in self.steps if step.applies(context))

    def fits(self, device_kind: str) -> bool:
        """Say whether the protocol is made for a kind of device."""
        return "*" in self.device_kinds or device_kind in self.device_kinds


def protocol(key: str) -> Protocol:
    """Find a protocol by key `specialty.name`; a procedure's own key gives a protocol of one step.

    Raises:
        NotFound: there is neither.
    """
    area, _, name = key.partition(".")
    if area in specialties() and (data := specialty(area).data("protocols", name)):
        return read_protocol(key, data)
    if key in entries():
        from kilter.measure.words import title

        return Protocol(key, title(entry(key)), entry(key).version, "", (Step(name, procedure=key),))
    raise NotFound(f"there is no protocol {key[:100]!r}", field="protocol")


def read_protocol(key: str, data: Mapping[str, Any]) -> Protocol:
    """Read a protocol from its data.

    Raises:
        Fault: a step names neither or both of procedure and checklist, or two steps share a key.
    """
    steps = tuple(_step(key, row) for row in data.get("step", ()))
    if not steps or len({step.key for step in steps}) != len(steps):
        raise Fault(f"the protocol {key} has no steps, or two of one key")
    return Protocol(
        key,
        str(data.get("title", key)),
        int(data.get("version", 1)),
        str(data.get("about", "")),
        steps,
        tuple(data.get("device_kinds", ("*",))),
        bool(data.get("needs_instrument", False)),
        bool(data.get("by_users", False)),
    )


def _step(key: str, row: Mapping[str, Any]) -> Step:
    if bool(row.get("procedure")) == bool(row.get("checklist")) or "key" not in row:
        raise Fault(f"a step of {key} names a procedure or a checklist, and a key")
    listed = str(row.get("checklist", ""))
    return Step(
        key=str(row["key"]),
        procedure=str(row.get("procedure", "")),
        checklist=f"{key.partition('.')[0]}.{listed}" if listed else "",
        optional=bool(row.get("optional", False)),
        when={name: tuple(values) for name, values in row.get("when", {}).items()},
        given=dict(row.get("given", {})),
        preset=dict(row.get("preset", {})),
    )


def shipped_protocols() -> tuple[Protocol, ...]:
    """List every protocol that the installed specialties ship."""
    return tuple(
        read_protocol(f"{area.key}.{name}", area.data("protocols", name))
        for area in specialties().values()
        for name in area.names("protocols")
    )


def user_checks() -> tuple[Protocol, ...]:
    """List the shipped checks that those do who use a device."""
    return tuple(one for one in shipped_protocols() if one.by_users)


def is_user_check(key: str) -> bool:
    """Say whether a key is that of a shipped check by those who use a device; reads one file at most."""
    area, _, name = key.partition(".")
    return area in specialties() and bool(specialty(area).data("protocols", name).get("by_users", False))
