"""The listener on a real socket: what it answers success to is there, and whoever calls, it lives on."""

from __future__ import annotations

import io
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydicom
import pytest
from django.db import OperationalError
from pynetdicom import AE
from tests.dicom_objects import NM, as_bytes, dose_report, image
from tests.sites.place import Site, new_site

from kilter.department.intake import arrivals
from kilter.department.intake.models import Arrival
from kilter.department.ledger import files
from kilter.interfaces.dicom import listener
from kilter.server.config import Config

pytestmark = pytest.mark.django_db(transaction=True)

DATA = Path(__file__).parents[4] / "shared" / "data"
SR = "1.2.840.10008.5.1.4.1.1.88.67"
ECHO = "1.2.840.10008.1.1"


def free_port() -> int:
    with socket.socket() as link:
        link.bind(("127.0.0.1", 0))
        return int(link.getsockname()[1])


@contextmanager
def listening(**settings: Any) -> Iterator[int]:
    """A listener in this process; gives its port."""
    config = Config(**{"dicom_listen": f"127.0.0.1:{free_port()}", "dicom_timeout_seconds": 3, **settings})
    with listener.listening(config) as server:
        yield config.dicom_port
    assert listener.drained(server, within=60)


def associate(
    port: int, *, caller: str = "CAMERA", called: str = "KILTER", classes: Any = (NM, SR, ECHO)
) -> Any:
    """Ask for an association as a device does."""
    entity = AE(ae_title=caller)
    for sop_class in classes:
        entity.add_requested_context(sop_class)
    entity.network_timeout = entity.acse_timeout = entity.dimse_timeout = 20
    return entity.associate("127.0.0.1", port, ae_title=called)


def send(port: int, *datasets: Any, **named: Any) -> list[int]:
    """Send objects over one association; give the status of each answer."""
    link = associate(port, **named)
    assert link.is_established
    try:
        return [link.send_c_store(one).Status for one in datasets]
    finally:
        link.release()


def send_once_there_is_room(port: int, dataset: Any) -> list[int]:
    """Send an object, as soon as those that were left hanging have given their places back."""
    until = time.monotonic() + 60
    link = associate(port)
    while not link.is_established:
        assert time.monotonic() < until
        time.sleep(0.1)
        link = associate(port)
    try:
        return [link.send_c_store(dataset).Status]
    finally:
        link.release()


def test_what_is_sent_is_there_to_the_byte() -> None:
    sent = image(PatientName="Doe^Jane")
    with listening() as port:
        assert send(port, sent, dose_report()) == [0, 0]
    rows = list(Arrival.objects.select_related("file").order_by("id"))
    assert [(one.caller, one.address, one.sop_instance) for one in rows] == [
        ("CAMERA", "127.0.0.1", str(sent.SOPInstanceUID)),
        ("CAMERA", "127.0.0.1", "1.2.9.1"),
    ]
    kept = pydicom.dcmread(io.BytesIO(files.read(rows[0].file.sha256)))
    assert kept == sent


def test_an_echo_is_answered() -> None:
    with listening() as port:
        link = associate(port)
        assert link.send_c_echo().Status == 0
        link.release()


def test_the_same_again_is_answered_success_and_taken_once() -> None:
    with listening() as port:
        assert send(port, image(), image()) == [0, 0]
        assert send(port, image(), caller="ARCHIVE") == [0]
        assert send(port, image(2, SOPInstanceUID=str(image().SOPInstanceUID))) == [0]
    first, other = Arrival.objects.order_by("id")
    assert (first.times, other.times, other.beside) == (3, 1, first)


def test_who_may_call() -> None:
    with listening() as port:
        assert associate(port, called="OTHER").is_rejected
        assert associate(port, classes=["1.2.840.10008.5.1.4.31"]).is_established is False  # a worklist
    with listening(dicom_callers=("CT1",)) as port:
        assert associate(port, caller="CAMERA").is_rejected
        assert send(port, dose_report(), caller="CT1") == [0]
    with listening(dicom_networks=("10.0.0.0/8",)) as port:
        assert not associate(port).is_established
    assert Arrival.objects.count() == 1


def test_a_lossy_packing_is_not_agreed_to() -> None:
    with listening() as port:
        entity = AE(ae_title="CAMERA")
        entity.add_requested_context(NM, ["1.2.840.10008.1.2.4.50"])
        assert not entity.associate("127.0.0.1", port, ae_title="KILTER").is_established


PROBLEMS = [
    OSError(28, "No space left on device"),
    OperationalError("database is locked"),
    MemoryError(),
    ZeroDivisionError(),
]


@pytest.mark.parametrize("problem", PROBLEMS)
def test_what_cannot_be_kept_is_out_of_resources(monkeypatch: pytest.MonkeyPatch, problem: Exception) -> None:
    def fails(_: Any) -> Any:
        raise problem

    monkeypatch.setattr(listener, "take", fails)
    with listening() as port:
        assert send(port, image()) == [0xA700]
        monkeypatch.undo()
        assert send(port, image()) == [0]


def test_objects_that_lie_are_refused_or_kept_and_read_later() -> None:
    with listening() as port:
        link = associate(port)
        dataset = dose_report(SOPInstanceUID="1.2.77")
        dataset.SOPClassUID = SR
        assert link.send_c_store(dataset).Status == 0
        nothing = image()
        del nothing.PixelData
        assert link.send_c_store(nothing).Status == 0
        link.release()
    assert arrivals.read_waiting() == 2
    assert [one.proposals for one in Arrival.objects.order_by("id")] == [[], []]


def test_an_object_beyond_the_bound_is_cut_off_and_smaller_ones_are_not() -> None:
    with listening(dicom_object_megabytes=1) as port:
        link = associate(port)
        answer = link.send_c_store(image(side=1024))  # 2 MiB of pixels
        assert "Status" not in answer
        assert send(port, image(side=512)) == [0]
    assert Arrival.objects.count() == 1


def test_many_at_once() -> None:
    """More than are served at once: some are told to come later, every success is there."""
    done: list[int] = []

    def work(number: int) -> None:
        for attempt in range(40):
            link = associate(port, caller=f"CT{number}")
            if link.is_established:
                for part in range(4):
                    uid = f"1.2.{number}.{part}"
                    done.append(link.send_c_store(dose_report(SOPInstanceUID=uid)).get("Status", -1))
                link.release()
                return
            time.sleep(0.1 + 0.05 * (attempt % 3))

    with listening(dicom_associations=4, dicom_timeout_seconds=20) as port:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert done == [0] * 40
    assert Arrival.objects.count() == 40


# ---- hostile peers ----


def request_for_association() -> bytes:
    """The bytes of a sound request for one context of nuclear medicine, from a real peer."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        thread = threading.Thread(
            target=lambda: associate(server.getsockname()[1], caller="FUZZ", classes=[NM]), daemon=True
        )
        thread.start()
        link, _ = server.accept()
        link.settimeout(5)
        received = link.recv(1 << 16)
        link.close()
        thread.join()
    return received


def fragment(body: bytes, *, command: bool, last: bool = True) -> bytes:
    """One P-DATA-TF PDU with one fragment (PS3.8, section 9.3.5)."""
    item = struct.pack(">LBB", len(body) + 2, 1, command | last << 1) + body
    return struct.pack(">BBL", 4, 0, len(item)) + item


def store_command(uid: bytes = b"1.2.3\0", field: int = 1, dataset: int = 1) -> bytes:
    """A C-STORE request (PS3.7, section 9.3.1), or another command."""

    def element(number: int, value: bytes) -> bytes:
        return struct.pack("<HHL", 0, number, len(value)) + value

    body = element(2, f"{NM}\0".encode()) + element(0x100, struct.pack("<H", field))
    body += element(0x110, b"\1\0") + element(0x700, b"\0\0") + element(0x800, struct.pack("<H", dataset))
    body += element(0x1000, uid)
    return element(0, struct.pack("<L", len(body))) + body


OTHER_COMMANDS = (0x20, 0x30, 0x8001, 0x777)
NO_IDENTIFIERS = (b"", b"x" * 70, b"\xff\xfe")


def hostile(dice: random.Random, request: bytes) -> tuple[bytes, bytes]:
    """What a peer sends at first, and after it was answered."""

    def spoilt(sound: bytes, skip: int = 0) -> bytes:
        damaged = bytearray(sound)
        for _ in range(dice.randint(1, 8)):
            damaged[dice.randrange(skip, len(damaged))] = dice.randrange(256)
        return bytes(damaged)

    command = fragment(store_command(), command=True)
    long = struct.pack(">BBL", dice.randint(0, 8), 0, dice.choice([0, 3, 2**31, 2**32 - 1]))
    kinds: list[Callable[[], tuple[bytes, bytes]]] = [
        lambda: (dice.randbytes(dice.randint(1, 300)), b""),
        lambda: (long + dice.randbytes(40), b""),
        lambda: (spoilt(request), b""),
        lambda: (request[: dice.randrange(len(request))], b""),
        lambda: (request, fragment(dice.randbytes(60), command=True)),
        lambda: (request, fragment(store_command(field=dice.choice(OTHER_COMMANDS)), command=True)),
        lambda: (request, fragment(store_command(uid=dice.choice(NO_IDENTIFIERS)), command=True)
                 + fragment(dice.randbytes(90), command=False)),
        lambda: (request, command + fragment(b"", command=False)),
        lambda: (request, spoilt(command, 6) + fragment(dice.randbytes(90), command=False)),
        lambda: (request, long),
        lambda: (request, fragment(dice.randbytes(20), command=False, last=False) * 3),
    ]  # fmt: skip
    return dice.choice(kinds)()


def test_hostile_bytes_end_their_own_association_and_nothing_else() -> None:
    dice, request = random.Random(11112), request_for_association()
    with listening() as port:
        for _ in range(120):
            first, then = hostile(dice, request)
            with socket.create_connection(("127.0.0.1", port)) as link:
                link.settimeout(0.1)
                try:
                    link.sendall(first)
                    if then:
                        link.recv(4096)
                        link.sendall(then)
                    link.recv(4096)
                except OSError:
                    continue
        assert send_once_there_is_room(port, dose_report()) == [0]
    assert Arrival.objects.filter(sop_instance="1.2.9.1").exists()


@pytest.mark.parametrize("sent", ["nothing", "half a header", "half a request", "request", "half an object"])
def test_a_peer_that_stalls_gives_its_place_back(sent: str) -> None:
    request = request_for_association()
    begun = fragment(store_command(), command=True) + fragment(b"x" * 99, command=False, last=False)
    parts = {"nothing": b"", "half a header": request[:3], "half a request": request[:40]}
    with listening(dicom_associations=1, dicom_timeout_seconds=1) as port:
        with socket.create_connection(("127.0.0.1", port)) as link:
            link.settimeout(10)
            link.sendall(parts.get(sent, request))
            if sent in ("request", "half an object"):
                link.recv(4096)
            if sent == "half an object":
                link.sendall(begun)
            began = time.monotonic()
            while link.recv(4096):  # an abort may come first
                assert time.monotonic() - began < 10
        assert send_once_there_is_room(port, dose_report()) == [0]


def test_a_peer_that_drips_is_cut_off() -> None:
    request, sent = request_for_association(), 0
    with listening(dicom_timeout_seconds=1) as port, socket.create_connection(("127.0.0.1", port)) as link:
        try:
            for place in range(len(request)):
                link.sendall(request[place : place + 1])
                sent += 1
                time.sleep(0.05)
        except OSError:
            pass
    assert sent < len(request)


def test_nothing_of_a_patient_is_logged(caplog: pytest.LogCaptureFixture, capfd: Any) -> None:
    with caplog.at_level("DEBUG"), listening() as port:
        assert send(port, image(PatientName="Quixotic^Jane"), dose_report(SOPInstanceUID="1.2.\xff")) == [
            0,
            0xC000,
        ]
    assert "Quixotic" not in caplog.text + "".join(capfd.readouterr())


# ---- the command, as a process of its own ----


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A new site, whose tables are made once for all tests here."""
    folder = tmp_path_factory.mktemp("founded")
    with new_site(folder / "home") as made:
        secret = folder / "secret"
        secret.write_text("a long enough pass phrase\n")
        assert made.kilter("found", "ada", "Ada Head", "--password-file", str(secret)).status == 0
        yield made


@pytest.fixture
def site(founded: Site, tmp_path: Path) -> Site:
    """A copy of the new site."""
    if founded.database_url:
        return founded
    return Site(Path(shutil.copytree(founded.home, tmp_path / "home")))


@contextmanager
def command(site: Site, **variables: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`kilter listen` on a site."""
    port = free_port()
    own = {"KILTER_DICOM_LISTEN": f"127.0.0.1:{port}", **variables}
    process = subprocess.Popen(
        [sys.executable, "-m", "kilter", "listen"],
        env=site.environment() | own, cwd=site.home.parent, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"Kilter listens for DICOM as KILTER on 127.0.0.1:{port}\n"
        yield process, port
    finally:
        if process.poll() is None:
            process.terminate()
        assert process.wait(20) in (0, -signal.SIGKILL)


def arrived(site: Site) -> dict[str, Any]:
    return site.task("arrived")


@pytest.mark.slow
def test_killed_in_the_middle_of_a_series_everything_answered_is_there(site: Site) -> None:
    dice, answered = random.Random(9), []
    for kill in range(6):
        with command(site) as (process, port):
            link = associate(port)
            until = time.monotonic() + dice.uniform(0.1, 0.6)
            for number in range(10_000):
                if process.poll() is None and time.monotonic() > until:
                    process.send_signal(signal.SIGKILL)
                uid = f"1.2.{kill}.{number}"
                try:
                    status = link.send_c_store(image(SOPInstanceUID=uid)).get("Status")
                except (RuntimeError, ValueError):  # the association is gone
                    break
                if status != 0:
                    break
                answered.append(uid)
            link.abort()
    found = arrived(site)
    assert len(answered) > 10
    assert set(answered) <= set(found["whole"])
    assert found["broken"] == []
    with command(site) as (_, port):
        assert send(port, image(SOPInstanceUID="1.2.0.0")) == [0]


@pytest.mark.slow
def test_a_full_disk_is_out_of_resources(site: Site) -> None:
    """No file of this process may grow beyond what SQLite needs; a larger object does not fit."""
    with command(site) as (process, port):
        limit = 3 << 20
        subprocess.run(["prlimit", f"--pid={process.pid}", f"--fsize={limit}"], check=True)
        statuses = send(port, image(side=2048), image(side=64))
        assert statuses == [0xA700, 0]
    assert len(arrived(site)["whole"]) == 1


@pytest.mark.slow
def test_it_says_what_is_wrong_before_it_listens(site: Site) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = subprocess.run(
            [sys.executable, "-m", "kilter", "listen"], capture_output=True, text=True, check=False,
            env=site.environment() | {"KILTER_DICOM_LISTEN": f"127.0.0.1:{taken.getsockname()[1]}"},
        )  # fmt: skip
    assert done.returncode == 2
    assert "dicom_listen: cannot listen on" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("tool", ["storescu", "dcmsend"])
@pytest.mark.slow
def test_dcmtk_sends_real_files(site: Site, tool: str, tmp_path: Path) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} of dcmtk is not installed (tools/install-peers.sh)")
    paths = sorted((DATA / "nuclear_medicine").glob("*.dcm")) if DATA.exists() else []
    if not paths:
        paths = [tmp_path / f"{number}.dcm" for number in range(3)]
        for number, path in enumerate(paths):
            path.write_bytes(as_bytes(image(number)))
    with command(site) as (_, port):
        words = [tool, "-aet", "CAMERA", "-aec", "KILTER", "127.0.0.1", str(port)]
        done = subprocess.run([*words, *map(str, paths)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        refused = subprocess.run(
            [*words[:4], "OTHER", *words[5:], str(paths[0])], capture_output=True, check=False
        )
        assert refused.returncode != 0
    assert set(arrived(site)["whole"]) == {str(pydicom.dcmread(one).SOPInstanceUID) for one in paths}
    read = 0
    while read < len(paths):  # a round begins no further object after some seconds
        now = site.kilter("worker", "--once", "--json").data["read"]
        assert now
        read += now
