"""What the guide of installation prints is read by the program: its settings, its units, its steps."""

from __future__ import annotations

import re
import shlex

import pytest

from kilter.interfaces.cli.main import COMMANDS
from kilter.server.config import read_config
from tests.docs.printed import ROOT, blocks

PAGE = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
BLOCKS = list(blocks(PAGE))
UNITS = [one.text for one in BLOCKS if one.language == "ini"]
SHELL = [line for one in BLOCKS if one.language == "sh" for line in one.text.splitlines()]
KILTER = "/opt/kilter/current/.venv/bin/kilter"


def settings(unit: str) -> list[tuple[str, str, str]]:
    """Read a unit: section, key, value; a key may stand more than once."""
    found, section = [], ""
    for line in unit.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line:
            key, equals, value = line.partition("=")
            assert equals, line
            found.append((section, key, value))
    return found


def test_the_printed_settings_are_read(tmp_path):
    file = tmp_path / "kilter.toml"
    printed = [one.text for one in BLOCKS if one.language == "toml"]
    file.write_text("".join(printed), encoding="utf-8")
    config = read_config({"KILTER_CONFIG": str(file)})
    assert (str(config.home), config.listen, config.demo) == ("/var/lib/kilter", "127.0.0.1:8000", False)
    assert config.behind_proxy
    assert config.database_url.startswith("postgresql://")
    proxy = next(one.text for one in BLOCKS if one.language == "nginx")
    assert f"proxy_pass http://{config.listen};" in proxy
    assert all(f"server_name {host};" in proxy for host in config.hosts)
    assert f"client_max_body_size {config.upload_megabytes}m;" in proxy


def test_there_are_the_units_that_the_text_names():
    assert len(UNITS) == 4
    assert {"kilter.service", "kilter-worker.service", "kilter-backup.service"} <= set(
        re.findall(r"kilter[a-z-]*\.service", PAGE)
    )


@pytest.mark.parametrize("unit", UNITS, ids=[str(number) for number in range(len(UNITS))])
def test_a_unit_runs_as_the_account_with_its_settings(unit):
    rows = settings(unit)
    assert rows
    started = [value for _, key, value in rows if key == "ExecStart"]
    for line in started:
        words = shlex.split(line)
        for command in re.findall(rf"{re.escape(KILTER)} ([a-z-]+)", " ".join(words)):
            assert command in COMMANDS
    if started:
        assert ("Service", "User", "kilter") in rows
        assert ("Service", "Environment", "KILTER_CONFIG=/etc/kilter/kilter.toml") in rows
        assert ("Service", "UMask", "0077") in rows


def test_the_nightly_unit_backs_up_and_then_verifies():
    backup = next(unit for unit in UNITS if "nightly" in unit)
    order = [value for _, key, value in settings(backup) if key == "ExecStart"]
    assert ["kilter backup" in order[0], "kilter verify" in order[1]] == [True, True]
    assert len(order) == 2


def test_each_figure_that_is_named_is_given(db):
    from kilter.interfaces.api.health import figures

    named = set(re.findall(r"`(kilter_[a-z_]+)`", PAGE))
    assert named == set(figures())


def test_a_backup_comes_before_every_change_of_version():
    """Whoever follows the printed steps has a way back."""
    links = [number for number, line in enumerate(SHELL) if line.startswith("ln -sfn")]
    backups = [number for number, line in enumerate(SHELL) if line.startswith("kilter backup")]
    upgrade = links[1]
    assert len(links) == 3
    assert any(links[0] < one < upgrade for one in backups)
    name = re.search(r"/var/backups/\S+\.tar", SHELL[backups[-1]])
    assert name is not None
    assert any(line == f"kilter restore --force {name[0]}" for line in SHELL[upgrade:])
