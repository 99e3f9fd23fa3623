"""The site's settings: one `kilter.toml`, environment variables over it, checked before anything starts.

The table `KEYS` is the whole truth: what may be set, how it is read and what it means;
`docs/settings.md` is held to it by a test.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from kilter.measure.error import BadInput
from kilter.server import reading

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
SECRET_FILE = "secret_key"
SECRET_LEAST = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the site has set, read and checked; every field is a row of `KEYS`."""

    home: Path = Path("var")
    department: str = "Clinical Technology"
    zone: str = "Europe/London"
    database_url: str = ""
    listen: str = "127.0.0.1:8000"
    hosts: tuple[str, ...] = LOOPBACK_NAMES
    origins: tuple[str, ...] = ()
    behind_proxy: bool = False
    demo: bool = False
    session_hours: int = 12
    lockout_attempts: int = 5
    lockout_minutes: int = 15
    upload_megabytes: int = 256
    report_networks: tuple[str, ...] = ()
    report_call: str = ""
    mail_server: str = ""
    mail_from: str = ""
    mail_user: str = ""
    mail_tls: bool = True
    dicom_listen: str = "127.0.0.1:11112"
    dicom_ae_title: str = "KILTER"
    dicom_callers: tuple[str, ...] = ()
    dicom_networks: tuple[str, ...] = ()
    dicom_associations: int = 10
    dicom_pdu_kilobytes: int = 64
    dicom_object_megabytes: int = 128
    dicom_timeout_seconds: int = 30
    log_level: str = "INFO"

    @property
    def listen_host(self) -> str:
        """The host part of `listen`, without brackets."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def listen_port(self) -> int:
        """The port part of `listen`."""
        return int(self.listen.rpartition(":")[2])

    @property
    def dicom_host(self) -> str:
        """The host part of `dicom_listen`, without brackets."""
        return self.dicom_listen.rpartition(":")[0].strip("[]")

    @property
    def dicom_port(self) -> int:
        """The port part of `dicom_listen`."""
        return int(self.dicom_listen.rpartition(":")[2])

    def may_listen_on(self, host: str) -> bool:
        """Say whether the server may listen on an address: a demo on loopback only."""
        return not self.demo or is_loopback(host)


@dataclass(frozen=True, slots=True)
class Key:
    """One setting: its name in the file, its variable, how it is read, and what it means."""

    name: str
    variable: str
    read: Callable[[str, object], Any]
    words: str


def _database(name: str, given: object) -> str:
    """Read an address of a database that `database_settings` understands, or nothing."""
    if given == "":
        return ""
    line = reading.text(name, given)
    database_settings(line, Path())
    return line


KEYS: tuple[Key, ...] = (
    Key(
        "home", "KILTER_HOME", reading.folder, "Folder of the database, the stored files and the secret key."
    ),
    Key("department", "KILTER_DEPARTMENT", reading.text, "Name of the department, as certificates show it."),
    Key("zone", "KILTER_ZONE", reading.zone, "Time zone in which times are shown; they are stored in UTC."),
    Key(
        "database_url",
        "DATABASE_URL",
        _database,
        "`postgresql://user:password@host:port/name` for PostgreSQL, `sqlite:///path` for another file;"
        " empty for `kilter.sqlite3` in the home folder.",
    ),
    Key("listen", "KILTER_LISTEN", reading.address, "Address and port of `kilter serve`."),
    Key("hosts", "KILTER_HOSTS", reading.texts, "Host names under which the pages may be asked for."),
    Key(
        "origins",
        "KILTER_ORIGINS",
        reading.origins,
        "Origins trusted to send forms, behind a proxy that ends TLS.",
    ),
    Key(
        "behind_proxy",
        "KILTER_BEHIND_PROXY",
        reading.yes_no,
        "Whether a proxy of yours sets `X-Forwarded-Proto` and `X-Forwarded-For`;"
        " never say yes where it does not.",
    ),
    Key(
        "demo",
        "KILTER_DEMO",
        reading.yes_no,
        "Demo settings: cookies without TLS. The server then listens and answers on loopback only.",
    ),
    Key(
        "session_hours",
        "KILTER_SESSION_HOURS",
        reading.count(1, 168),
        "Hours after which one has to log in again.",
    ),
    Key(
        "lockout_attempts",
        "KILTER_LOCKOUT_ATTEMPTS",
        reading.count(3, 20),
        "Wrong passwords, or wrong PINs, after which an account waits.",
    ),
    Key("lockout_minutes", "KILTER_LOCKOUT_MINUTES", reading.count(1, 1440), "Minutes that it waits."),
    Key(
        "upload_megabytes",
        "KILTER_UPLOAD_MEGABYTES",
        reading.count(1, 4096),
        "Largest upload that is accepted.",
    ),
    Key(
        "report_networks",
        "KILTER_REPORT_NETWORKS",
        reading.networks,
        "Networks from which wards may report a fault without an account, such as `10.20.0.0/16`; where there"
        " is none, only this machine.",
    ),
    Key(
        "report_call",
        "KILTER_REPORT_CALL",
        reading.text_or_nothing,
        "Whom the wards call at once, as the report page shows it: a name and a number.",
    ),
    Key(
        "mail_server",
        "KILTER_MAIL_SERVER",
        reading.address_or_nothing,
        "Host and port of the server that takes mail, such as `mail.hospital.example:587`; where there is"
        " none, `kilter digest` sends nothing.",
    ),
    Key("mail_from", "KILTER_MAIL_FROM", reading.text_or_nothing, "Address from which the digests come."),
    Key(
        "mail_user",
        "KILTER_MAIL_USER",
        reading.text_or_nothing,
        "Account at the mail server, where it asks for one.",
    ),
    Key("mail_tls", "KILTER_MAIL_TLS", reading.yes_no, "Whether the mail server is spoken to by STARTTLS."),
    Key(
        "dicom_listen",
        "KILTER_DICOM_LISTEN",
        reading.address,
        "Address and port of `kilter listen`, which takes DICOM objects in.",
    ),
    Key(
        "dicom_ae_title",
        "KILTER_DICOM_AE_TITLE",
        reading.ae_title,
        "AE title of the listener; a caller that calls another is refused.",
    ),
    Key(
        "dicom_callers",
        "KILTER_DICOM_CALLERS",
        reading.ae_titles,
        "AE titles that may send. Where none is named everybody on this machine may, and beyond loopback the"
        " listener does not start.",
    ),
    Key(
        "dicom_networks",
        "KILTER_DICOM_NETWORKS",
        reading.networks,
        "Networks from which they may, such as `10.30.0.0/16`; where there is none, from everywhere.",
    ),
    Key(
        "dicom_associations",
        "KILTER_DICOM_ASSOCIATIONS",
        reading.count(1, 100),
        "Associations that are served at once; further ones are told to come later.",
    ),
    Key(
        "dicom_pdu_kilobytes",
        "KILTER_DICOM_PDU_KILOBYTES",
        reading.count(4, 1024),
        "Largest data unit (PDU) that is offered to callers; who sends larger ones is cut off.",
    ),
    Key(
        "dicom_object_megabytes",
        "KILTER_DICOM_OBJECT_MEGABYTES",
        reading.count(1, 2048),
        "Largest object that is taken in. Each association may hold one in memory, three times over.",
    ),
    Key(
        "dicom_timeout_seconds",
        "KILTER_DICOM_TIMEOUT_SECONDS",
        reading.count(1, 600),
        "Seconds after which a caller that says nothing, or does not finish what it began, is cut off.",
    ),
    Key(
        "log_level",
        "KILTER_LOG_LEVEL",
        reading.level,
        "Least level that is logged: DEBUG, INFO, WARNING, ERROR.",
    ),
)
"""Every setting, in the order in which it is documented."""

OTHER_VARIABLES = {
    "KILTER_CONFIG": "Path of the settings file; `kilter.toml` in the working folder where it is not set.",
    "KILTER_SECRET_KEY": "Secret that signs cookies and tokens, 32 characters or more; where it is not set"
    " one is made at first start and kept in the home folder, readable by the account alone.",
    "KILTER_MAIL_PASSWORD": "Password of `mail_user` at the mail server.",
    "KILTER_TRACEBACK": "Where it is set, a fault of ours shows its traceback on the command line.",
}
"""Variables that have no row in the file, and what they mean."""


def read_config(environment: Mapping[str, str] | None = None) -> Config:
    """Read and check the settings.

    Args:
        environment: variables; those of the process where none are given.

    Raises:
        BadInput: the file cannot be read, or a key is unknown or wrong; `field` names the key.

    """
    environment = os.environ if environment is None else environment
    known = {key.name for key in KEYS}
    given: dict[str, object] = {}
    for name, value in _read_file(environment).items():
        if name not in known:
            raise BadInput(f"{name}: there is no such setting in kilter.toml", field=name)
        given[name] = value
    variables = {key.variable: key.name for key in KEYS}
    for variable, text in environment.items():
        if variable in variables:
            given[variables[variable]] = text
        elif variable.startswith("KILTER_") and variable not in OTHER_VARIABLES:
            raise BadInput(f"{variable}: there is no such setting", field=variable)
    read = {key.name: key.read(key.name, given[key.name]) for key in KEYS if key.name in given}
    config = Config(**read) if "home" in read else Config(home=Path("var").absolute(), **read)
    _check_together(config)
    return config


def _read_file(environment: Mapping[str, str]) -> dict[str, Any]:
    """Read the settings file: the one named, or `kilter.toml` where there is one."""
    named = environment.get("KILTER_CONFIG", "")
    path = Path(named or "kilter.toml")
    if not named and not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise BadInput(f"{path}: {problem.strerror or problem}", field="KILTER_CONFIG") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise BadInput(f"{path}: not a TOML file: {problem}", field="KILTER_CONFIG") from problem


def _check_together(config: Config) -> None:
    """Refuse what is wrong only in company: a demo that could be reached from elsewhere."""
    if config.mail_server and not config.mail_from:
        raise BadInput("mail_from: say from which address the mail comes", field="mail_from")
    if config.demo and not is_loopback(config.listen_host):
        raise BadInput(
            f"listen: a demo listens on loopback only, not on {config.listen_host}", field="listen"
        )
    if config.demo and not is_loopback(config.dicom_host):
        raise BadInput("dicom_listen: a demo listens on loopback only", field="dicom_listen")
    if not config.dicom_callers and not is_loopback(config.dicom_host):
        raise BadInput(
            "dicom_callers: name the AE titles that may send, to listen beyond this machine",
            field="dicom_callers",
        )
    strange = [host for host in config.hosts if host not in LOOPBACK_NAMES]
    if config.demo and strange:
        raise BadInput(f"hosts: a demo answers on loopback only, not as {strange[0]}", field="hosts")


def is_loopback(host: str) -> bool:
    """Say whether an address can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
    # 64 MB of pages: with SQLite's own 2 MB the indexes of a big register are read again for every row
    "PRAGMA cache_size=-65536;"
)


def database_settings(url: str, home: Path) -> dict[str, Any]:
    """Give Django's settings of the database for an address.

    Args:
        url: `postgresql://...`, `sqlite:///path`, or "" for the file in the home folder.
        home: the home folder.

    Raises:
        BadInput: the address cannot be understood. The sentence never holds the password.

    """
    parts = urlsplit(url)
    if not url or parts.scheme == "sqlite":
        if url and not parts.path.strip("/"):
            raise BadInput("database_url: sqlite:///path needs a path", field="database_url")
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(Path(unquote(parts.path[1:])).absolute() if url else home / "kilter.sqlite3"),
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_PRAGMAS},
        }
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise BadInput(
            "database_url: must be postgresql://... with a name, or sqlite:///path", field="database_url"
        )
    try:
        port = parts.port
    except ValueError as problem:
        raise BadInput("database_url: the port is not a number", field="database_url") from problem
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or options.pop("host", "")),
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def secret_key(home: Path, environment: Mapping[str, str] | None = None) -> str:
    """Give the site's secret: from `KILTER_SECRET_KEY`, or a file in the home folder made once.

    The file is complete before it has its name, so that two processes that start together
    read the same secret.

    Raises:
        BadInput: the secret is too short, or its file can be read by other accounts.

    """
    given = (os.environ if environment is None else environment).get("KILTER_SECRET_KEY")
    if given is not None:
        return _long_enough(given, "KILTER_SECRET_KEY")
    path = home / SECRET_FILE
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        draft = home / f".{SECRET_FILE}.{secrets.token_hex(8)}"
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first; its secret is the site's
        finally:
            draft.unlink()
    if path.stat().st_mode & 0o077:
        raise BadInput(f"{path}: other accounts can read the secret; chmod 600 it", field="KILTER_SECRET_KEY")
    return _long_enough(path.read_text(encoding="ascii").strip(), str(path))


def _long_enough(secret: str, name: str) -> str:
    """Refuse a secret that could be guessed."""
    if len(secret) < SECRET_LEAST:
        raise BadInput(
            f"{name}: the secret must have {SECRET_LEAST} characters or more", field="KILTER_SECRET_KEY"
        )
    return secret


def as_rows(config: Config) -> dict[str, object]:
    """Give the settings in force by name, for `kilter check`; the password is left out."""
    rows = {field.name: getattr(config, field.name) for field in fields(config)}
    rows["database_url"] = re.sub(r":[^:@/]+@", ":***@", config.database_url)
    return rows
