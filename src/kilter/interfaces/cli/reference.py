"""`kilter reference-object KIND OUT`: write a file of known truth, to prove an installed copy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from kilter.interfaces.cli.words import Parser
from kilter.measure.error import BadInput
from kilter.measure.reference_object import kinds, make


def reference_object(words: Sequence[str]) -> int:
    """Write a reference object and print what an installed copy must find in it.

    Raises:
        BadInput: no such fault, or the file cannot be written.
        NotFound: no such kind.
    """
    offered = "; ".join(f"{kind}: {', '.join(maker.faults)}" for kind, maker in sorted(kinds().items()))
    parser = Parser("reference-object", f"Write a file of known truth. Kinds and faults: {offered}.")
    parser.add_argument("kind")
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--fault", default="none")
    parser.add_argument("--seed", type=int, default=1, help="of the noise; 0 for an object without noise")
    parser.add_argument("--json", action="store_true")
    asked = parser.read(list(words))
    made = make(asked.kind, asked.fault, asked.seed)
    try:
        asked.out.write_bytes(made.file.content)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        message = f"{str(asked.out)[:200]} cannot be written: {why}"
        raise BadInput(message, field="out", code="no_file") from None
    if asked.json:
        print(json.dumps({"file": str(asked.out), "about": made.about, "truth": dict(made.truth)}))
        return 0
    print(f"{asked.out}: {made.about}")
    for name, value in made.truth.items():
        print(f"  {name} {value:.4g} (without noise)")
    print(f"  kilter run {made.procedure} {made.input}=@{asked.out}")
    return 0
