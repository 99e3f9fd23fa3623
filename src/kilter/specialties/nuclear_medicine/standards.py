"""The texts that nuclear medicine stands on."""

from __future__ import annotations

from kilter.measure.citation import Citation

NEMA_NU_1 = Citation("NEMA NU 1", "Performance measurements of gamma cameras", "2018", "uniformity")
NMQC = Citation(
    "IAEA NMQC", "IAEA-NMQC toolkit: planar uniformity, a plug-in for ImageJ", "2017", "operator manual"
)
