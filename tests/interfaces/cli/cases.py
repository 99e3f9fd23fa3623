"""Command lines whose whole answer is kept as a file: what others script against.

`make contracts` writes the files again; each figure in them was worked out by hand (`why`).
"""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

from kilter.interfaces.cli.main import main

GOLDEN = Path(__file__).with_name("golden")
EARTH = "medical_engineering.protective_earth"
LEAKAGE = "medical_engineering.equipment_leakage"


@dataclass(frozen=True)
class Case:
    """One command line: its name, its words, why its answer is right."""

    name: str
    words: tuple[str, ...]
    why: str


CASES = (
    Case("earth_pass", ("run", EARTH, "reading=120mohm"), "0.12 ohm is below 0.3 ohm"),
    Case("earth_pass_json", ("run", EARTH, "reading=120mohm", "--json"), "as above"),
    Case(
        "earth_near",
        ("run", EARTH, "reading=0.335", "test_lead=45mohm"),
        "0.335 - 0.045 = 0.29 ohm, 97 % of 0.3 ohm",
    ),
    Case("earth_fail", ("run", EARTH, "reading=0.31ohm"), "0.31 ohm is above 0.3 ohm"),
    Case(
        "earth_undecided",
        ("run", EARTH, "reading=0.295", "--u", "reading=5mohm", "--rule", "guard_U"),
        "0.3 - 2 x 0.005 = 0.29 < 0.295 <= 0.31; Phi((0.3 - 0.295) / 0.005) = Phi(1) = 0.841345",
    ),
    Case(
        "leakage_scaled_json",
        ("run", LEAKAGE, "current=100", "mains_voltage=207", "method=direct", "equipment_class=I", "--json"),
        "100 x 230 / 207 = 1000/9 = 111.1 uA",
    ),
    Case(
        "insulation_fail",
        ("run", "medical_engineering.insulation_resistance", "reading=1.5", "path=mains_to_earth"),
        "1.5 Mohm is below 2 Mohm",
    ),
    Case("bad_unit", ("run", EARTH, "reading=1Sv"), "a sievert is no ohm"),
    Case("bad_comma_json", ("run", EARTH, "reading=1,2", "--json"), "a decimal comma is refused"),
    Case("missing", ("run", EARTH), "the reading is missing"),
    Case("given_twice", ("run", EARTH, "reading=1", "reading=2"), "a scalar stands once"),
    Case("unknown_command", ("rum",), "did you mean run?"),
    Case("show_earth", ("show", EARTH), "what the declaration and the limit file say"),
    Case(
        "procedures",
        ("procedures", "--specialty", "medical_engineering"),
        "all of one specialty",
    ),
)


def said(case: Case) -> str:
    """Run a command line; give status, standard output and standard error as one text."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(list(case.words))
    command = " ".join(("kilter", *case.words))
    refused = f"! {err.getvalue()}" if err.getvalue() else ""
    return f"$ {command}\n# {case.why}\n[{status}]\n{out.getvalue()}{refused}"


def write() -> None:
    """Write every file again."""
    for case in CASES:
        (GOLDEN / f"{case.name}.txt").write_text(said(case), encoding="utf-8")
