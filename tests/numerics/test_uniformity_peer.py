"""The same flood through pylinac, where its environment has been made (tools/oracle.sh)."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data" / "nuclear_medicine" / "UNIFORMIDAD_1.dcm"
needs_peer = pytest.mark.skipif(
    not (ROOT / ".oracle" / "bin" / "python").exists(), reason="no .oracle/: tools/oracle.sh makes it"
)


def benchmark():
    spec = importlib.util.spec_from_file_location(
        "uniformity_benchmark", ROOT / "benchmarks" / "uniformity.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@needs_peer
def test_both_fields_agree_with_the_peer_on_one_binning():
    bench = benchmark()
    content = bench.flood()
    ours, peers = bench.ours(content, 1)["values"], bench.peers(content, 1)["values"]
    assert ours == pytest.approx(peers, rel=1e-9)


@needs_peer
@pytest.mark.skipif(not SHARED.exists(), reason="the real files of ../shared/data are not here")
def test_centre_of_the_real_flood_agrees_with_the_peer():
    # The useful field does not: the peer erodes it by a disc, the NMQC toolkit scales it.
    bench = benchmark()
    content = SHARED.read_bytes()
    ours, peers = bench.ours(content, 1)["values"], bench.peers(content, 1)["values"]
    for name in ("cfov_integral", "cfov_differential", "ufov_integral"):
        assert ours[name] == pytest.approx(peers[name], rel=1e-9)
