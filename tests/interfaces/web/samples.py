"""A sample context for every page, as a ward would have them: what a view has to give each template."""

from __future__ import annotations

from typing import Any

from tests.interfaces.sealed import LIMIT, protective_earth
from tests.interfaces.web.sample_fields import FIELDS

SITE: dict[str, Any] = {
    "site": "Northern Infirmary",
    "now": "2026-11-22T07:00:00Z",
    "person": {"name": "A. Technologist", "role": "Technologist", "href": "/people/1/", "sign_out": "/out/"},
    "demo": True,
    "search": {"href": "/search/"},
    "nav": [
        {"word": "Today", "href": "/", "here": True, "key": "g t"},
        {"word": "Work", "href": "/work/", "key": "g w"},
        {"word": "Schedule", "href": "/schedule/", "key": "g s"},
        {"word": "Materials"},
        {"word": "People", "href": "/people/", "key": "g p"},
        {"word": "Safety"},
        {"word": "Projects"},
        {"word": "Specialties", "href": "/specialties/"},
    ],
    "csrf_input": "",
}
DEVICE = {"name": "Infusion pump, Alaris GP", "asset": "ME004211", "href": "/devices/1/"}
EMPTY = {"text": "Nothing is due this week.", "href": "/schedule/", "action": "See the next month"}
CONFIRMED = LIMIT | {"read": "yes", "level": "remedial", "high": 0.2, "text": "at most 0.2 Ω"}


def columns(*words: str) -> list[dict[str, Any]]:
    return [{"word": word} for word in words]


def part(rows: list[Any], *words: str) -> dict[str, Any]:
    return {"columns": columns(*words), "rows": rows, "empty": EMPTY}


def trend(name: str = "resistance") -> dict[str, Any]:
    """Give a trend with its limit as a figure and as a table."""
    values = [
        {"day": f"20{year}-0{month}-01", "value": 0.1 + 0.01 * month} for year in (25, 26) for month in (1, 5)
    ]
    axis = {"x": {"field": "day", "type": "temporal"}, "y": {"field": "value", "type": "quantitative"}}
    spec = {
        "width": 420,
        "height": 160,
        "data": {"values": values},
        "layer": [
            {"mark": {"type": "line", "point": True}, "encoding": axis},
            {
                "transform": [{"calculate": "datum.value * 0 + 0.3", "as": "limit"}],
                "mark": {"type": "rule", "strokeDash": [4, 4], "color": "#b3261e"},
                "encoding": {"y": {"field": "limit", "type": "quantitative"}},
            },
        ],
    }
    return {
        "id": name,
        "title": "Protective earth resistance, Ω",
        "alt": "Four readings from 0.11 Ω to 0.15 Ω since 2025, limit 0.3 Ω",
        "spec": spec,
        "columns": columns("Day", "Resistance"),
        "rows": [[row["day"], row["value"]] for row in values],
    }


def due_row(asset: str, verdict: str, word: str, at: str) -> list[Any]:
    return [
        {"text": f"Infusion pump {asset}", "href": f"/devices/{asset}/", "sub": "Ward 7, bay 2"},
        {"text": "Electrical safety", "href": "/tests/1/"},
        {"verdict": verdict, "word": word},
        {"at": at},
    ]


DUE = part(
    [
        due_row("ME004211", "suspension", "overdue", "2026-11-12T07:00:00Z"),
        due_row("ME004212", "remedial", "due", "2026-11-22T06:00:00Z"),
        due_row("ME004213", "recorded", "in a week", "2026-11-29T06:00:00Z"),
    ],
    "Device",
    "Test",
    "State",
    "Due",
)
DUE["columns"][0] |= {"href": "?sort=device", "sorted": "ascending"}

TODAY = {
    "title": "Today",
    "counts": [
        {"word": "overdue", "number": 14, "href": "/schedule/?late", "tone": "bad"},
        {"word": "due today", "number": 31, "href": "/schedule/", "tone": "warn"},
        {"word": "failed", "number": 2, "href": "/work/", "tone": "bad"},
        {"word": "expiring", "number": 3, "href": "/people/", "tone": "warn"},
        {"word": "waiting for me", "number": 1, "href": "/waiting/", "tone": "plain"},
    ],
    "waiting": part([], "What", "Who", "Since"),
    "failed": DUE,
    "due": DUE,
    "downtime": part([], "Device", "Why", "From", "Until", "State"),
    "expiring": part(
        [[{"text": "Tester TI0003", "href": "/d/3"}, {"at": "2026-12-01T00:00:00Z"}]], "What", "When"
    ),
    "toasts": [{"text": "Draft passed to B. Engineer.", "verdict": "within"}],
}
DEVICE_PAGE = {
    "title": "ME004211",
    "device": DEVICE,
    "crumbs": [{"text": "Estate", "href": "/devices/"}, {"text": "Ward 7", "href": "/places/7/"}],
    "status": {
        "name": "out_of_use",
        "reasons": [
            {
                "text": "Protective earth resistance failed: 0.412 Ω ± 0.010 Ω, at most 0.3 Ω",
                "href": "/records/12/",
            },
            {"text": "Job 881 is open", "href": "/work/881/"},
        ],
        "more": "Do not use. Held since 22 Nov 2026 07:04 by the record below.",
    },
    "facts": [
        ["Maker", "CareFusion"],
        ["Serial number", "8002-133977"],
        ["Class", "I, type CF"],
        ["Place", {"text": "Ward 7, bay 2", "href": "/places/7/"}],
    ],
    "due": DUE,
    "tests": [{"text": "Electrical safety", "href": "/tests/1/"}, {"text": "Flow rate", "href": "/tests/2/"}],
    "actions": [{"text": "Report a fault", "href": "/fault/"}],
    "figures": [trend()],
    "events": [
        {
            "at": "2026-11-22T07:04:00Z",
            "text": "Electrical safety",
            "href": "/records/12/",
            "verdict": "suspension",
            "word": "fail",
            "sub": "A. Technologist",
        },
        {"at": "2025-11-20T09:00:00Z", "text": "Moved from Ward 3"},
    ],
}
OUTCOME = {
    "state": "judged",
    "valid": True,
    "verdict": "suspension",
    "word": "fail",
    "reasons": [{"text": "Resistance is above its limit"}],
    "results": [
        {
            "label": "Resistance",
            "text": "0.412 Ω ± 0.010 Ω",
            "verdict": "suspension",
            "word": "fail",
            "limits": [LIMIT, CONFIRMED],
        }
    ],
    "rule": "simple acceptance",
    "read": [["Reading", "0.412 Ω"], ["Test lead", "0 Ω, not typed"]],
    "notes": [{"code": "n", "text": "The lead was taken off the reading."}],
    "faults": [],
}
PEOPLE = [{"value": "2", "label": "B. Engineer"}, {"value": "3", "label": "C. Physicist"}]
PEOPLE_TICKED = [one | {"ticked": number == 0} for number, one in enumerate(PEOPLE)]
SIGN = {
    "by": "A. Technologist",
    "means": "pin",
    "meaning": "I made these measurements and they are as shown. The device is taken out of use.",
    "second": {"why": "The policy wants a second person for this override.", "options": PEOPLE},
}
TEST = {
    "title": "Protective earth resistance",
    "procedure": {
        "title": "Protective earth resistance",
        "href": "/specialties/1/",
        "cites": ["IEC 62353, 2014"],
    },
    "device": DEVICE,
    "draft": {
        "id": "d1",
        "version": 3,
        "owner": "A. Technologist",
        "age": "2026-11-22T06:56:00Z",
        "mine": True,
        "question": "",
    },
    "form": {
        "action": "/drafts/d1/",
        "live": "/live/",
        "sections": [
            {
                "key": "earth",
                "title": "Protective earth",
                "optional": False,
                "fields": FIELDS,
                "filled": "arrangement: with_cord",
                "href": "/specialties/1/",
                "checklist": False,
            }
        ],
    },
    "hidden": {"device": "d", "protocol": "p", "supersedes": ""},
    "instrument": {
        "name": "instruments",
        "label": "Test instrument",
        "type": "instrument",
        "required": True,
        "options": [{"value": "t", "label": "TI0003 Rigel 288+, until 1 Mar 2027"}],
    },
    "reasons": [
        {"name": "reason.0", "label": "Why was reading = 1.2 discarded?", "type": "text", "required": True}
    ],
    "supersedes": None,
    "faults": [{"field": "intact", "message": "Enclosure intact: say yes or no"}],
    "outcome": OUTCOME,
    "discard": {
        "options": [{"value": "reading", "label": "Reading"}],
        "done": [
            {"name": "Reading", "typed": "1.2ohm", "reason": "probe slipped", "at": "2026-11-22T06:58:00Z"}
        ],
    },
    "colleagues": PEOPLE,
    "sign": SIGN,
}
RECORD = {
    "title": "Record 12",
    "document": protective_earth(supersedes={"id": "x", "reason": "wrong class chosen"}),
    "hash": "cd" * 32,
    "pdf": "/records/12.pdf",
    "device_href": "/devices/1/",
    "amend": "/records/12/amend/",
    "superseded_by": {"href": "/records/14/", "number": 14, "reason": "lead forgotten"},
    "checked": {
        "verify": {"verdict": "within", "word": "unbroken", "text": "4 012 records, checked today"},
        "replay": {"verdict": "within", "word": "same", "text": "with version 1 and the limits as sealed"},
    },
    "figures": [trend()],
}
LISTING = {
    "title": "Jobs",
    "heading": "Jobs",
    "intro": "Opened by failures and reports; a passing retest closes them.",
    "filters": {"href": "/work/", "fields": [{"name": "q", "label": "Device or place", "type": "search"}]},
    "table": DUE | {"caption": "Open jobs"},
    "actions": [{"text": "Report a fault", "href": "/fault/"}],
    "pages": {"text": "1 to 50 of 212", "next": "?page=2"},
}
NOTHING = {
    "title": "Search",
    "heading": "Nothing found for ME9",
    "table": part([], "Device")
    | {
        "caption": "Found",
        "empty": {
            "text": "No device has this number.",
            "href": "/devices/new/",
            "action": "Enter a new device",
        },
    },
}
PERSON = {
    "title": "A. Technologist",
    "subject": {"name": "A. Technologist", "role": "Technologist"},
    "authorisations": part(
        [["Electrical safety", "Infusion pumps", "sign", {"verdict": "within", "word": "until 1 Mar 2027"}]],
        "Activity",
        "Scope",
        "Level",
        "State",
    ),
    "facts": [["Account", "a.technologist"]],
    "history": [{"at": "2025-11-20T09:00:00Z", "text": "Electrical safety granted by D. Head"}],
    "actions": [{"text": "Grant", "href": "/grant/"}],
}
SPECIALTY = {"name": "Medical engineering", "href": "/specialties/me/"}
SPECIALTIES = {
    "title": "Specialties",
    "specialties": [
        SPECIALTY | {"about": "Electrical safety and function.", "procedures": 9, "unconfirmed": 7},
        {"name": "Nuclear medicine", "href": "/nm/", "about": "Cameras.", "procedures": 1, "unconfirmed": 0},
    ],
}
SPECIALTY_PAGE = {
    "title": "Medical engineering",
    "specialty": {
        "name": "Medical engineering",
        "about": "Electrical safety and function of equipment.",
        "standards": ["IEC 62353, 2014: Recurrent test and test after repair"],
        "words": [["suspension", "fail"], ["remedial", "watch"], ["within", "pass"]],
        "adopt": "/adopt/",
    },
    "table": part(
        [[{"text": "Protective earth resistance", "href": "/p/"}, "equipment", "IEC 62353, 2014"]],
        "Procedure",
        "Use",
        "Source",
    ),
}
PROCEDURE = {
    "title": "Protective earth resistance",
    "specialty": SPECIALTY,
    "procedure": {
        "key": "medical_engineering.protective_earth",
        "title": "Protective earth resistance",
        "version": 1,
        "use": "equipment",
        "about": ["Resistance of the protective earth path, with the test lead taken off."],
        "formula": "resistance = reading - test_lead",
        "method": "first-order propagation (JCGM 100:2008)",
        "cites": ["IEC 62353, 2014"],
        "command": "kilter run medical_engineering.protective_earth reading=120mohm",
        "http": 'POST /api/procedures/medical_engineering.protective_earth/run {"reading": "120mohm"}',
    },
    "inputs": part([["Reading", "Ω", "none"]], "Input", "Unit", "Default"),
    "results": part([["Resistance", "Ω"]], "Result", "Unit"),
    "limits": part([["With cord", {"limits": [LIMIT]}]], "When", "Limit and source"),
    "examples": part([["Lead taken off", "0.12 Ω", "analytic truth"]], "Example", "Expected", "Source"),
    "start": "/tests/1/",
    "changes": [["1", "First version."]],
}
ADOPTION = {
    "title": "Limits",
    "specialty": SPECIALTY,
    "schedule": [
        {"key": "pe", "procedure": "Protective earth", "limit": LIMIT, "note": "with cord"},
        {"key": "pe2", "procedure": "Protective earth", "limit": CONFIRMED},
        {"key": "pe3", "procedure": "Protective earth", "limit": LIMIT | {"read": "adopted"}},
    ],
    "form": {"action": "/adopt/"},
    "faults": [],
    "sign": SIGN
    | {"means": "password", "second": None, "meaning": "I have compared these with the standard."},
}
BATCH = {
    "title": "Sign several",
    "drafts": [
        {
            "id": f"d{n}",
            "version": 2,
            "device": f"ME00421{n}",
            "procedure": "Protective earth resistance",
            "href": f"/drafts/d{n}/",
            "verdict": "within",
            "word": "pass",
            "valid": n != 2,
            "blocked": "The analysis cannot tell." if n == 2 else None,
        }
        for n in (1, 2, 3)
    ],
    "form": {"action": "/sign/"},
    "faults": [],
    "sign": SIGN | {"second": None, "button": "Sign those ticked"},
}
LOGIN = {
    "title": "Sign in",
    "person": None,
    "nav": [],
    "search": None,
    "form": {"action": "/in/", "next": "/"},
    "faults": [{"field": "username", "message": "Name and password do not belong together"}],
    "accounts": [{"name": "tech", "password": "demo", "role": "Technologist"}],
}


def error(status: int, headline: str, message: str, **more: Any) -> dict[str, Any]:
    return {"title": headline, "status": status, "headline": headline, "message": message, **more}


OWNER = {"name": "owner", "label": "Owner", "type": "text", "value": "Renal"}
KIND = {"name": "kind", "label": "Kind", "type": "choice", "options": [{"value": "a", "label": "pump"}]}
FORM = {
    "title": "Register a device",
    "heading": "Register a device",
    "intro": "What the label says is filled in.",
    "crumb": {"text": "Devices", "href": "/devices/"},
    "fields": [OWNER, KIND | {"required": True, "error": "kind: choose one"}],
    "faults": [{"field": "kind", "message": "kind: choose one"}],
    "form": {"action": "/devices/new/"},
    "hidden": {"version": "3"},
    "button": "Register",
}
REGISTER = {
    "title": "Devices",
    "heading": "Devices",
    "filters": {"href": "/devices/", "fields": [OWNER, KIND]},
    "devices": [
        {
            "value": "1:1",
            "asset": "ME004211",
            "href": "/devices/1/",
            "sub": "Alaris GP",
            "cells": ["S1", "in service"],
        },
    ],
    "columns": ["Serial", "State"],
    "empty": EMPTY,
    "actions": [{"text": "Register a device", "href": "/devices/new/"}],
    "offers": [{"text": "Labels", "action": "/labels/"}, {"text": "Edit", "action": "/devices/bulk/"}],
    "pages": {"text": "1 on this page", "next": "?after=ME004211"},
}
HOW = [{"value": "", "label": "leave as it is"}, {"value": "set", "label": "set to"}]
BULK = {
    "title": "Edit several",
    "heading": "Edit 2 devices",
    "devices": [{"value": "1:1", "asset": "ME1"}, {"value": "2:1", "asset": "ME2"}],
    "rows": [
        {
            "name": "owner",
            "label": "Owner",
            "how": {"name": "owner.how", "label": "Owner", "type": "choice", "options": HOW, "value": ""},
            "field": OWNER | {"label": "Owner: new value", "bare": True},
        }
    ],
    "faults": [{"field": "owner", "message": "owner: type the new value"}],
    "form": {"action": "/devices/bulk/"},
}
STOCKTAKE = {
    "title": "Stocktake of Ward 7",
    "heading": "Stocktake of Ward 7",
    "open": True,
    "form": {"action": "/stocktakes/1/"},
    "faults": [],
    "last": "ME004211 seen",
    "counts": [["Devices seen", "1"]],
    "missing": part([], "Device"),
    "elsewhere": part([[{"text": "ME1", "href": "/devices/1/"}]], "Device"),
    "may_move": True,
    "moves": ["1:1"],
    "found": part([], "Device"),
    "unknown": part([["ZZZ"]], "Label"),
}

IMPORT = {
    "title": "Import devices",
    "faults": [],
    "form": {"action": "/import/"},
    "exports": [{"text": "Whole register (CSV)", "href": "/devices/export/full.csv"}],
    "table": part(
        [["import of old.csv", "today", "120", {"text": "Undo", "href": "/import/undo/1/"}]],
        *("Import", "When", "Devices", "State"),
    ),
}
IMPORT_SHEET = {
    "title": "Import old.csv",
    "heading": "Import old.csv",
    "faults": [],
    "form": {"action": "/import/ab/"},
    "counts": [["Rows", "2"], ["Refused", "1"]],
    "columns": [KIND | {"name": "column.0", "label": "Make", "help": "First cell: Acme", "bare": True}],
    "said": ["the file is no UTF-8: read as windows-1252"],
    "others": [{"text": "Read it as mac-roman", "href": "/import/ab/?encoding=mac-roman"}],
    "written": [KIND | {"name": "dates", "label": "Days are written", "help": "Say which.", "bare": True}],
    "words": [{"heading": "Words for state", "fields": [KIND | {"name": "word.state.1"}], "more": 3}],
    "for_all": [KIND | {"name": "all.kind", "label": "Kind", "bare": True}],
    "given_for_all": True,
    "mappings": ["old system"],
    "refused": ["row 3: cost: must be an amount such as 1250.00"],
    "remarks": ["row 2: the maker 'Dreager' is nearly 'Dräger' of the register"],
}

IMPORT_PAGE = {
    "title": "Import old.xlsx",
    "heading": "Import old.xlsx",
    "faults": [{"field": "", "message": "page: say which worksheet to read: One, Two"}],
    "pages": [{"text": "One", "href": "/import/ab/?page=One"}],
}
IMPORT_GUDID = {
    "title": "Complete from GUDID",
    "heading": "Complete from GUDID",
    "crumb": {"text": "Models", "href": "/models/"},
    "faults": [],
    "form": {"action": "/models/gudid/ab/"},
    "counts": [["Devices in the file", "2"]],
    "changes": ["Northfield Infusa 3: brand, codes"],
    "lines": ["Northfield Infusa 3: brand is 'Infusa' here, 'Infusa III' as declared"],
    "fields": [KIND | {"name": "others", "label": "Models that the register has not"}],
}

PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "today": ("today.html", TODAY),
    "device": ("device.html", DEVICE_PAGE),
    "test": ("test.html", TEST),
    "record": ("record.html", RECORD),
    "statement": (
        "record.html",
        {
            "title": "Record 15",
            "document": {
                "form": 1,
                "id": "s",
                "kind": "statement",
                "chain": {"number": 15, "previous": "ab" * 32},
                "person": {"name": "D. Head", "role": "Head of department"},
                "sealed_at": "2026-11-22T07:10:00Z",
                "statement": {"act": "return to use", "subject": "ME004211", "text": "Lead replaced."},
            },
            "hash": "cd" * 32,
            "pdf": "/records/15.pdf",
            "checked": {"verify": {"verdict": "within", "word": "unbroken", "text": "checked today"}},
            "figures": [],
        },
    ),
    "trend": (
        "trend.html",
        {
            "title": "Trend",
            "heading": "Protective earth resistance",
            "device": DEVICE,
            "figure": trend(),
            "summary": [["Readings", "4"]],
            "table": DUE,
        },
    ),
    "quality": (
        "quality.html",
        {
            "title": "Quality control",
            "heading": "Quality control",
            "device": DEVICE,
            "status": {"name": "out_of_use", "reasons": []},
            "tests": DUE,
            "parts": [
                {
                    "heading": "Uniformity of a flood",
                    "lost": "1 stored files cannot be read and are not drawn.",
                    "sections": [
                        {
                            "heading": heading,
                            "caption": f"Uniformity of a flood, {heading}",
                            "newest": {
                                "verdict": "within",
                                "word": "pass",
                                "at": "2026-11-22T07:04:00Z",
                                "href": "/records/1/",
                            },
                            "maps": [trend(f"map-0-{number}")],
                            "figures": [trend(f"trend-0-{number}") | {"href": "/devices/1/trend/x/y/"}],
                            "others": part(
                                [[{"text": "Pixel", "href": "/t/1"}, "4.48 mm", "3"]],
                                "Result",
                                "Newest",
                                "Readings",
                            ),
                        }
                        for number, heading in enumerate(("Head 1", "Head 2"))
                    ],
                }
            ],
        },
    ),
    "search": ("search.html", NOTHING),
    "form": ("form.html", FORM),
    "import": ("import.html", IMPORT),
    "import_sheet": ("import_sheet.html", IMPORT_SHEET),
    "import_page": ("import_page.html", IMPORT_PAGE),
    "import_gudid": ("import_gudid.html", IMPORT_GUDID),
    "devices": ("devices.html", REGISTER),
    "bulk": ("bulk.html", BULK),
    "stocktake": ("stocktake.html", STOCKTAKE),
    "work": ("work.html", LISTING),
    "ward": (
        "ward.html",
        {
            "title": "Ward 7",
            "heading": "Daily checks: Ward 7",
            "crumb": {"text": "Daily checks", "href": "/wards/"},
            "intro": "1 of 2 checks are done today.",
            "faults": [],
            "out_of_order": [
                {"device": "Ringway D1", "href": "/d/1/", "released": False, "spares": ["Ringway D3, Ward 8"]}
            ],
            "call": "extension 2222",
            "may": True,
            "checks": [
                {
                    "name": "d2.check",
                    "device": "Ringway D2",
                    "href": "/d/2/",
                    "place": "Ward 7",
                    "title": "Daily user check of a defibrillator",
                    "draft": "0",
                    "ok": False,
                    "items": [{"key": "pads", "text": "Pads in date", "ticked": False}],
                    "remark": "",
                    "open": True,
                }
            ],
            "done": {"columns": [], "rows": [], "empty": {"text": "Nothing is checked yet today."}},
            "missed": {"columns": [], "rows": [], "empty": {"text": "No check was missed."}},
            "form": {"action": "/wards/1/"},
            "sign": SIGN | {"second": None},
        },
    ),
    "planned": (
        "planned.html",
        {
            "title": "Planned jobs",
            "heading": "Planned jobs",
            "crumb": {"text": "Schedule", "href": "/schedule/"},
            "intro": "2 visits have no job yet; what is late comes along.",
            "filters": [
                {
                    "name": "month",
                    "label": "Until the end of",
                    "type": "choice",
                    "required": True,
                    "options": [{"value": "2026-11", "label": "November 2026"}],
                    "value": "2026-11",
                },
                {"name": "place", "label": "Place", "type": "text", "required": False, "value": "Ward 7"},
            ],
            "faults": [],
            "may": True,
            "table": part([[DEVICE["name"], "2026-11-20", "Electrical safety"]], "Device", "Day", "Tests")
            | {"caption": "Visits"},
            "form": {"action": "/schedule/jobs/"},
        },
    ),
    "schedule": ("schedule.html", LISTING | {"title": "Schedule", "heading": "Schedule"}),
    "people": ("people.html", LISTING | {"title": "People", "heading": "People"}),
    "person": ("person.html", PERSON),
    "specialties": ("specialties.html", SPECIALTIES),
    "specialty": ("specialty.html", SPECIALTY_PAGE),
    "procedure": ("procedure.html", PROCEDURE),
    "adoption": ("adoption.html", ADOPTION),
    "batch": ("batch.html", BATCH),
    "login": ("login.html", LOGIN),
    "me": (
        "me.html",
        {
            "title": "My account",
            "has_pin": False,
            "activities": ["people.create_feed", "people.set_email"],
            "email": "e.engineer@hospital.example",
            "person_href": "/p/",
            "form": {"action": "/pin/"},
            "faults": [],
        },
    ),
    "calendar": (
        "calendar.html",
        {
            "title": "My calendar",
            "crumb": {"text": "My account", "href": "/me/"},
            "address": "https://kilter.example/calendar.ics?key=agenda_x",
            "since": None,
            "form": {"action": "/me/calendar/"},
            "faults": [],
        },
    ),
    "intervals": (
        "intervals.html",
        {
            "title": "Intervals",
            "heading": "Intervals of Northfield Infusa 3",
            "crumb": {"text": "Northfield Infusa 3", "href": "/m/"},
            "intro": "Risk score 10.",
            "low": DUE | {"caption": "Proposals"},
            "table": DUE | {"caption": "Decisions"},
            "actions": [{"text": "Answer the questions of risk", "href": "/m/risk/"}],
        },
    ),
    "policy": (
        "policy.html",
        {
            "title": "Policy",
            "heading": "Policy",
            "crumb": {"text": "Schedule", "href": "/schedule/"},
            "tables": [DUE | {"caption": "How often"}, DUE | {"caption": "What follows"}],
            "actions": [{"text": "Set how often", "href": "/policy/frequency/"}],
        },
    ),
    "statement_form": (
        "statement.html",
        {
            "title": "Hold",
            "heading": "Hold",
            "crumb": {"text": "ME004211", "href": "/devices/1/"},
            "fields": [
                {"name": "text", "label": "What is the matter", "type": "long_text", "required": True}
            ],
            "faults": [],
            "form": {"action": "/hold/"},
            "sign": SIGN | {"second": None},
        },
    ),
    "visit": (
        "visit.html",
        {
            "title": "Electrical safety",
            "heading": "Electrical safety",
            "device": DEVICE,
            "verdict": {"verdict": "suspension", "word": "fail"},
            "state": {"state": "out_of_use", "reasons": [{"text": "Protective earth failed"}]},
            "signed": {"by": "A. Technologist", "at": "2026-11-22T07:04:00Z"},
            "rows": [
                [
                    {"text": "Protective earth", "href": "/r/"},
                    "0.35 Ω",
                    {"verdict": "suspension", "word": "fail"},
                    {"text": "PDF", "href": "/r.pdf"},
                ]
            ],
        },
    ),
    "authorise": (
        "authorise.html",
        {
            "title": "Authorise several",
            "people": PEOPLE_TICKED,
            "fields": [{"name": "reason", "label": "Reason", "type": "long_text", "required": True}],
            "form": {"action": "/people/authorise/"},
            "faults": [],
        },
    ),
    "job": (
        "job.html",
        {
            "title": "Job",
            "heading": "Protective earth: fail",
            "device": DEVICE,
            "facts": [["State", "open"]],
            "events": [{"at": "2026-11-22T07:04:00Z", "text": "Opened"}],
            "open": True,
            "retest": "/tests/1/",
            "next": [{"text": "Set the priority", "href": "/work/1/triage/"}],
            "take": True,
            "note": True,
            "took": [["Down time", "3 h"]],
            "tests": [{"text": "Record, as found", "href": "/records/12/"}],
            "similar": part([], "Fault", "What cured it") | {"caption": "Faults like this one", "repeats": 1},
            "form": {"action": "/work/1/"},
            "faults": [],
        },
    ),
    "alert": (
        "alert.html",
        {
            "title": "DSI/2026/014",
            "heading": "Door latch may open",
            "crumb": {"text": "Safety", "href": "/safety/"},
            "facts": [["Reference", "DSI/2026/014"], ["Acknowledge by", "24 Nov 2026"]],
            "criteria": [["Makers", "Alaris"], ["Serial numbers", "800100 to 800499"]],
            "wording": "Check the latch.\nReport what you find.",
            "filters": {"href": "/safety/alerts/1/", "fields": []},
            "devices": [
                {
                    "value": "1",
                    "asset": "ME004211",
                    "device": {"text": "Alaris GP", "href": "/devices/1/", "sub": "ME004211"},
                    "cells": [
                        {"verdict": "suspension", "word": "exact"},
                        "serial 800211 lies in it",
                        "open",
                    ],
                }
            ],
            "columns": ["Match", "Why", "Dealt with"],
            "next": "/safety/alerts/1/?after=1",
            "acts": [{"value": "settle", "text": "Dealt with"}],
            "links": [{"text": "Acknowledge", "href": "/safety/alerts/1/acknowledge/"}],
            "typed": "",
            "form": {"action": "/safety/alerts/1/"},
            "events": [{"at": "2026-11-22T07:04:00Z", "text": "Received"}],
            "faults": [],
        },
    ),
    "safety": (
        "safety.html",
        {
            "title": "Safety",
            "heading": "Safety",
            "actions": [{"text": "Enter an alert", "href": "/safety/alerts/new/"}],
            "alerts": part(
                [[{"text": "Door latch", "href": "/safety/alerts/1/"}, "2 open"]], "Alert", "Devices"
            ),
            "incidents": part([], "Incident", "Device"),
            "hazards": part([], "Hazard", "Risk"),
            "matrix": "NPSA, a risk matrix for risk managers",
            "confirmed": False,
        },
    ),
    "incident": (
        "safety_item.html",
        {
            "title": "Incident 4",
            "heading": "Pump delivered too fast",
            "crumb": {"text": "Safety", "href": "/safety/"},
            "facts": [["When", "22 Nov 2026"], ["Harm", "none"]],
            "text": "Seen by the nurse.\nThe line was changed.",
            "links": [{"text": "Record the finding", "href": "/safety/incidents/1/investigate/"}],
            "tables": [part([], "Evidence", "Kept") | {"caption": "Evidence"}],
        },
    ),
    "introduction": (
        "introduction.html",
        {
            "title": "Infusa 4",
            "heading": "Infusa 4",
            "crumb": {"text": "Introductions", "href": "/introductions/"},
            "status": {
                "name": "remedial",
                "word": "Not live yet",
                "reasons": [{"text": "Go-live: not signed"}],
            },
            "facts": [
                ["Model", {"text": "Northfield Infusa 4", "href": "/models/1/"}],
                ["Begun", "1 Nov 2026"],
            ],
            "tables": [
                part(
                    [
                        [
                            {"text": "Acceptance"},
                            {"verdict": "within", "word": "stands"},
                            {"text": "safety test", "href": "/records/1/", "sub": "passed"},
                            {"text": "Answer", "href": "/introductions/1/acceptance/", "sub": ""},
                        ]
                    ],
                    "Stage",
                    "State",
                    "Newest answer",
                    "Next",
                )
                | {"caption": "ME004211"}
            ],
            "actions": [{"text": "Give it up", "href": "/introductions/1/abandon/"}],
            "events": [{"at": "2026-11-01T09:00:00Z", "text": "Need: passed.", "sub": "A. Engineer"}],
        },
    ),
    "asked": (
        "asked.html",
        {
            "title": "Put aside",
            "heading": "Put aside",
            "crumb": {"text": "Battery flat", "href": "/work/1/"},
            "fields": [
                {
                    "name": "waits_for",
                    "label": "It waits for",
                    "type": "choice",
                    "required": True,
                    "options": [{"value": "parts", "label": "parts"}, {"value": "access", "label": "access"}],
                },
                {
                    "name": "reason",
                    "label": "Why",
                    "type": "long_text",
                    "required": True,
                    "error": "Why: say it",
                },
            ],
            "faults": [{"field": "reason", "message": "Why: say it"}],
            "form": {"action": "/work/1/wait/"},
        },
    ),
    "sheet": (
        "sheet.html",
        {
            "title": "P-8H2K7QZM",
            "heading": "Patient P-8H2K7QZM",
            "crumb": {"text": "Patients", "href": "/patients/"},
            "intro": "The department has not confirmed these times yet.",
            "banner": {"tone": "warn", "text": "What patients are told is to be confirmed"},
            "actions": [{"text": "Take in a referral", "href": "/refer/"}, {"text": "Who", "href": "/who/"}],
            "faults": [{"field": "label", "message": "no lot has this label"}],
            "form": {
                "method": "get",
                "action": "/give/",
                "fields": [
                    {
                        "name": "label",
                        "label": "Syringe",
                        "type": "text",
                        "required": True,
                        "value": "S9",
                        "help": "Scan its label.",
                        "error": "no lot has this label",
                    }
                ],
                "button": "Go on",
            },
            "facts": [["Registered", "22 Nov 2026"], ["Record", {"text": "no. 12", "href": "/records/12/"}]],
            "facts_word": "Patient",
            "tables": [
                part([[{"text": "Bone scan", "href": "/r/1"}, "490 MBq"]], "Examination", "Activity")
                | {"caption": "Given"},
                part([], "Examination", "State") | {"caption": "Referrals"},
            ],
        },
    ),
    "stores": (
        "stores.html",
        {
            "title": "Stores",
            "heading": "Stores",
            "table": part(
                [["Battery", "Workshop", "L1", "none", 4]], "Part", "Store", "Lot", "Expires", "Pieces"
            )
            | {"caption": "In the stores"},
            "low": part([], "Part", "Order at", "Left") | {"caption": "To be ordered"},
            "actions": [{"text": "Take parts in", "href": "/stores/receive/"}],
        },
    ),
    "materials": (
        "materials.html",
        {
            "title": "Materials",
            "heading": "Hot lab",
            "crumb": {"text": "Materials", "href": "/materials/"},
            "intro": "What is at hand.",
            "banner": {
                "verdict": "suspension",
                "word": "not for use",
                "reasons": [{"text": "E1 is rejected"}],
            },
            "live": {"href": "/materials/live/", "at": "07:00:10"},
            "counts": [{"word": "tests to make", "number": 2, "href": "#main", "tone": "warn"}],
            "actions": [{"text": "Dispense", "href": "/materials/dispense/"}],
            "links": [{"text": "Waste and permits", "href": "/materials/waste/"}],
            "filters": {
                "href": "/materials/planner/",
                "fields": [
                    {"name": "day", "label": "Day", "type": "text", "value": "2026-11-22", "bare": True}
                ],
            },
            "parts": [
                {
                    "kind": "table",
                    "table": part(
                        [
                            [
                                {"text": "E1", "href": "/materials/lots/1/", "sub": "Eluate"},
                                {"text": "503.2 MBq", "live": "now-1", "sub": "Tc-99m"},
                            ]
                        ],
                        "Lot",
                        "Now",
                    )
                    | {"caption": "At hand"},
                    "actions": [{"text": "Forecast", "href": "/materials/permits/1/"}],
                },
                {
                    "kind": "card",
                    "heading": "Generator G1",
                    "facts": [["In the column now", "17 GBq"]],
                    "figure": trend("growth"),
                    "actions": [{"text": "Elute", "href": "/materials/do/elute/"}],
                    "banner": {"verdict": "within", "word": "good to elute"},
                },
            ],
        },
    ),
    "materials_form": (
        "materials_form.html",
        {
            "title": "Dispense",
            "heading": "Dispense",
            "crumb": {"text": "Materials", "href": "/materials/"},
            "banner": {"verdict": "within", "word": "MDP kit B1", "reasons": [{"text": "2,100 MBq now"}]},
            "table": part([["Tc-99m", "12 MBq"]], "Nuclide", "Activity") | {"caption": "Leaves with it now"},
            "fields": [
                {
                    "name": "scanned",
                    "label": "Scan the vial",
                    "type": "text",
                    "required": True,
                    "autofocus": True,
                },
                {
                    "name": "activity",
                    "label": "Activity",
                    "type": "quantity",
                    "unit": "MBq",
                    "help": "or volume",
                },
                {"name": "intended_at", "label": "At", "type": "instant"},
            ],
            "faults": [{"field": "activity", "message": "activity: write a number with a decimal point"}],
            "form": {"action": "/materials/dispense/", "live": "/materials/dispense/drawn/"},
            "drawn": {
                "volume": "0.85 mL",
                "activity": "503.2 MBq",
                "facts": [["Window", "400 MBq to 600 MBq"]],
                "verdict": "within",
                "word": "within the window",
            },
            "sign": SIGN | {"second": None},
        },
    ),
    "report": (
        "report.html",
        {
            "title": "Report a fault",
            "heading": "Infusion pump, Alaris GP, ME004211",
            "person": None,
            "nav": [],
            "search": None,
            "status": {"name": "out_of_use", "usable": False},
            "call": "Equipment library, 4411",
            "known": [{"at": "2026-11-22T07:04:00Z", "text": "A fault was reported; it is in progress."}],
            "spares": [{"text": "Infusion pump, Alaris GP, ME004212", "place": "Ward 7"}],
            "fields": [
                {
                    "name": "text",
                    "label": "What is wrong",
                    "type": "long_text",
                    "required": True,
                    "help": "x",
                },
                {
                    "name": "unsafe",
                    "label": "Could it harm?",
                    "type": "yes_no",
                    "required": True,
                    "help": "y",
                },
            ],
            "faults": [],
            "sent": True,
            "form": {"action": "/r/ME004211/"},
        },
    ),
    "blocked": (
        "test.html",
        TEST | {"sign": SIGN | {"blocked": ["Your authorisation ended on 1 Nov 2026."]}},
    ),
    "e403": (
        "error.html",
        error(
            403, "Not permitted", "You may not sign this.", reasons=["No authorisation for infusion pumps"]
        ),
    ),
    "e404": ("error.html", error(404, "Not found", "There is no such record.")),
    "e409": ("error.html", error(409, "Somebody was there first", "B. Engineer signed this draft.")),
    "e422": ("error.html", error(422, "This cannot be read as it stands", "reading: '1,2' has a comma.")),
    "e500": ("error.html", error(500, "A fault of ours", "It has been noted.", request_id="7f3a")),
}
