"""A tester's file, whichever of the known formats it has."""

from __future__ import annotations

from kilter.formats.rigel import read_rigel
from kilter.formats.tester import Batch
from kilter.formats.tester_sheet import read_tester_sheet
from kilter.measure.error import BadInput
from kilter.measure.quantity import File


def read_batch(file: File) -> Batch:
    """Read a tester's file.

    Raises:
        BadInput: it has none of the known formats; the sentence says what each reader met.
    """
    try:
        return read_rigel(file.content)
    except BadInput as rigel:
        try:
            return read_tester_sheet(file)
        except BadInput as sheet:
            words = f"no Rigel export ({rigel.message}) and no neutral sheet ({sheet.message})"
            raise BadInput(words, field="file") from sheet
