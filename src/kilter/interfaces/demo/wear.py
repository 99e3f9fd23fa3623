"""How devices age: what a safety tester would read on one of them, and when it fails."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kilter.interfaces.demo.catalogue import Kind
from kilter.measure.protocol import protocol

SAFETY = "medical_engineering.iec_62353"
AGEING = 6.0
"""Years over which the chance of a failure grows e-fold."""

FAULTS = ("earth", "leakage", "visual", "function")
FAULT_SHARES = (0.28, 0.14, 0.33, 0.25)

LIMITS = {"I": 500.0, "II": 100.0}
"""Where equipment leakage is driven beyond, in uA, when a device is drawn to fail by it."""


@dataclass
class Condition:
    """What one device would show today.

    Attributes:
        earth: resistance of the protective earth, in ohm.
        leakage: equipment leakage, in uA, when new.
        creep: its growth a year, in uA; most devices have hardly any.
        applied: leakage of the applied part, in uA.
        fault: what is broken, "" where nothing is.
        repaired: years of age at the last repair that put creeping leakage right.
    """

    earth: float
    leakage: float
    creep: float
    applied: float
    fault: str = ""
    repaired: float = 0.0


def new_condition(rng: np.random.Generator, kind: Kind, equipment_class: str) -> Condition:
    """Draw a device as it is when new; about one in forty creeps towards its limit."""
    top = LIMITS[equipment_class]
    leakage = min(kind.leakage * math.exp(0.25 * rng.standard_normal()), 0.6 * top)
    drifts = rng.random() < 0.025
    return Condition(
        earth=0.05 + 0.04 * rng.gamma(2.0, 0.6),
        leakage=leakage if equipment_class == "I" else min(leakage, 60.0),
        creep=(top - leakage) / 9.0 if drifts else 0.3 * rng.random(),
        applied=4.0 + 3.0 * rng.gamma(2.0, 1.0),
    )


def fails(rng: np.random.Generator, kind: Kind, age: float) -> bool:
    """Draw whether a device of an age in years has something broken at its test."""
    return bool(rng.random() < min(0.3, kind.failing * math.exp(age / AGEING)))


def draw_fault(rng: np.random.Generator, equipment_class: str) -> str:
    """Draw what is broken; a class II device has no earth that could be."""
    fault = FAULTS[int(rng.choice(len(FAULTS), p=FAULT_SHARES))]
    return "visual" if fault == "earth" and equipment_class == "II" else fault


class Bench:
    """Types what a tester shows, to the digits that it has."""

    def __init__(self) -> None:
        """Read the protocol's checklists once."""
        self.lists = {step.key: tuple(step.listed.items) for step in protocol(SAFETY).steps if step.checklist}

    def typed(
        self, rng: np.random.Generator, kind: Kind, model: Any, condition: Condition, age: float
    ) -> dict[str, Mapping[str, Any]]:
        """Give what is typed at a safety test, by step of the protocol.

        Args:
            rng: where scatter comes from.
            kind: the kind of device.
            model: its model: class, applied part and cord decide the steps.
            condition: the device.
            age: in years.
        """
        steps: dict[str, Mapping[str, Any]] = {
            "visual_inspection": self._checked("visual_inspection", condition.fault == "visual", rng)
        }
        if model.equipment_class == "I":
            steps["protective_earth"] = _reading("reading", _earth(rng, condition), kind, "0.004")
        top = LIMITS[model.equipment_class]
        current = condition.leakage + condition.creep * (age - condition.repaired)
        if condition.fault == "leakage":
            current = top * (1.05 + 0.4 * rng.random())
        current *= 1 + 0.03 * rng.standard_normal()
        leak = _reading("current", f"{max(1, round(current))}", kind, "2")
        steps["equipment_leakage"] = {**leak, "inputs": {**leak["inputs"], "method": "direct"}}
        if model.applied_part in ("BF", "CF"):
            applied = condition.applied * (1 + 0.05 * rng.standard_normal())
            steps["applied_part_leakage"] = _reading("current", f"{max(1, round(applied))}", kind, "0.5")
        if kind.stated and model.equipment_class == "I":
            megohm = (50, 99, 100, 200, 299)[int(rng.integers(5))]
            inputs = {"reading": str(megohm), "path": "mains_to_earth"}
            steps["insulation_resistance"] = {"inputs": inputs}
        steps["functional_check"] = self._checked("functional_check", condition.fault == "function", rng)
        return steps

    def _checked(self, step: str, failed: bool, rng: np.random.Generator) -> Mapping[str, Any]:
        answers = dict.fromkeys(self.lists[step], "pass")
        if failed:
            answers[self.lists[step][int(rng.integers(len(answers)))]] = "fail"
        return {"inputs": answers}


def _earth(rng: np.random.Generator, condition: Condition) -> str:
    if condition.fault == "earth":
        return f"{0.32 + 0.6 * rng.random():.2f}"
    return f"{min(0.19, condition.earth + 0.005 * abs(rng.standard_normal())):.2f}"


def _reading(name: str, text: str, kind: Kind, u: str) -> dict[str, Any]:
    content: dict[str, Any] = {"inputs": {name: text}}
    return {**content, "u": {name: u}} if kind.stated else content
