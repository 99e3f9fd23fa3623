"""The records of decisions: numbered without gaps, of one form, each reached by its number."""

from __future__ import annotations

import re

import pytest

from tests.docs.printed import ROOT

FOLDER = ROOT / "docs" / "decisions"
PAGES = sorted(FOLDER.glob("*.md"))
NAME = re.compile(r"([0-9]{4})-[a-z0-9]+(-[a-z0-9]+)*\.md")
ROUTES = ("src", "docs", "tests")


def test_numbers_have_no_gaps_and_no_number_stands_twice():
    numbers = [int(page.name[:4]) for page in PAGES]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 12


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_says_what_was_decided_why_and_what_follows(page):
    assert NAME.fullmatch(page.name)
    lines = page.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith(f"# {int(page.name[:4])}. ")
    found = [word for line in lines for word in re.findall(r"^\*\*([A-Z][a-z ]+)\.\*\*", line)]
    assert found == ["Decided", "Why", "What follows"]
    assert 10 <= len(lines) <= 60  # one page each


def test_decisions_that_are_named_are_there():
    known = {page.name[:4] for page in PAGES}
    named: set[str] = set()
    for folder in ROUTES:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".md", ".toml") and path.is_file():
                text = path.read_text(encoding="utf-8")
                named |= set(re.findall(r"docs/decisions/([0-9]{4})", text))
    assert named <= known
    inside = {number for page in PAGES for number in re.findall(r"decision ([0-9]+)", page.read_text())}
    assert {f"{int(number):04}" for number in inside} <= known
