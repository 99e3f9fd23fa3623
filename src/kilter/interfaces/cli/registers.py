"""`kilter register` and `kilter labels`: lists of devices as sheets, and labels to print."""

from __future__ import annotations

from pathlib import Path

from kilter.interfaces.cli.site import open_site, say
from kilter.interfaces.cli.words import Parser
from kilter.measure.error import BadInput, Conflict


def register(words: list[str]) -> int:
    """Write the register, or a list that a regulation names, as CSV or XLSX by the file's ending.

    Raises:
        BadInput: there is no such list, the ending is none, or the file cannot be written.
        Conflict: the file is there already.
    """
    parser = Parser("register", "Write the register, or a list that a regulation names, as CSV or XLSX.")
    parser.add_argument("list", help="full, irmer, loler or pssr")
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.read(words)
    open_site()
    from kilter.department.equipment.registers import sheet
    from kilter.formats.sheet_writer import write_sheet

    columns, body = sheet(options.list)
    rows = list(body)
    kind = options.file.suffix.lower().lstrip(".")
    _write(options.file, write_sheet(kind, columns, rows, raw=options.list == "full"))
    if options.json:
        say({"list": options.list, "file": str(options.file), "devices": len(rows)})
    else:
        print(f"{options.file}: {len(rows)} devices")
    return 0


def labels(words: list[str]) -> int:
    """Print labels for devices as a PDF; without an address the code holds the device's own number.

    Raises:
        BadInput: there is no such sheet, or no device was named.
        NotFound: there is no device of an asset number.
        Conflict: the file is there already.
    """
    parser = Parser("labels", "Print labels for devices as a PDF, with QR codes.")
    parser.add_argument("file", type=Path)
    parser.add_argument("assets", nargs="+", metavar="ASSET")
    parser.add_argument("--sheet", default="24", help="24 or 65 labels on A4")
    parser.add_argument("--skip", type=int, default=0, help="places of the first sheet that are used up")
    parser.add_argument("--address", default="", help="of this site, such as https://kilter.hospital.example")
    parser.add_argument("--json", action="store_true")
    options = parser.read(words)
    open_site()
    from kilter.department.equipment.queries import device_by_asset
    from kilter.interfaces.reports.labels import DeviceLabel, labels_pdf

    start = f"{options.address.rstrip('/')}/devices/" if options.address else "kilter:"
    made = [
        DeviceLabel(one.asset, str(one.model), one.serial, f"{start}{one.uuid}")
        for one in (device_by_asset(asset) for asset in options.assets)
    ]
    pdf = labels_pdf(made, sheet=options.sheet, skip=options.skip, site=site_name())
    _write(options.file, pdf)
    if options.json:
        say({"file": str(options.file), "labels": len(made)})
    else:
        print(f"{options.file}: {len(made)} labels")
    return 0


def site_name() -> str:
    """Give the department's name, as the labels bear it."""
    from django.conf import settings

    return str(settings.KILTER.department)


def _write(path: Path, content: bytes) -> None:
    """Write a new file."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise Conflict(f"{path} is there already", field="file") from None
    except OSError as problem:
        raise BadInput(f"{path} cannot be written: {problem.strerror}", field="file") from problem
