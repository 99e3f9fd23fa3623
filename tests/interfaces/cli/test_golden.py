"""The command line answers to the letter what its golden files say."""

from __future__ import annotations

import pytest
from tests.interfaces.cli.cases import CASES, GOLDEN, said


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_answer_is_the_files(case):
    assert said(case) == (GOLDEN / f"{case.name}.txt").read_text(encoding="utf-8")


def test_no_file_is_left_over():
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {case.name for case in CASES}
