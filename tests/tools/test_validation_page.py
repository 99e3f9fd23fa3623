"""The validation page says what the installed procedures say, and says so when one does not hold."""

from __future__ import annotations

import dataclasses

import pytest

from kilter.measure.example import residuals
from kilter.measure.limit import shipped
from kilter.measure.registry import entries, entry
from tools import validation_page

EARTH = "medical_engineering.protective_earth"
OURS = [key for key, item in entries().items() if item.module.startswith("kilter.")]


def test_the_page_is_fresh(capsys):
    assert validation_page.main(["--check"]) == 0, "run make docs"
    assert capsys.readouterr().err == ""


def test_a_stale_page_is_said_and_left_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(validation_page, "ROOT", tmp_path)
    monkeypatch.setattr(validation_page, "PAGE", tmp_path / "index.md")
    assert validation_page.main(["--check"]) == 1
    assert "make docs" in capsys.readouterr().err
    assert not (tmp_path / "index.md").exists()
    assert validation_page.main([]) == 0
    assert validation_page.main(["--check"]) == 0


@pytest.mark.parametrize("key", OURS)
def test_each_procedure_is_there_with_all_that_is_asked(key):
    item, text = entry(key), validation_page.section(entry(key))
    assert f"`{key}`, version {item.version}" in text
    assert all(cite.edition in text and cite.title in text for cite in item.cites)
    assert all("- " + row.result in text for row in shipped(item))
    assert ("No limits come with it." in text) == (not shipped(item))
    assert text.count("to be confirmed") >= sum(row.read == "no" for row in shipped(item))
    assert text.count("| holds |") == len(residuals(item))
    assert "FAILS" not in text
    assert all(one.example.source in text for one in residuals(item))


def test_every_method_and_use_has_its_words():
    assert {item.uncertainty for item in entries().values()} <= set(validation_page.METHODS)
    assert {item.use for item in entries().values()} <= set(validation_page.USES)


def test_an_example_that_does_not_hold_is_shown(monkeypatch):
    good = residuals(entry(EARTH))[0]
    bad = dataclasses.replace(good, found=0.25, expected=0.2, tolerance=0.01)
    monkeypatch.setattr(validation_page, "residuals", lambda _: [bad])
    row = next(iter(validation_page.example_rows(entry(EARTH))))
    assert "| **FAILS** |" in row
    assert "| 0.05 |" in row


def test_residuals_at_the_rounding_of_a_double_are_the_same_everywhere():
    good = residuals(entry(EARTH))[0]
    near = dataclasses.replace(good, expected=4.270833333333333, found=4.270833333333329)
    assert validation_page.residual(near) == "0"
    word = dataclasses.replace(good, expected="mild", found="severe")
    assert validation_page.residual(word) == "another"
    assert validation_page.residual(dataclasses.replace(word, found="mild")) == "the same"


def test_a_text_cannot_break_its_table():
    assert validation_page.cell("a | b\n c") == "a \\| b c"


def test_numbers_have_ten_digits():
    assert validation_page.number(1 / 3) == "0.3333333333"
    assert validation_page.number(25600) == "25600"
    assert validation_page.number("within") == "within"
