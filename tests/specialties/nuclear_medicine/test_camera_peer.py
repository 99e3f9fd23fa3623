"""The same phantoms through pylinac, where its environment has been made (tools/oracle.sh)."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(
    not (ROOT / ".oracle" / "bin" / "python").exists(), reason="no .oracle/: tools/oracle.sh makes it"
)
def test_figures_agree_within_what_the_method_explains():
    spec = importlib.util.spec_from_file_location("camera_benchmark", ROOT / "benchmarks" / "camera.py")
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    content = bench.images()
    mine, theirs = bench.ours(content, 1)["values"], bench.peers(content, 1)["values"]
    assert set(mine) == set(theirs)
    assert bench.apart(mine, theirs) == []
