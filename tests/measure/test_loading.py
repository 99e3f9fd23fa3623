"""What loads when: the package alone, a scalar run, and what mypy says of a wrong argument."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src"
SNIPPET = """
from kilter.specialties.medical_engineering.protective_earth import protective_earth

protective_earth(reading=0.2, test_lead=0.05, arrangement="with_cord")
protective_earth(reading="0.2")
protective_earth(reading=0.2, arrangement="sideways")
protective_earth(0.2)
protective_earth(test_lead=0.05)
protective_earth(reading=0.2).resistence
"""


def loaded(code: str) -> set[str]:
    """The top-level modules and ours that a fresh interpreter holds after some code."""
    told = f"{code}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", told],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_package_alone_is_light():
    assert not {"numpy", "scipy", "django", "pydicom"} & loaded("import kilter")


def test_a_scalar_run_knows_no_django_and_no_scipy():
    words = "'run', 'medical_engineering.protective_earth', 'reading=0.2ohm', '--u', 'reading=1mohm'"
    run = f"from kilter.interfaces.cli.main import main\nmain([{words}])"
    found = loaded(run)
    assert "kilter.specialties.medical_engineering.protective_earth" in found
    assert not {"scipy", "django", "pydicom", "typst", "vl_convert"} & found
    assert not any(name.startswith("kilter.specialties.nuclear_medicine") for name in found)


def test_a_list_of_procedures_imports_none_of_them():
    found = loaded("from kilter.interfaces.cli.main import main\nmain(['procedures'])")
    assert not [name for name in found if name.startswith("kilter.specialties.") and name.count(".") > 2]


def test_mypy_refuses_wrong_arguments(tmp_path):
    pytest.importorskip("mypy")
    path = tmp_path / "calls.py"
    path.write_text(SNIPPET)
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = True\n")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "--cache-dir", str(tmp_path), str(path)],
        env={**os.environ, "MYPYPATH": str(SRC)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in done.stdout.splitlines() if line.startswith("calls.py:")]
    lines = {int(line.split(":")[1]) for line in complaints if "error:" in line}
    assert lines == {5, 6, 7, 8, 9}, done.stdout
