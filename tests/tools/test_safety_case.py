"""The hazard log names what exists, the safety case says what the log says, and a slip in it is named."""

from __future__ import annotations

import copy
import itertools

import pytest

from tools import safety_case

LOG = safety_case.read()
ROWS = {row["id"]: row for row in LOG["hazard"]}


def test_there_is_nothing_wrong_with_the_log():
    assert safety_case.faults(LOG) == []
    assert len(ROWS) == len(LOG["hazard"]) >= 25


def test_the_safety_case_is_fresh(capsys):
    assert safety_case.main(["--check"]) == 0, "run make docs"
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", sorted(ROWS))
def test_each_hazard_has_its_controls_and_tests(name):
    row = ROWS[name]
    assert row["controls"]
    assert all((safety_case.ROOT / path).is_file() for path in row["controls"])
    assert row["tests"]
    assert all(safety_case.is_test(test) for test in row["tests"])
    assert len(set(row["tests"])) == len(row["tests"])


def test_some_controls_are_code_of_every_hazard():
    assert all(any(path.startswith("src/") for path in row["controls"]) for row in LOG["hazard"])


def test_the_matrix_is_monotone_and_its_words_have_meanings():
    matrix = LOG["matrix"]
    assert safety_case.matrix_faults(matrix) == []
    for kind in ("severity", "likelihood"):
        assert list(matrix[f"{kind}_means"]) == matrix[kind]
    everything = itertools.product(matrix["severity"], matrix["likelihood"])
    assert {str(safety_case.risk(matrix, place)) for place in everything} == set(matrix["risk_means"])
    assert safety_case.risk(matrix, ["minor", "very low"]) == 1
    assert safety_case.risk(matrix, ["catastrophic", "very high"]) == 5
    assert safety_case.risk(matrix, ["catastrophic", "very low"]) == 3


def test_no_hazard_is_left_at_a_risk_that_is_not_acceptable():
    assert max(safety_case.risk(LOG["matrix"], row["residual"]) for row in LOG["hazard"]) <= 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tests": []}, "no test"),
        ({"controls": []}, "no control"),
        ({"tests": ["tests/measure/test_unit.py::test_there_is_no_such_test"]}, "is not there"),
        ({"tests": ["tests/nowhere.py::test_x"]}, "is not there"),
        ({"tests": ["tests/measure/test_unit.py"]}, "is not there"),
        ({"tests": ["tests/measure/declared.py::everything"]}, "is not there"),
        ({"controls": ["src/kilter/measure/units.py"]}, "is not there"),
        ({"initial": ["major", "often"]}, "stand not in the matrix"),
        ({"initial": ["minor", "low"], "residual": ["major", "high"]}, "worse"),
        ({"residual": ["major", "medium"], "status": "controlled"}, "not controlled"),
        ({"status": "done"}, "is none"),
        ({"id": "H02"}, "stands twice"),
        ({"remark": "x"}, "unknown remark"),
    ],
)
def test_a_slip_in_the_log_is_named(change, said):
    log = copy.deepcopy(LOG)
    log["hazard"][0] |= change
    assert said in "; ".join(safety_case.faults(log))
    with pytest.raises(ValueError, match=said):
        safety_case.page(log)


@pytest.mark.parametrize("field", sorted(safety_case.FIELDS))
def test_a_missing_field_is_named(field):
    log = copy.deepcopy(LOG)
    del log["hazard"][3][field]
    assert any("lacks" in text and field in text for text in safety_case.faults(log))


def test_a_matrix_that_falls_is_named():
    matrix = copy.deepcopy(LOG["matrix"])
    matrix["risk"][4] = [1, 1, 1, 1, 1]
    assert safety_case.matrix_faults(matrix) == ["a risk falls as likelihood rises"]
    matrix["risk"] = matrix["risk"][:4]
    assert safety_case.matrix_faults(matrix) == ["the matrix has another shape than its words"]


def test_an_officer_is_asked_for_until_one_is_named():
    assert "Not named" in safety_case.page(LOG)
    log = copy.deepcopy(LOG)
    log["officer"] |= {"name": "Dr Ada Example", "registration": "0000000"}
    text = safety_case.page(log)
    assert "Not named" not in text
    assert "Dr Ada Example" in text


def test_everything_of_the_log_stands_in_the_page():
    text = safety_case.page(LOG)
    for row in LOG["hazard"]:
        assert f"### {row['id']}: {row['hazard']}" in text
        assert all(part in text for part in (*row["tests"], *row["controls"], row["left"]))
    counted = sum(f"- {row['id']}: " in text for row in LOG["hazard"])
    assert counted == sum("site" in row for row in LOG["hazard"])


def test_a_stale_or_faulty_log_writes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(safety_case, "PAGE", tmp_path / "safety-case.md")
    assert safety_case.main(["--check"]) == 1
    assert "make docs" in capsys.readouterr().err
    monkeypatch.setattr(safety_case, "read", lambda: {**LOG, "hazard": [{"id": "H99"}]})
    assert safety_case.main([]) == 1
    assert "H99: lacks" in capsys.readouterr().err
    assert not (tmp_path / "safety-case.md").exists()
