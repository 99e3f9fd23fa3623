"""Which detector head of a camera an image says it is of, and through which collimator."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kilter.formats.dicom_attributes import count, text, texts

if TYPE_CHECKING:
    from pydicom import Dataset

ATTRIBUTES = (
    "NumberOfDetectors",
    "DetectorVector",
    "DetectorInformationSequence",
    "ImageID",
    "SeriesDescription",
)
MOST_HEADS = 16

# A file of one detector numbers it 1 whichever head it is, so cameras write the head into the name.
_NAMED = re.compile(
    r"(?:^|[\W_])(?:H|HEAD|D|DET|DETECTOR)[\W_]?([1-9A-D])(?=$|[\W_])", re.ASCII | re.IGNORECASE
)
_COLLIMATOR = re.compile(r"[\w .+/-]{1,16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class DetectorHead:
    """What a planar file says of its detector.

    Attributes:
        name: number or letter of the head, "" where the file does not tell it.
        collimator: as the file names it, "" where it names none.
    """

    name: str = ""
    collimator: str = ""


def detector_head(dataset: Dataset) -> DetectorHead:
    """Read which head took a planar image (DICOM PS3.3, C.8.4.8 and C.8.4.11).

    The detector vector counts only in a file of several detectors. Otherwise the image's name and then its
    series' are looked at for one head; a name that speaks of two tells none. Of these texts nothing else is
    given on, for people write into them what they like.
    """
    vector = texts(dataset, "DetectorVector")
    heads = {one for one in vector if one.isascii() and one.isdigit() and 1 <= int(one[:9]) <= MOST_HEADS}
    several = (count(dataset, "NumberOfDetectors") or 1) > 1
    number = heads.pop() if several and len(set(vector)) == len(heads) == 1 else ""
    named = number or _named(text(dataset, "ImageID")) or _named(text(dataset, "SeriesDescription"))
    return DetectorHead(named, _collimator(dataset, int(number or 1)))


def _named(words: str) -> str:
    found = {one.upper() for one in _NAMED.findall(words)}
    return found.pop() if len(found) == 1 else ""


def _collimator(dataset: Dataset, number: int) -> str:
    detectors = list(dataset.get("DetectorInformationSequence") or [])
    if number > len(detectors):
        return ""
    written = text(detectors[number - 1], "CollimatorGridName").upper()
    return written if _COLLIMATOR.fullmatch(written) else ""
