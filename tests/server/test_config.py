"""The settings: read, checked, refused by name, and documented to the last key."""

from __future__ import annotations

import dataclasses
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.measure.error import BadInput
from kilter.server.config import (
    KEYS,
    OTHER_VARIABLES,
    Config,
    as_rows,
    database_settings,
    is_loopback,
    read_config,
    secret_key,
)

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Write `kilter.toml` into an empty working folder."""
    monkeypatch.chdir(tmp_path)

    def write(text: str) -> Path:
        path = tmp_path / "kilter.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_without_anything_the_defaults_stand(site, tmp_path):
    assert read_config({}) == Config(home=tmp_path / "var")


def test_the_file_and_the_variables_over_it(site, tmp_path):
    site(
        'department = "Physics"\nsession_hours = 8\nhosts = ["a.example", "b.example"]\nbehind_proxy = true\n'
    )
    config = read_config({"KILTER_SESSION_HOURS": "4", "KILTER_HOME": str(tmp_path / "k")})
    assert (config.department, config.session_hours, config.hosts) == (
        "Physics",
        4,
        ("a.example", "b.example"),
    )
    assert (config.behind_proxy, config.home) == (True, tmp_path / "k")


def test_a_file_elsewhere(site, tmp_path):
    path = site('department = "Physics"').rename(tmp_path / "other.toml")
    assert read_config({"KILTER_CONFIG": str(path)}).department == "Physics"
    with pytest.raises(BadInput, match="No such file"):
        read_config({"KILTER_CONFIG": str(tmp_path / "none.toml")})


@pytest.mark.parametrize("text", ["department = ", "\x00", "[a", "home = 'x' 'y'"])
def test_a_file_that_is_none_is_named(site, text):
    site(text)
    with pytest.raises(BadInput, match=r"kilter\.toml: not a TOML file"):
        read_config({})


def test_an_unknown_key_is_named_wherever_it_stands(site):
    with pytest.raises(BadInput, match="KILTER_DEOM") as caught:
        read_config({"KILTER_DEOM": "yes"})
    assert caught.value.field == "KILTER_DEOM"
    site("deom = true")
    with pytest.raises(BadInput, match="deom"):
        read_config({})


@pytest.mark.parametrize("secret", ["secret_key", "KILTER_SECRET_KEY"])
def test_the_secret_has_no_place_in_the_file(site, secret):
    site(f'{secret} = "0123456789012345678901234567890123456789"')
    with pytest.raises(BadInput):
        read_config({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("department", ""), ("department", "a\nb"), ("home", "a\0b"), ("zone", "Mars/Olympus"),
        ("home", "~nobody-of-this-name/x"),
        ("zone", "../etc/passwd"),
        ("listen", "8000"), ("listen", "127.0.0.1:"), ("listen", "127.0.0.1:99999"), ("listen", "a:b"),
        ("behind_proxy", "maybe"), ("demo", "2"), ("session_hours", "0"), ("session_hours", "1.5"),
        ("session_hours", "-1"), ("lockout_attempts", "1000"), ("upload_megabytes", "lots"),
        ("log_level", "LOUD"), ("origins", "kilter.example"), ("database_url", "mysql://a/b"),
        ("database_url", "postgresql://host"), ("database_url", "sqlite://"), ("database_url", "postgresql://h:x/y"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named(site, name, value):
    variable = {key.name: key.variable for key in KEYS}[name]
    with pytest.raises(BadInput) as caught:
        read_config({variable: value})
    assert caught.value.field == name
    assert "\n" not in caught.value.message


@given(
    name=st.sampled_from([key.variable for key in KEYS]),
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40),
)
def test_any_text_is_read_or_refused_by_name(name, text):
    try:
        assert isinstance(read_config({name: text, "KILTER_CONFIG": os.devnull}), Config)
    except BadInput as problem:
        assert problem.field


@pytest.mark.parametrize("listen", ["0.0.0.0:8000", "192.168.1.5:80", "[::]:8000", "kilter.example:80"])
def test_a_demo_listens_on_loopback_only(site, listen):
    assert read_config({"KILTER_LISTEN": listen}).listen == listen
    with pytest.raises(BadInput, match="loopback"):
        read_config({"KILTER_LISTEN": listen, "KILTER_DEMO": "yes"})


def test_a_demo_answers_under_loopback_names_only(site):
    with pytest.raises(BadInput, match=r"kilter\.example"):
        read_config({"KILTER_HOSTS": "kilter.example", "KILTER_DEMO": "yes"})
    config = read_config({"KILTER_LISTEN": "[::1]:9000", "KILTER_DEMO": "yes"})
    assert (config.listen_host, config.listen_port) == ("::1", 9000)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("localhost", True), ("10.0.0.1", False),
     ("0.0.0.0", False), ("", False), ("localhost.evil.example", False)],
)  # fmt: skip
def test_what_is_loopback(host, loopback):
    assert is_loopback(host) is loopback


def test_sqlite_by_default_safe_for_signing(tmp_path):
    given = database_settings("", tmp_path)
    assert given["NAME"] == str(tmp_path / "kilter.sqlite3")
    assert given["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert given["OPTIONS"]["timeout"] == 20
    assert "synchronous=FULL" in given["OPTIONS"]["init_command"]
    assert database_settings("sqlite:////data/k.db", tmp_path)["NAME"] == "/data/k.db"


def test_postgresql_by_address(tmp_path):
    given = database_settings("postgresql://ki%40lter:p%2Fw@db.example:5433/kil?sslmode=require", tmp_path)
    shown = {name: given[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")}
    assert shown == {
        "NAME": "kil", "USER": "ki@lter", "PASSWORD": "p/w", "HOST": "db.example", "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }  # fmt: skip
    assert database_settings("postgresql:///kil?host=/run/postgresql", tmp_path)["HOST"] == "/run/postgresql"


def test_no_password_is_shown():
    config = dataclasses.replace(Config(), database_url="postgresql://kilter:s3cret@db/kil")
    assert "s3cret" not in str(as_rows(config))
    with pytest.raises(BadInput) as caught:
        database_settings("postgresql://kilter:s3cret@db:port/kil", Path())
    assert "s3cret" not in caught.value.message


def test_the_secret_is_made_once_and_for_the_account_alone(tmp_path):
    home = tmp_path / "home"
    secret = secret_key(home, {})
    assert len(secret) >= 64
    assert secret_key(home, {}) == secret
    assert stat.S_IMODE((home / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in home.iterdir()] == ["secret_key"]
    assert secret_key(home, {"KILTER_SECRET_KEY": "x" * 40}) == "x" * 40


def test_processes_that_start_together_share_the_secret(tmp_path):
    start = threading.Barrier(8)
    secrets: list[str] = []

    def begin() -> None:
        start.wait()
        secrets.append(secret_key(tmp_path, {}))

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(secrets) == 8
    assert len(set(secrets)) == 1


def test_a_weak_or_open_secret_is_refused(tmp_path):
    with pytest.raises(BadInput, match="32 characters"):
        secret_key(tmp_path, {"KILTER_SECRET_KEY": "short"})
    secret_key(tmp_path, {})
    (tmp_path / "secret_key").chmod(0o644)
    with pytest.raises(BadInput, match="other accounts"):
        secret_key(tmp_path, {})


def test_every_key_is_documented_with_its_words_and_its_default():
    text = DOCS.read_text(encoding="utf-8")
    defaults = {field.name: field.default for field in dataclasses.fields(Config)}
    assert set(defaults) == {key.name for key in KEYS}
    for key in KEYS:
        row = next(line for line in text.splitlines() if line.startswith(f"| `{key.name}` |"))
        assert f"`{key.variable}`" in row
        assert key.words in row
    for variable, words in OTHER_VARIABLES.items():
        assert f"| `{variable}` | {words} |" in text


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('dicom_listen = "0.0.0.0:11112"', "dicom_callers"),
        ('dicom_listen = "10.1.2.3:11112"\ndicom_callers = []', "dicom_callers"),
        ('demo = true\ndicom_listen = "10.1.2.3:11112"\ndicom_callers = ["CT1"]', "dicom_listen"),
        ('dicom_listen = "11112"', "dicom_listen"),
        ('dicom_ae_title = "SEVENTEEN LETTERS"', "dicom_ae_title"),
        ('dicom_callers = ["A\\\\B"]', "dicom_callers"),
        ('dicom_callers = ["Ä"]', "dicom_callers"),
        ('dicom_networks = ["10.0.0.1/8"]', "dicom_networks"),
        ("dicom_pdu_kilobytes = 1", "dicom_pdu_kilobytes"),
        ("dicom_associations = 0", "dicom_associations"),
        ("dicom_object_megabytes = 4096", "dicom_object_megabytes"),
        ("dicom_timeout_seconds = 0", "dicom_timeout_seconds"),
    ],
)
def test_a_listener_for_everybody_is_refused_by_name(site, text, field):
    site(text)
    with pytest.raises(BadInput) as caught:
        read_config({})
    assert caught.value.field == field


def test_who_may_send_from_beyond_is_named(site):
    site('dicom_listen = "[::]:104"\ndicom_callers = ["CT1", "GAMMA 2"]\ndicom_networks = ["10.30.0.0/16"]')
    config = read_config({"KILTER_DICOM_CALLERS": "CT1,MR1"})
    assert (config.dicom_host, config.dicom_port, config.dicom_callers) == ("::", 104, ("CT1", "MR1"))
    assert (
        read_config({"KILTER_DICOM_LISTEN": "127.0.0.1:11112", "KILTER_DICOM_CALLERS": ""}).dicom_callers
        == ()
    )
