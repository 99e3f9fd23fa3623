"""Thousands of hostile inputs at both doors: each a named refusal, none a traceback or a fault of ours.

A thousand in an ordinary run, ten thousand with `-m soak`; the seed is in the test's name.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from kilter.interfaces.cli.main import main
from tests.department.conftest import shop  # noqa: F401 (a fixture)
from tests.interfaces import hostile
from tests.interfaces.api.conftest import caller, issued  # noqa: F401 (fixtures)

ORDINARY = [(seed, 50) for seed in range(8)]
LONG = [pytest.param(seed, 1000, marks=pytest.mark.soak) for seed in range(100, 104)]


def one_refusal(said: dict[str, Any]) -> None:
    assert set(said) == {"error"}
    assert said["error"]["code"]
    assert 0 < len(said["error"]["message"]) < 1000
    assert "Traceback" not in said["error"]["message"]


@pytest.mark.parametrize(("seed", "count"), [*ORDINARY, *LONG])
def test_command_lines(seed, count, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dice = random.Random(seed)
    for _ in range(count):
        words = hostile.command(dice)
        status = main(words)
        out, err = capsys.readouterr()
        assert status in (0, 1, 2, 3), (seed, words, out[-300:], err[-300:])
        assert len(err.splitlines()) <= 1, (seed, words, err)
        if status == 2:
            assert err.startswith("kilter: ") or "--json" in words, (seed, words)
            if not err:
                one_refusal(json.loads(out))


@pytest.mark.parametrize(("seed", "count"), [*ORDINARY, *LONG])
def test_bodies(seed, count, caller):  # noqa: F811
    dice = random.Random(seed)
    for _ in range(count):
        key, content = hostile.key(dice), hostile.body(dice)
        path = f"/procedures/{key.replace('/', '%2F').replace('?', '%3F')}/run"
        answer = caller.post(path.encode("utf-8", "replace").decode(), content)
        assert answer.status_code in (200, 400, 403, 404, 413, 422), (
            seed,
            key,
            content,
            answer.content[:300],
        )
        if answer.status_code != 200 and answer["Content-Type"].startswith("application/json"):
            one_refusal(answer.json())


@pytest.mark.parametrize(("seed", "count"), [(seed, 40) for seed in range(4)] + LONG)
def test_floods_that_lie(seed, count, caller, capsys, tmp_path):  # noqa: F811
    dice = random.Random(seed)
    path = tmp_path / "flood.dcm"
    for number in range(count):
        content = hostile.dicom(dice)
        if number % 2:
            part = SimpleUploadedFile("flood.dcm", content)
            answer = caller.form("/procedures/nuclear_medicine.uniformity/run", flood=part)
            assert answer.status_code in (200, 422), (seed, number, answer.content[:300])
            if answer.status_code == 422:
                one_refusal(answer.json())
            continue
        path.write_bytes(content)
        status = main(["run", "nuclear_medicine.uniformity", f"flood=@{path}", "--json"])
        out, err = capsys.readouterr()
        assert status in (0, 1, 2, 3), (seed, number, out[-300:], err[-300:])
        if status == 2:
            one_refusal(json.loads(out))


QUERIES = ("q", "limit", "cursor")


@pytest.mark.parametrize("seed", range(3))
def test_addresses_and_queries(seed, caller):  # noqa: F811
    dice = random.Random(seed)
    for _ in range(40):
        query = {dice.choice(QUERIES): hostile.text(dice).encode("utf-8", "replace") for _ in range(2)}
        path = dice.choice(("/devices", "/procedures", f"/devices/{hostile.key(dice)}", "/records/x"))
        answer = caller.get(path.encode("utf-8", "replace").decode().replace("?", ""), **query)
        assert answer.status_code in (200, 400, 404, 422), (seed, path, query, answer.content[:300])
