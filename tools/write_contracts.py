"""Write the snapshots of what others script against; `make contracts` runs it, the diff is read by hand."""

from __future__ import annotations

import json
import os
import sys
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


def command_line() -> None:
    """Write the golden answers of the command line."""
    sys.path.insert(0, str(TESTS.parent))
    from tests.interfaces.cli.cases import write

    write()


if __name__ == "__main__":
    openapi()
    command_line()
