"""Sums of nuclear medicine against published figures, identities, and the errors that others have made."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.measure.error import BadInput
from kilter.measure.registry import find
from kilter.measure.run import run, run_many
from kilter.numerics.decay import (
    activities_at,
    decay_constant,
    half_life,
    half_lives,
    in_growth,
    interval_mean,
    time_of_most,
)
from kilter.specialties.nuclear_medicine.gfr import Absolute, body_surface, correct, normalise


def result(name: str, **inputs: Any) -> dict[str, Any]:
    """Run a procedure of nuclear medicine and give its values."""
    outcome = run(find(f"nuclear_medicine.{name}"), inputs)
    assert outcome.valid, outcome.notes
    return {key: value.value for key, value in outcome.results.items()}


def refused(name: str, **inputs: Any) -> str:
    """Run a procedure that must not answer; give why."""
    outcome = run(find(f"nuclear_medicine.{name}"), inputs)
    assert not outcome.valid
    return outcome.notes[0].text


# --- decay


@pytest.mark.parametrize(
    ("nuclide", "seconds"),
    [
        ("Tc-99m", 6.015 * 3600), ("F-18", 109.77 * 60), ("I-131", 8.0207 * 86400), ("Lu-177", 6.647 * 86400),
        ("Mo-99", 65.94 * 3600), ("Cs-137", 30.1671 * 365.2422 * 86400), ("Rb-82", 1.273 * 60),
    ],
)  # fmt: skip
def test_half_lives_are_those_of_icrp_107(nuclide: str, seconds: float) -> None:
    assert half_life(nuclide) == pytest.approx(seconds, rel=1e-12)


def test_the_choice_of_library_alone_moves_technetium_by_four_permille_in_a_day() -> None:
    by = {
        library: result("decay", nuclide="Tc-99m", activity="1MBq", elapsed="24h", library=library)[
            "activity"
        ]
        for library in ("ICRP 107", "DDEP")
    }
    assert 100 * (by["ICRP 107"] / by["DDEP"] - 1) == pytest.approx(0.383, abs=0.0005)


def test_both_libraries_agree_to_a_percent_wherever_both_speak() -> None:
    rows = half_lives()
    pairs = [(row, rows[name, "DDEP"]) for (name, library), row in rows.items()
             if library == "ICRP 107" and (name, "DDEP") in rows]  # fmt: skip
    assert len(pairs) > 20
    assert all(a.seconds == pytest.approx(b.seconds, rel=0.005) for a, b in pairs)


def test_a_nuclide_that_the_library_lacks_is_refused() -> None:
    with pytest.raises(BadInput, match="holds no half-life of"):
        half_life("Rb-82", "DDEP")


@given(st.floats(-100, 1000), st.floats(-100, 1000), st.floats(1e-3, 1e6))
def test_decay_in_two_steps_is_decay_in_one(first: float, second: float, activity: float) -> None:
    decay = find("nuclear_medicine.decay")
    whole = decay(nuclide="I-131", activity=activity, elapsed=first + second).activity
    step = decay(nuclide="I-131", activity=activity, elapsed=first).activity
    assert decay(nuclide="I-131", activity=step, elapsed=second).activity == pytest.approx(whole, rel=1e-12)


@given(st.floats(0, 1e6))
def test_the_mean_over_an_interval_lies_between_its_ends(duration: float) -> None:
    constant = decay_constant("F-18")
    mean = float(interval_mean(duration, constant))
    assert math.exp(-constant * duration) <= mean * (1 + 1e-15)
    assert mean <= 1


def test_many_items_at_an_instant_are_each_one() -> None:
    rng = np.random.default_rng(3)
    activity, reference = rng.uniform(1, 1e3, 100), rng.uniform(0, 1e6, 100)
    constant = np.array([decay_constant(name) for name in rng.choice(["Tc-99m", "I-131", "F-18"], 100)])
    found = activities_at(5e5, activity, reference, constant)
    one = [a * math.exp(-k * (5e5 - t)) for a, t, k in zip(activity, reference, constant, strict=True)]
    assert found == pytest.approx(one, rel=1e-12)


# --- generator


def test_the_generators_landmarks() -> None:
    """Greatest at 22.865 h; 0.6894 of the parent at 24 h; 0.9654 in equilibrium (f included)."""
    parent, daughter = decay_constant("Mo-99"), decay_constant("Tc-99m")
    assert time_of_most(parent, daughter) / 3600 == pytest.approx(22.865, abs=5e-4)
    at_a_day = result("generator_yield", parent_activity="1GBq", elapsed="24h")["activity"]
    assert at_a_day / 1000 == pytest.approx(0.6894, abs=5e-5)
    late = result("generator_yield", parent_activity="1GBq", elapsed="400h")["activity"]
    assert late / (1000 * math.exp(-parent * 400 * 3600)) == pytest.approx(0.9654, abs=5e-5)


@given(st.floats(1e-3, 1e5))
def test_in_growth_of_close_constants_is_their_limit(time: float) -> None:
    near = float(in_growth(time, 1e-4, 1e-4 * (1 + 1e-9)))
    assert near == pytest.approx(1e-4 * time * math.exp(-1e-4 * time), rel=1e-6)


@given(st.floats(1, 3e5), st.floats(0, 1e4), st.floats(1, 1e5))
def test_what_was_predicted_is_eluted_or_left(elapsed: float, residual: float, parent: float) -> None:
    hours, share = f"{elapsed / 3600!r}h", 0.8
    given_ = {"parent_activity": parent, "elapsed": hours, "residual": residual}
    if elapsed < 40:
        return
    grown = result("generator_yield", **given_)["activity"]
    found = result("elution_efficiency", eluted=share * grown, **given_)
    assert found["efficiency"] == pytest.approx(80.0, rel=1e-9)
    assert found["left_behind"] == pytest.approx(0.2 * grown, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("ratio", "hours"), [(0.03, 15.37), (0.015, 21.99), (0.10, 3.87), (0.15, 0.0), (0.4, 0.0)]
)
def test_the_eluate_expires_when_molybdenum_has_caught_up(ratio: float, hours: float) -> None:
    found = result("breakthrough", parent_activity=f"{ratio * 1000}kBq", daughter_activity="1000MBq")
    assert found["expires_after"] == pytest.approx(hours, abs=0.005)


def test_without_molybdenum_there_is_no_time_and_a_note() -> None:
    outcome = run(
        find("nuclear_medicine.breakthrough"), {"parent_activity": "0kBq", "daughter_activity": "1GBq"}
    )
    assert "expires_after" not in outcome.results
    assert outcome.notes[0].code == "none_found"


def test_at_its_expiry_the_eluates_ratio_is_the_limit() -> None:
    hours = result("breakthrough", parent_activity="20kBq", daughter_activity="1GBq")["expires_after"]
    mo = result("decay", nuclide="Mo-99", activity="20kBq", elapsed=f"{hours!r}h")["activity"] * 1000
    tc = result("decay", nuclide="Tc-99m", activity="1GBq", elapsed=f"{hours!r}h")["activity"]
    assert mo / tc == pytest.approx(0.15, rel=1e-9)


# --- radiopharmacy


def test_few_counts_near_the_limit_are_not_enough() -> None:
    outcome = run(
        find("nuclear_medicine.radiochemical_purity"),
        {"product": "MDP", "strip_1_top": 2, "strip_1_bottom": 98, "strip_2_top": 98, "strip_2_bottom": 2},
    )
    assert [note.code for note in outcome.notes if note.doubt] == ["few_counts"]
    assert "method_not_read" in {note.code for note in outcome.notes}
    # u of each strip: 100 sqrt(98^2 2 + 2^2 98) / 100^2, twice in quadrature
    assert outcome.results["purity"].u == pytest.approx(math.sqrt(2) * 1.4, rel=1e-3)


@given(st.floats(0, 1e6), st.floats(1, 1e6), st.floats(0, 1e6), st.floats(1, 1e6))
def test_purity_and_impurities_are_all_there_is(a: float, b: float, c: float, d: float) -> None:
    outcome = run(
        find("nuclear_medicine.radiochemical_purity"),
        {
            "product": "mebrofenin",
            "strip_1_top": a,
            "strip_1_bottom": b,
            "strip_2_top": d,
            "strip_2_bottom": c,
        },
    )
    if outcome.valid:
        values = outcome.results
        assert sum(values[name].value for name in ("purity", "free", "hydrolysed")) == pytest.approx(100)
    else:
        assert a / (a + b) + c / (c + d) > 1 - 1e-9


def test_which_half_is_the_impurity_is_the_products() -> None:
    counts = {"strip_1_top": 90, "strip_1_bottom": 10}
    assert result("radiochemical_purity", product="MIBI", **counts)["purity"] == pytest.approx(90)
    assert result("radiochemical_purity", product="MAA", **counts)["purity"] == pytest.approx(10)


def test_a_vial_that_is_too_weak_says_what_it_would_give() -> None:
    why = refused(
        "dispensing", nuclide="F-18", prescribed="400MBq", vial_activity="300MBq", vial_volume="10mL",
        since_calibration="0h", until_administration="0h",
    )  # fmt: skip
    assert "it gives 300 MBq now and 400 MBq are wanted" in why


# --- doses


@pytest.mark.parametrize(
    ("weight", "rule", "multiple"),
    [
        (9.0, "nearest", 2.14), (9.1, "nearest", 2.71), (8.9, "nearest", 2.14),
        (9.9, "next_lower", 2.14),
        (9.0, "interpolate", (2.14 + 2.71) / 2), (10.0, "interpolate", 2.71), (10.0, "next_lower", 2.71),
    ],
)  # fmt: skip
def test_what_happens_between_the_rows_is_chosen(weight: float, rule: str, multiple: float) -> None:
    found = result(
        "paediatric_activity", radiopharmaceutical="Tc-99m MDP", weight=weight, card="EANM 2016",
        between_rows=rule, rounding="none",
    )  # fmt: skip
    assert found["multiple"] == pytest.approx(multiple, abs=1e-9)


@given(st.floats(3, 68), st.floats(3, 68), st.sampled_from(["nearest", "next_lower", "interpolate"]))
def test_a_heavier_child_never_gets_less(light: float, heavy: float, rule: str) -> None:
    light, heavy = sorted((light, heavy))
    by = [
        result(
            "paediatric_activity", radiopharmaceutical="F-18 FDG torso", weight=weight, card="EANM 2016",
            between_rows=rule, rounding="none",
        )["activity"]
        for weight in (light, heavy)
    ]  # fmt: skip
    assert by[0] <= by[1] + 1e-12


def test_the_fraction_needs_the_adults_activity() -> None:
    with pytest.raises(BadInput, match="adult_activity is missing"):
        result(
            "paediatric_activity", radiopharmaceutical="Tc-99m MDP", weight=10, card="fraction of adult",
            between_rows="nearest", rounding="none",
        )  # fmt: skip


def test_a_coefficient_that_is_not_there_is_refused_and_never_guessed() -> None:
    why = refused(
        "effective_dose",
        radiopharmaceutical="F-18 FDG",
        activity="1MBq",
        age_group="5 years",
        edition="ICRP 106",
    )
    assert "ICRP 106 has no coefficient of F-18 FDG for 5 years" in why


def test_coefficients_rise_as_age_falls() -> None:
    from kilter.specialties.nuclear_medicine.radiopharmacy import rows

    ages = ("adult", "15 years", "10 years", "5 years", "1 year")
    for row in rows("dose_coefficients.csv"):
        found = [float(row[age]) for age in ages if row[age]]
        assert found == sorted(found), row


# --- counting


@pytest.mark.parametrize("ratio", [0.1, 1.0, 5.0])
def test_the_detection_limit_is_where_one_in_twenty_is_missed(ratio: float) -> None:
    """Poisson counts with an activity at the limit fall below the threshold about once in twenty times."""
    rng, background, time = np.random.default_rng(11), 400.0, 60.0
    found = result(
        "detection_limit", background=background * ratio, time=f"{time}s", background_time=f"{time * ratio}s"
    )
    count = 200_000
    noise = rng.poisson(background * ratio, count) / ratio
    net = rng.poisson(background + found["detection_limit"], count) - noise
    assert np.mean(net < found["decision_threshold"]) == pytest.approx(0.05, abs=0.006)
    empty = rng.poisson(background, count) - noise
    assert np.mean(empty > found["decision_threshold"]) == pytest.approx(0.05, abs=0.006)


def test_a_wipe_that_cannot_see_the_limit_is_refused() -> None:
    why = refused(
        "leak_test", counts=10, time="1s", background=10, background_time="1s", efficiency=0.3, pickup=0.1
    )
    assert "above the limit of 200 Bq: count longer" in why


# --- GFR


def test_the_corrections_take_a_normalised_clearance_only() -> None:
    """Sentinel 1: correcting before normalising gives 84.87 in an adult and 119.5 in a child of 20 kg."""
    surface = body_surface(175, 70, "Haycock")
    right = correct(normalise(Absolute(105.0), surface), surface, "brochner_mortensen_adult")
    assert right == pytest.approx(85.670, abs=5e-4)
    assert abs(right - 84.87) > 0.5
    child = body_surface(115, 20, "Haycock")
    right = correct(normalise(Absolute(60.0), child), child, "brochner_mortensen_adult")
    assert right == pytest.approx(108.4, abs=0.05)
    with pytest.raises(AttributeError):
        correct(60.0, child, "brochner_mortensen_adult")  # type: ignore[arg-type]


def test_the_linear_coefficient_is_the_published_one() -> None:
    """Sentinel 2: 0.991778 in public code for 0.990778 moves the example by 0.098 mL/min."""
    surface = body_surface(175, 70, "Haycock")
    clearance = normalise(Absolute(105.0), surface)
    found = correct(clearance, surface, "brochner_mortensen_adult")
    wrong = 0.991778 * clearance.value - 0.001218 * clearance.value**2
    assert wrong - found == pytest.approx(0.098, abs=5e-4)


def samples(clearance: float, volume: float, times: list[float]) -> list[str]:
    """Give plasma concentrations of 100 MBq in a volume in L, one-pool."""
    k = clearance / (volume * 1000)
    return [f"{1e5 / (volume * 1000) * math.exp(-k * t)!r}kBq/mL" for t in times]


@given(st.floats(5, 200), st.floats(5, 25), st.floats(100, 200), st.floats(20, 150))
def test_the_line_gives_back_what_made_it(
    clearance: float, volume: float, height: float, weight: float
) -> None:
    times = [120.0, 180.0, 240.0]
    found = result(
        "gfr", administered="100MBq", times=[f"{t}min" for t in times],
        concentrations=samples(clearance, volume, times), height=height, weight=weight,
        correction="bnms_2004",
    )  # fmt: skip
    assert found["clearance"] == pytest.approx(clearance, rel=1e-6)
    assert found["volume"] == pytest.approx(volume, rel=1e-6)
    surface = found["body_surface"]
    assert found["normalised"] == pytest.approx(clearance * 1.73 / surface, rel=1e-6)
    absolute = clearance / (1 + 0.0032 * surface**-1.3 * clearance)
    assert found["jodal_brochner_mortensen"] == pytest.approx(absolute * 1.73 / surface, rel=1e-6)


@pytest.mark.parametrize(
    ("times", "values", "sex", "code"),
    [
        ([120, 240], [3.0, 1.2], "not stated", "two_samples"),
        ([120, 180, 240], [3.0, 2.9, 1.0], "not stated", "poor_fit"),
        ([60, 180, 240], [4.5, 1.9, 1.2], "not stated", "sample_times"),
        ([120, 180, 240], [30.0, 19.0, 12.0], "male", "unusual_volume"),
    ],
)
def test_what_is_doubtful_is_flagged(times: list[float], values: list[float], sex: str, code: str) -> None:
    outcome = run(
        find("nuclear_medicine.gfr"),
        {
            "administered": "100MBq",
            "times": [f"{t}min" for t in times],
            "concentrations": [f"{v}kBq/mL" for v in values],
            "height": "175cm",
            "weight": "70kg",
            "correction": "bnms_2004",
            "sex": sex,
        },
    )
    assert code in {note.code for note in outcome.notes}


@pytest.mark.parametrize(
    ("times", "values", "field"),
    [
        ([120, 180], [1.0], "times"),
        ([180, 120], [1.0, 2.0], "times"),
        ([120, 180], [1.0, 0.0], "concentrations"),
    ],
)
def test_samples_that_will_not_do(times: list[float], values: list[float], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        result(
            "gfr", administered="100MBq", times=[f"{t}min" for t in times],
            concentrations=[f"{v}kBq/mL" for v in values], height=175, weight=70, correction="bnms_2004",
        )  # fmt: skip
    assert caught.value.field == field


# --- therapy and transport


@given(st.floats(1, 1e4), st.floats(0.1, 60), st.floats(0.1, 24), st.floats(0.05, 5))
def test_after_the_restriction_the_constraint_is_met_and_not_before(
    rate: float, period: float, hours: float, constraint: float
) -> None:
    found = result(
        "contact_restriction", dose_rate=rate, effective_half_life=period, hours_a_day=hours,
        constraint=constraint,
    )  # fmt: skip
    assert found["dose_with"] <= constraint * (1 + 1e-9)
    if found["restriction"] > 0:
        assert found["dose_with"] == pytest.approx(constraint, rel=1e-6)
        assert found["dose_without"] * 2 ** (-found["restriction"] / period) == pytest.approx(
            constraint, rel=1e-6
        )


@given(st.floats(1, 500), st.floats(5, 150))
def test_the_area_under_an_exponential(height: float, period: float) -> None:
    times = [2.0, 20.0, 60.0, 140.0]
    found = result(
        "time_integrated_activity", nuclide="Lu-177", times=[f"{t}h" for t in times],
        activities=[f"{height * 2 ** (-t / period)!r}MBq" for t in times], model="mono_exponential",
    )  # fmt: skip
    assert found["time_integrated_activity"] == pytest.approx(height * period / math.log(2), rel=1e-5)


def test_uptake_and_washout() -> None:
    times = np.array([1.0, 4.0, 12.0, 24.0, 48.0, 96.0, 168.0])
    truth = 100 * (np.exp(-0.014 * times) - np.exp(-0.2 * times))
    found = result(
        "time_integrated_activity", nuclide="Lu-177", times=[f"{t}h" for t in times],
        activities=[f"{a!r}MBq" for a in truth.tolist()], model="bi_exponential",
    )  # fmt: skip
    assert found["time_integrated_activity"] == pytest.approx(100 * (1 / 0.014 - 1 / 0.2), rel=1e-4)


def test_the_covariance_of_the_fit_is_what_repeated_noise_gives() -> None:
    rng, times = np.random.default_rng(5), np.array([4.0, 24.0, 72.0, 120.0, 168.0])
    found, stated = [], []
    for _ in range(120):
        noisy = 100 * np.exp(-0.012 * times) * (1 + 0.05 * rng.standard_normal(5))
        outcome = run(
            find("nuclear_medicine.time_integrated_activity"),
            {
                "nuclide": "Lu-177",
                "times": [f"{t}h" for t in times],
                "activities": [f"{a!r}MBq" for a in noisy.tolist()],
                "model": "mono_exponential",
                "relative_u": 0.05,
            },
        )
        value = outcome.results["time_integrated_activity"]
        found.append(value.value)
        stated.append(value.u)
    assert np.mean(stated) == pytest.approx(np.std(found), rel=0.2)


@given(st.floats(0, 0.2))
def test_the_index_is_rounded_up_to_a_tenth_and_never_down(rate: float) -> None:
    index = result("transport_index", dose_rate=rate)["transport_index"]
    assert index == pytest.approx(round(index, 1), abs=1e-12)
    if 100 * rate > 0.05:
        assert -1e-9 <= index - 100 * rate < 0.1 + 1e-9
    else:
        assert index == 0


@pytest.mark.parametrize(
    ("rate", "surface", "category"),
    [
        (0.0, 0.005, "I-White"), (0.0, 0.006, "II-Yellow"), (0.01, 0.5, "II-Yellow"),
        (0.0101, 0.5, "III-Yellow"),
        (0.1, 2.0, "III-Yellow"), (0.1, 2.1, "III-Yellow, exclusive use"),
        (0.11, 1.0, "III-Yellow, exclusive use"),
    ],
)  # fmt: skip
def test_the_label_is_the_higher_of_what_both_ask_for(rate: float, surface: float, category: str) -> None:
    assert result("transport_index", dose_rate=rate, surface_dose_rate=surface)["category"] == category


def test_a_nuclides_whole_stock_is_decayed_in_one_call() -> None:
    decay = find("nuclear_medicine.decay")
    found = run_many(
        decay, {"nuclide": "Tc-99m", "activity": np.full(5, 100.0), "elapsed": np.arange(5) * 6.015}
    )
    assert found["activity"] == pytest.approx([100, 50, 25, 12.5, 6.25], rel=1e-12)


def test_a_half_life_that_nobody_read_is_named_in_the_result() -> None:
    from kilter.specialties.nuclear_medicine.decay import decay
    from kilter.specialties.nuclear_medicine.generator import generator_yield

    assert decay(nuclide="Lu-177", activity=1.0, elapsed=1.0).notes == ()
    (note,) = decay(nuclide="C-11", activity=1.0, elapsed=1.0).notes
    assert "half-life of C-11 was not read in ICRP 107" in note.text
    assert not note.doubt
    (note,) = generator_yield(parent_activity=1.0, elapsed=1.0, pair="Sr-82/Rb-82").notes
    assert "of Sr-82 was not read" in note.text


def test_a_monitor_that_could_not_see_the_level_clears_no_surface() -> None:
    from kilter.specialties.nuclear_medicine.counting import surface_contamination

    def measured(level: float) -> tuple[str, ...]:
        found = surface_contamination(
            counts=200, time=100.0, background=200, background_time=100.0,
            instrument_efficiency=0.4, source_efficiency=0.5, area=100.0, level=level,
        )  # fmt: skip
        return tuple(note.code for note in found.notes if note.doubt)

    assert measured(0.0343) == ()
    assert measured(0.0342) == ("detection_limit_above_level",)


@pytest.mark.parametrize(
    ("given", "noted"),
    [("Tc-99m MDP", ()), ("Tc-99m MAG3", ("not_read",)), ("I-123 mIBG", ("not_read",))],
)
def test_a_card_figure_that_nobody_read_is_named(given: str, noted: tuple[str, ...]) -> None:
    from kilter.specialties.nuclear_medicine.doses import paediatric_activity

    found = paediatric_activity(
        radiopharmaceutical=given, weight=20.0, card="EANM 2016", between_rows="nearest", rounding="none"
    )
    assert tuple(note.code for note in found.notes) == noted


@given(
    before=st.floats(1.0, 1e4),
    before_by=st.floats(0.0, 24.0),
    after=st.floats(0.0, 24.0),
    share=st.sampled_from([1.0, 1.0 - 1e-6]),
)
def test_where_all_was_left_none_was_given(
    before: float, before_by: float, after: float, share: float
) -> None:
    """What stays of a whole dose decays as the dose does: none was given, whatever the rounding."""
    constant = decay_constant("Tc-99m")
    there = before * math.exp(-constant * 3600.0 * before_by)
    found = result(
        "administered_activity",
        nuclide="Tc-99m",
        before=before,
        before_by=before_by,
        residual=share * before * math.exp(-constant * 3600.0 * (before_by + after)),
        residual_after=after,
        prescribed=500.0,
    )
    assert found["activity"] == pytest.approx((1.0 - share) * there, rel=1e-7, abs=0.0)


@pytest.mark.parametrize(
    ("background", "why"),
    [
        (["0.4uSv/h", "0.4uSv/h", "0.4uSv/h", "0.4uSv/h", "0.6uSv/h"], "a background of 0.6 uSv/h hides"),
        (["0.05uSv/h", "0.05uSv/h", "0.05uSv/h", "0.05uSv/h", "0.45uSv/h"], "differ too much"),
    ],
)
def test_a_high_or_unsteady_background_clears_nothing(background: list[str], why: str) -> None:
    assert why in refused("clearance_survey", surface="0.1uSv/h", background=background)


@given(
    background=st.lists(st.floats(0.0, 2.0), min_size=5, max_size=12),
    surface=st.floats(0.0, 100.0),
    resolution=st.floats(0.001, 0.1),
)
def test_what_is_cleared_lies_near_a_low_background(
    background: list[float], surface: float, resolution: float
) -> None:
    """Whatever is read as background, nothing is cleared that stands out from what nature gives."""
    procedure = find("nuclear_medicine.clearance_survey")
    outcome = run(procedure, {"surface": surface, "background": background, "resolution": resolution})
    if outcome.valid and outcome.results["dose_rate"].value <= 1.0:
        mean = float(np.mean(background))
        scatter = math.hypot(0.5 * mean + resolution, resolution / math.sqrt(12.0))
        assert surface <= mean + 1.645 * scatter * math.sqrt(1.2) + 1e-9
        assert max(background) <= 0.5
