"""Every relative link of every page leads somewhere, headings included."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.docs.printed import FENCE, PAGES, ROOT, name

LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(([^()\s]+)\)")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")


def prose(text: str) -> str:
    """Leave out what stands in fenced blocks and in code."""
    kept, fence = [], ""
    for line in text.splitlines():
        found = FENCE.match(line)
        if found and not fence:
            fence = found[1]
        elif found and found[1] == fence:
            fence = ""
        elif not fence:
            kept.append(re.sub(r"`[^`]*`", "code", line))
    return "\n".join(kept)


def anchors(text: str) -> set[str]:
    """Give the anchors of a page's headings, as forges make them."""
    found = set()
    for line in text.splitlines():
        if line.startswith("#"):
            words = line.lstrip("#").strip().lower()
            found.add(re.sub(r"[^\w\- ]", "", words).replace(" ", "-"))
    return found


def links(page: Path) -> list[str]:
    """Give the relative links of a page."""
    targets = LINK.findall(prose(page.read_text(encoding="utf-8")))
    return [target for target in targets if not ELSEWHERE.match(target)]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_relative_link_leads_somewhere(page):
    for link in links(page):
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


def test_every_page_can_be_reached_from_the_front_page():
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        for link in links(page):
            target = (page.parent / unquote(link).partition("#")[0]).resolve()
            if target.is_dir():
                waiting += target.glob("*.md")
            elif target.suffix == ".md" and target.exists():
                waiting.append(target)
    assert sorted(name(page) for page in set(PAGES) - seen) == []


def test_the_tour_goes_through_six_files_and_more():
    tour = ROOT / "docs" / "tour.md"
    code = [link for link in links(tour) if link.startswith("../src/")]
    assert len(set(code)) >= 6
    assert code[0].endswith("specialties/medical_engineering/protective_earth.py")


def test_links_in_code_are_no_links():
    assert LINK.findall(prose("a `[x](y.md)` b\n```\n[c](d.md)\n```\n[e](f.md#g)")) == ["f.md#g"]


def test_headings_have_the_anchors_of_forges():
    assert anchors("# What is *not* promised\n## 1. The function\ntext") == {
        "what-is-not-promised",
        "1-the-function",
    }
