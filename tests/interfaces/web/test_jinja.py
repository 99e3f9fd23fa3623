"""Every page is rendered with its sample, strictly: what is undefined, unescaped or inline fails here."""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kilter.interfaces.reports.content import certificate_content
from kilter.interfaces.web.jinja import TEMPLATES, environment
from kilter.measure.error import BadInput
from tests.interfaces.web.samples import PAGES, SITE, TEST, trend

STATIC = Path(TEMPLATES).with_name("static") / "kilter"
VOID = {"meta", "link", "input", "img", "br", "hr"}


def rendered(name: str, **more: object) -> str:
    made = environment(zone="Europe/London")
    made.globals["static"] = lambda path: f"/static/{path}"
    template, context = PAGES[name]
    return made.get_template(template).render({**SITE, **context, **more})


class Outline(HTMLParser):
    """Collect tags, identifiers and labels, and check that every element is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def of(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


@pytest.fixture(scope="module", params=sorted(PAGES))
def outline(request) -> Outline:
    return Outline(rendered(request.param))


def test_every_element_is_closed_and_every_identifier_is_its_own(outline):
    assert outline.open == []
    identifiers = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))


def test_a_page_has_one_main_heading_a_title_a_language_and_a_skip_link(outline):
    assert len(outline.of("h1")) == 1
    assert outline.of("html")[0]["lang"] == "en-GB"
    assert [a for a in outline.of("a") if a.get("class") == "skip" and a["href"] == "#main"]


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(outline):
    for tag, attributes in outline.tags:
        assert tag != "style"
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "action"):
            assert not re.match(r"\s*(https?:|//|javascript:)", attributes.get(name) or "")
    for script in outline.of("script"):
        assert script.get("src") or script["type"] == "application/json"


def test_every_field_has_a_name_for_those_who_do_not_see_it(outline):
    labelled = {attributes.get("for") for attributes in outline.of("label")}
    for attributes in outline.of("input", "select", "textarea"):
        if attributes.get("type") in ("hidden", "radio") or "aria-label" in attributes:
            continue
        assert attributes.get("aria-label") or attributes.get("id") in labelled


def test_every_form_works_without_script(outline):
    for attributes in outline.of("form"):
        assert attributes.get("action") or attributes.get("method") == "dialog"


def test_every_template_has_a_sample_and_names_its_context():
    shown = {template for template, _ in PAGES.values()} | {"base.html", "listing.html"}
    on_disk = {path.name for path in TEMPLATES.glob("*.html")}
    assert on_disk == shown
    for path in TEMPLATES.rglob("*.html"):
        assert path.read_text(encoding="utf-8").startswith("{# "), path.name


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def test_hostile_text_is_shown_not_obeyed():
    page = rendered("device", device={"name": HOSTILE, "asset": HOSTILE}, title=HOSTILE)
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert page.count("&lt;script&gt;alert(1)") >= 3


def test_escaping_and_strictness_cannot_be_switched_off():
    made = environment(autoescape=False, undefined=jinja2.Undefined)
    assert made.from_string("{{ x }}").render(x="<b>") == "&lt;b&gt;"
    with pytest.raises(jinja2.UndefinedError):
        made.from_string("{{ missing }}").render()


@settings(max_examples=60)
@given(st.text())
def test_a_figure_cannot_end_the_element_it_stands_in(text):
    page = environment().from_string("{{ spec|figure }}").render(spec={"title": text + "</script><!--"})
    assert "<" not in page
    assert json.loads(page) == {"title": text + "</script><!--"}


def test_a_figure_that_loads_from_an_address_never_reaches_the_page():
    with pytest.raises(BadInput):
        rendered("device", figures=[trend() | {"spec": {"data": {"url": "/people/"}}}])


@pytest.mark.parametrize("state", ["no", None, "soon"])
def test_a_limit_nobody_read_is_shown_as_to_be_confirmed(state):
    limit = TEST["outcome"]["results"][0]["limits"][0] | {"read": state}
    result = TEST["outcome"]["results"][0] | {"limits": [limit]}
    page = rendered("test", outcome=TEST["outcome"] | {"results": [result]})
    assert ">to be confirmed<" in page
    assert page.count("to be confirmed") == 1


def test_an_invalid_outcome_is_not_dressed_in_its_verdict():
    page = rendered("test", outcome=TEST["outcome"] | {"valid": False, "verdict": "within", "results": []})
    panel = page[page.index('id="verdict"') : page.index('id="sign"')]
    assert panel.count("not valid") == 2
    assert "✓" not in panel


def test_the_panel_says_how_what_was_typed_is_read():
    panel = environment().get_template("partials/verdict.html")
    assert "<dt>Reading</dt><dd>0.412 Ω</dd>" in panel.render(outcome=TEST["outcome"])
    assert "Read as" not in panel.render(outcome={"state": "waiting"})


def test_every_verdict_has_its_word_beside_its_shape():
    made = environment()
    source = "{% import 'parts/show.html' as show %}{{ show.badge(v, w) }}"
    for verdict, shape in (("suspension", "■"), ("remedial", "▲"), ("within", "✓"), ("undecided", "◆")):
        badge = made.from_string(source).render(v=verdict, w=None)
        assert f">{shape}</span> {verdict}</span>" in badge
        assert "own word" in made.from_string(source).render(v=verdict, w="own word")


def test_secrets_and_files_are_not_sent_while_typing():
    form = next(a for a in Outline(rendered("test")).of("form") if "data-draft" in a)
    unsent = form["hx-params"].removeprefix("not ").split(",")
    assert {"password", "pin", "second_password", "flood", "photos"} <= set(unsent)


def test_the_first_button_of_the_test_form_only_works_it_out():
    page = rendered(
        "test",
        form=TEST["form"]
        | {"sections": [TEST["form"]["sections"][0] | {"fields": TEST["form"]["sections"][0]["fields"][:3]}]},
    )
    form = page[page.index("data-draft") :]
    assert re.search(r'<button type="submit" name="act" value="(\w+)"', form)[1] == "check"


def test_who_may_not_sign_is_told_why_and_has_no_button():
    page = rendered("blocked")
    assert "Your authorisation ended on 1 Nov 2026." in page
    assert 'value="sign"' not in page


def test_only_what_can_be_signed_can_be_ticked_among_several():
    boxes = [a["value"] for a in Outline(rendered("batch")).of("input") if a.get("name") == "draft"]
    assert boxes == ["d1:2", "d3:2"]
    assert "no draft that waits" in rendered("batch", drafts=[])


def test_a_superseded_pass_is_not_shown_in_green():
    page = rendered("record")
    assert 'class="banner good"' not in page
    assert 'class="banner good"' in rendered("record", superseded_by=None)


def test_navigation_links_only_what_was_given():
    page = rendered("today")
    assert "<span>Materials</span>" in page
    assert 'href="/work/"' in page


def test_empty_lists_say_what_to_do():
    assert "Enter a new device" in rendered("search")
    assert "See the next month" in rendered("today")


def test_times_stand_in_the_zone_of_the_site_and_in_utc():
    page = rendered("record")
    assert "22 Jul 2026 08:00 BST (2026-07-22 07:00:00 UTC)" in page


def test_page_and_paper_say_the_same():
    document = PAGES["record"][1]["document"]
    content = certificate_content(document, zone="Europe/London")
    page = html.unescape(rendered("record"))
    for row in (*content["facts"], *content["basis"], *content["inputs"], *content["budget"]):
        for text in row:
            assert text in page
    assert "to be confirmed" in page


def test_a_statement_is_a_record_too():
    page = rendered("statement")
    assert "Lead replaced." in page
    assert "Uncertainty budget" not in page


def test_the_discarded_reading_stays_visible_with_its_reason():
    assert "probe slipped" in rendered("test")
    assert "probe slipped" in rendered("record")


def test_our_scripts_and_styles_are_small_and_reach_nowhere():
    for path in STATIC.iterdir():
        text = path.read_text(encoding="utf-8")
        assert len(text) < 20_000
        assert not re.search(
            r"https?://(?!www\.w3\.org/2000/svg)|\beval\(|new Function|innerHTML|@import", text
        ), path.name


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("start", [":root {", ':root[data-theme="dark"] {'])
@pytest.mark.parametrize(
    ("ink", "back"),
    [
        ("ink", "panel"),
        ("ink", "page"),
        ("quiet", "page"),
        ("quiet", "plain-back"),
        ("link", "panel"),
        ("link", "plain-back"),
        ("good", "good-back"),
        ("good", "panel"),
        ("warn", "warn-back"),
        ("bad", "bad-back"),
        ("bad", "panel"),
        ("plain", "plain-back"),
        ("bar-quiet", "bar"),
        ("action-ink", "action"),
    ],
)
def test_contrast_is_at_least_that_of_wcag_aa(start, ink, back):
    css = (STATIC / "kilter.css").read_text(encoding="utf-8")
    block = css[css.index(start) :].split("}", 1)[0]
    colours = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block))
    light, dark = sorted((luminance(colours[ink]), luminance(colours[back])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_both_ways_to_the_dark_scheme_give_the_same_colours():
    css = (STATIC / "kilter.css").read_text(encoding="utf-8")
    blocks = [
        css[css.index(s) :].split("}", 1)[0]
        for s in (':root:not([data-theme="light"]) {', ':root[data-theme="dark"] {')
    ]
    first, second = (re.findall(r"--([\w-]+):\s*(#\w+)", block) for block in blocks)
    assert first == second
