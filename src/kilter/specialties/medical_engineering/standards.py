"""The texts that medical engineering stands on."""

from __future__ import annotations

from kilter.measure.citation import Citation

IEC_62353 = Citation(
    "IEC 62353",
    "Medical electrical equipment: recurrent test and test after repair of medical electrical equipment",
    "2014",
)
