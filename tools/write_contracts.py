"""Write the snapshots of what others script against; `make contracts` runs it, the diff is read by hand."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent / "tests"


def openapi() -> None:
    """Write the API's description."""
    os.environ["KILTER_HOME"] = tempfile.mkdtemp(prefix="kilter-contracts-")
    os.environ["DJANGO_SETTINGS_MODULE"] = "kilter.server.settings"
    import django

    django.setup()
    from kilter.interfaces.api.routes import api

    text = json.dumps(api.get_openapi_schema(), indent=1, sort_keys=True, default=str)
    (TESTS / "interfaces" / "api" / "openapi.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    openapi()
