"""Files of known truth: found through the specialties, repeatable, refused by name."""

import json

import pytest

from kilter.interfaces.cli.reference import reference_object
from kilter.measure.error import BadInput, NotFound
from kilter.measure.reference_object import as_input, kinds, make
from kilter.measure.registry import find
from kilter.measure.run import run


def test_same_seed_same_bytes():
    assert make("flood", "none", 3).file.content == make("flood", "none", 3).file.content
    assert make("flood", "none", 3).file.content != make("flood", "none", 4).file.content


def test_every_kind_and_fault_can_be_made_and_fits_its_procedure():
    for kind, maker in kinds().items():
        assert maker.faults[0] == "none"
        for fault in maker.faults:
            made = make(kind, fault, 1)
            signature = find(made.procedure).signature
            assert signature.input(made.input).type in ("file", "files")
            assert set(made.truth) <= {item.name for item in signature.results}
            assert made.about


def test_unknown_kind_fault_and_seed_are_named():
    with pytest.raises(NotFound, match="there are: "):
        make("teapot")
    with pytest.raises(BadInput, match="it has: none"):
        make("flood", "on_fire")
    with pytest.raises(BadInput, match="seed"):
        make("flood", "none", -1)


def test_examples_name_them_as_inputs():
    named = as_input({"reference_object": "flood", "fault": "hot_spot", "seed": 0})
    assert named == make("flood", "hot_spot", 0).file
    assert as_input("5ohm") == "5ohm"
    assert as_input({"value": 5}) == {"value": 5}


def test_command_writes_a_file_that_meets_its_truth(tmp_path, capsys):
    out = tmp_path / "flood.dcm"
    assert reference_object(["flood", str(out), "--fault", "cold_tube", "--seed", "0", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    from kilter.measure.quantity import File

    results = run(find("nuclear_medicine.uniformity"), {"flood": File("f", out.read_bytes())}).results
    for name, value in said["truth"].items():
        assert results[name].value == pytest.approx(value, rel=1e-11)
    assert reference_object(["flood", str(out)]) == 0
    assert "kilter run nuclear_medicine.uniformity flood=@" in capsys.readouterr().out


def test_command_names_a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(BadInput, match="cannot be written"):
        reference_object(["flood", str(tmp_path / "no" / "such" / "folder.dcm")])
