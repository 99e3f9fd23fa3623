"""Sheets of labels for devices: asset number, model, serial, and a QR code that leads to the device."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kilter.interfaces.reports.typeset import typeset
from kilter.measure.error import BadInput

_TEMPLATE = Path(__file__).with_name("labels.typ")
_A4 = (210.0, 297.0)
MOST = 2000
LINE = 26
"""Characters of a line of a label; what is longer is cut."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of A4 with labels in the middle of it: how many, and their size and gap in millimetres."""

    title: str
    columns: int
    rows: int
    width: float
    height: float
    gap: float

    @property
    def count(self) -> int:
        """Labels on one sheet."""
        return self.columns * self.rows


SHEETS: dict[str, Sheet] = {
    "24": Sheet("24 a sheet, 63.5 x 33.9 mm", 3, 8, 63.5, 33.9, 2.5),
    "65": Sheet("65 a sheet, 38.1 x 21.2 mm", 5, 13, 38.1, 21.2, 2.5),
}


@dataclass(frozen=True, slots=True)
class DeviceLabel:
    """What one label says; `address` is what its QR code holds, and `mark` stands before the serial."""

    asset: str
    model: str
    serial: str
    address: str
    mark: str = "SN "


def labels_pdf(labels: Sequence[DeviceLabel], *, sheet: str = "24", skip: int = 0, site: str = "") -> bytes:
    """Print labels.

    Args:
        labels: in order.
        sheet: a key of `SHEETS`.
        skip: places at the start of the first sheet that are used up already.
        site: a line that says whose device it is.

    Raises:
        BadInput: there are none or too many, or there is no such sheet or place on it.
    """
    if not 0 < len(labels) <= MOST:
        raise BadInput(f"labels: choose from 1 to {MOST}", field="labels")
    if sheet not in SHEETS:
        raise BadInput(f"sheet: must be one of {', '.join(SHEETS)}", field="sheet")
    form = SHEETS[sheet]
    if isinstance(skip, bool) or not isinstance(skip, int) or not 0 <= skip < form.count:
        raise BadInput(f"skip: must be a whole number from 0 to {form.count - 1}", field="skip")
    rows: list[dict[str, Any] | None] = [None] * skip
    rows += [
        {
            "asset": label.asset,
            "model": label.model[:LINE],
            "serial": f"{label.mark}{label.serial}"[:LINE] if label.serial else "",
            "site": site[:LINE],
            "figure": number,
        }
        for number, label in enumerate(labels)
    ]
    content = {
        "title": f"Labels: {len(labels)}",
        "columns": form.columns,
        "width": form.width,
        "height": form.height,
        "gap": form.gap,
        "margin_x": (_A4[0] - form.columns * form.width - (form.columns - 1) * form.gap) / 2,
        "margin_y": (_A4[1] - form.rows * form.height) / 2,
        "labels": rows,
    }
    return typeset(_TEMPLATE, content, [qr_svg(label.address) for label in labels], 0)


def qr_svg(address: str) -> str:
    """Draw a QR code that survives a scratch (error correction Q), with its quiet zone."""
    import segno

    drawn = io.BytesIO()
    segno.make(address, error="q", micro=False).save(drawn, kind="svg", xmldecl=False, border=4)
    return drawn.getvalue().decode()
