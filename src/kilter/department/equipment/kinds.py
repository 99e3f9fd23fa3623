"""Kinds of device: keys such as `infusion_pump`, and the one rule by which words become one."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from kilter.measure.error import BadInput

KIND = re.compile(r"[a-z][a-z0-9_]{1,59}")


@lru_cache(maxsize=4096)
def kind_of(words: str) -> str:
    """Give the key of a kind that is written as words: `Infusion pump, syringe` is `infusion_pump_syringe`.

    Small letters without accents; whatever is neither letter nor figure parts them and becomes one low line.

    Raises:
        BadInput: what comes out is no key: it does not begin with a letter, or is too short or too long.
    """
    plain = unicodedata.normalize("NFKD", words.casefold())
    key = re.sub(r"[^a-z0-9]+", "_", "".join(one for one in plain if not unicodedata.combining(one))).strip(
        "_"
    )
    if not KIND.fullmatch(key):
        raise BadInput(f"kind: {words[:40]!r} gives no key such as infusion_pump", field="kind")
    return key
