"""Alerts that name codes of nomenclatures: they find models by another name, and exclude none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.department import reactions
from kilter.department.equipment import actions as equipment
from kilter.department.ledger import clock, outbox
from kilter.department.safety import actions, campaigns
from kilter.department.safety.criteria import FIELDS, read_criteria
from kilter.department.safety.matching import ORDER, Facts, Verdict, match
from kilter.department.safety.models import Alert, AlertDevice
from kilter.department.safety.notice import read_notice
from kilter.department.safety.register import find, match_coded
from kilter.measure.error import BadInput

CODE = frozenset({"GMDN 13215"})


def verdict(maker: str, model: str, codes: frozenset[str] = frozenset(), **more: Any) -> Verdict:
    criteria = read_criteria({"makers": ["Northfield"], "codes": ["gmdn  13215"], **more})
    return match(criteria, Facts(maker, model, codes=codes)).verdict


@pytest.mark.parametrize(
    ("maker", "model", "codes", "expected"),
    [
        ("Northfield", "Infusa 3", CODE, Verdict.EXACT),
        ("Northfield", "Called Otherwise", CODE, Verdict.LIKELY),
        ("Northfield", "Called Otherwise", frozenset(), Verdict.NONE),
        ("Northfield", "Infusa 3", frozenset({"GMDN 1"}), Verdict.LIKELY),
        ("Northfield", "Infusa 3", frozenset(), Verdict.EXACT),
        ("Quite Another", "Called Otherwise", CODE, Verdict.NONE),
        ("unknown", "Called Otherwise", CODE, Verdict.CANNOT_EXCLUDE),
    ],
)
def test_a_code_finds_and_never_excludes(
    maker: str, model: str, codes: frozenset[str], expected: Verdict
) -> None:
    assert verdict(maker, model, codes, models=["Infusa 3"]) == expected


@given(
    maker=st.sampled_from(["Northfield", "North Field Ltd", "Other", "unknown", ""]),
    model=st.sampled_from(["Infusa 3", "Infusa 30", "Other", ""]),
    codes=st.sampled_from([frozenset(), CODE, frozenset({"GMDN 1"})]),
    models=st.sampled_from([[], ["Infusa 3"]]),
)
def test_naming_codes_loses_no_device(
    maker: str, model: str, codes: frozenset[str], models: list[str]
) -> None:
    """Whatever the names: with a code named, no device that was meant without it is meant no longer."""
    bare = match(read_criteria({"makers": ["Northfield"], "models": models}), Facts(maker, model)).verdict
    coded = verdict(maker, model, codes, models=models)
    assert (coded == Verdict.NONE) <= (bare == Verdict.NONE)
    if not codes:
        assert coded == bare
    if codes == CODE:
        assert ORDER.index(coded) >= ORDER.index(bare)


def test_a_code_without_its_system_is_refused() -> None:
    with pytest.raises(BadInput) as caught:
        read_criteria({"makers": ["N"], "codes": ["13215"]})
    assert caught.value.field == "codes"
    assert "codes" in FIELDS


def test_a_notice_that_says_its_code_proposes_it() -> None:
    found = read_notice("Manufacturer: Northfield\nNomenclature code: GMDN 13215, 99")
    assert found.criteria["codes"] == ["GMDN 13215"]


@pytest.fixture
def meant(shop: Any, hire: Any) -> Alert:
    """An alert about pumps of the maker under a code, by a name that the register does not have."""
    officer = hire("safety_officer", name="Sam Officer")
    row = actions.add_alert(
        by=officer, reference="FSN-9", source="fsn", title="Pumps", issued=clock.now().date()
    )
    about = {"makers": ["Northfield"], "models": ["Volumed"], "codes": ["GMDN 13215"]}
    return actions.confirm_criteria(by=officer, alert=row, criteria=about)


def listed(alert: Alert) -> dict[str, str]:
    rows = AlertDevice.objects.filter(alert=alert).select_related("device")
    return {one.device.asset: one.verdict for one in rows}


@pytest.mark.django_db
def test_linking_a_kind_lists_its_devices_under_the_alert(shop: Any, meant: Alert) -> None:
    assert listed(meant) == {}
    codes = [("GMDN", "13215", "")]
    equipment.set_kind_codes(by=shop.head, kind="infusion_pump", codes=codes)
    outbox.drain(reactions.HANDLERS)
    assert listed(meant) == {"ME0001": "likely"}
    equipment.set_kind_codes(by=shop.head, kind="infusion_pump", codes=[])
    outbox.drain(reactions.HANDLERS)
    assert listed(meant) == {"ME0001": "none"}  # it stays listed
    equipment.set_model_codes(by=shop.head, model=shop.pump.model, codes=codes)
    outbox.drain(reactions.HANDLERS)
    assert listed(meant) == {"ME0001": "likely"}
    assert match_coded() == 0  # once more changes nothing


@pytest.mark.django_db
def test_a_device_registered_later_is_found_by_the_code_of_its_kind(shop: Any, meant: Alert) -> None:
    equipment.set_kind_codes(by=shop.head, kind="infusion_pump", codes=[("GMDN", "13215", "")])
    equipment.register_device(by=shop.head, fields={"asset": "ME0002", "model": shop.pump.model})
    outbox.drain(reactions.HANDLERS)
    assert set(listed(meant)) == {"ME0001", "ME0002"}


@pytest.mark.django_db
def test_alerts_without_codes_ask_nothing_more(shop: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        find(read_criteria({"makers": ["Northfield"]}))
    with django_assert_num_queries(5):
        find(read_criteria({"makers": ["Northfield"], "codes": ["GMDN 13215"]}))


@pytest.mark.django_db
def test_the_progress_of_many_campaigns_is_one_query(shop: Any, django_assert_num_queries: Any) -> None:
    about = {"makers": ["Northfield"]}
    made = [actions.begin_campaign(by=shop.second, title=f"C{n}", text="t", criteria=about) for n in range(3)]
    answer = {"text": "done so", "answer": "done", "devices": [shop.pump]}
    actions.answer_campaign(by=shop.engineer, campaign=made[0], **answer)
    with django_assert_num_queries(1):
        found = campaigns.progress_of(made)
    assert [(found[one.pk].settled, found[one.pk].all) for one in made] == [(1, 1), (0, 1), (0, 1)]
    assert all(found[one.pk] == campaigns.progress(one) for one in made)
    assert campaigns.progress_of([]) == {}
