"""Rows of a register that are validated, and registered, in a second: one sheet, read and imported.

    python -m benchmarks.importing [ROWS]

The bar is 2,000 validated rows a second; a peer's own import was reported at about 65 (see its issue 13962).
"""

from __future__ import annotations

import os
import sys
import tempfile
import time

ROWS = 20_000
BAR = 2000.0
COLUMNS = (
    "asset", "serial", "maker", "model", "kind", "class", "site", "building", "location", "cost", "installed"
)  # fmt: skip


def sheet_text(rows: int) -> bytes:
    """Give a register of so many devices of 200 models in 300 wards, as CSV."""
    lines = [",".join(COLUMNS)]
    for n in range(rows):
        model, ward = n % 200, n % 300
        device = f"B{n:06d},S{n:07d},Maker {model % 20},Type {model},infusion_pump,I"
        place = f"Royal,Block {ward // 30},Ward {ward}"
        lines.append(f"{device},{place},{n % 900}.50,2021-03-0{n % 9 + 1}")
    return "\n".join(lines).encode()


def main(rows: int) -> int:
    """Print both rates; status 1 where validation is slower than the bar."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["KILTER_HOME"] = home
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kilter.server.settings")
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        from kilter.department.intake.register import import_devices, read_devices
        from kilter.department.people.founding import found_department
        from kilter.formats.sheet import read_sheet
        from kilter.measure.quantity import File

        head = found_department(username="head", display_name="Head", password="a long enough pass phrase")
        content = sheet_text(rows)
        start = time.perf_counter()
        read = read_devices(read_sheet(File("register.csv", content)))
        validated = rows / (time.perf_counter() - start)
        assert (len(read.good), read.refused) == (rows, []), read.refused[:3]
        start = time.perf_counter()
        import_devices(by=head, rows=read, reason="benchmark")
        registered = rows / (time.perf_counter() - start)
    print(f"{rows} rows: {validated:.0f} validated rows/s, then {registered:.0f} registered rows/s")
    return 0 if validated >= BAR else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
