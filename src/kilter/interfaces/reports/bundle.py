"""The script that draws figures in the browser, written when an installation is built.

It is the very Vega, Vega-Lite and Vega-Embed that draw the figures of a certificate, taken from the
installed vl-convert; nothing is fetched and nothing of it is kept in the source tree. Vega-Embed
brings the expression interpreter, so that `ast: true` works where a page may not evaluate text.
"""

from __future__ import annotations

import sys
from pathlib import Path

from kilter.measure.error import BadInput, Fault

BUNDLE_NAME = "vega-bundle.js"
_SNIPPET = "window.vegaEmbed = vegaEmbed;"


def bundle_text() -> str:
    """Give the script, about 0.9 MB.

    Raises:
        Fault: the installed vl-convert carries no expression interpreter.

    """
    import vl_convert

    text: str = vl_convert.javascript_bundle(_SNIPPET)
    if "expressionInterpreter" not in text:
        raise Fault("this vl-convert brings no expression interpreter: figures would need unsafe-eval")
    return text


def write_bundle(folder: Path) -> Path:
    """Write the script into a folder of static files, whole or not at all; give its path.

    Raises:
        BadInput: the folder cannot be written to.

    """
    target = folder / BUNDLE_NAME
    partial = target.with_suffix(".partial")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial.write_text(bundle_text(), encoding="utf-8")
        partial.replace(target)
    except OSError as error:
        raise BadInput(f"{folder} cannot be written to: {error.strerror}", field="folder") from None
    return target


if __name__ == "__main__":
    print(write_bundle(Path(sys.argv[1] if len(sys.argv) > 1 else "var/static/kilter")))
