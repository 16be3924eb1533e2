"""The locked parse worker with real files and real limits: what it yields, what it refuses, what it survives.

Proves promise P9 for the formats that are read. It does not prove that the kernel's filter itself is right.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from services.catalog.imports import lockdown
from services.catalog.imports.lockdown import Limits
from services.catalog.imports.model import ReadOptions
from services.catalog.imports.worker import ParseWorker, Reading
from services.kit.errors import Unavailable
from tests import hostile
from tests.hostile import HOSTILE, PUMP

ROOT = Path(__file__).resolve().parents[2]
MOST_KIB = 256 << 10  # promises.md, P9
needs_seccomp = pytest.mark.skipif(not lockdown.available(), reason="this system has no seccomp filter")


@pytest.fixture(scope="module")
def worker() -> Iterator[ParseWorker]:
    with ParseWorker() as started:
        yield started


def read(worker: ParseWorker, data: bytes, path: str, options: ReadOptions | None = None) -> Reading:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        return worker.read(file.fileno(), path, options)


@pytest.mark.parametrize("name", hostile.names())
def test_a_hostile_file_gets_its_verdict_in_bounded_time_and_memory(worker: ParseWorker, name: str) -> None:
    found = read(worker, HOSTILE[name].make(), name)
    reasons = [problem.reason for problem in found.parsed.unreadable]
    expected = HOSTILE[name].reason
    assert reasons == ([] if expected is None else [expected])
    assert found.usage.cpu <= 2.0
    assert found.usage.rss_kib <= MOST_KIB


async def test_a_good_package_is_read_after_every_hostile_one(worker: ParseWorker) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(hostile.package())
        file.flush()
        parsed = await worker.parse(file.fileno(), "courses/pumps.zip")
    assert parsed.recognised_as == "scorm"
    assert PUMP in parsed.resources[0].parts[0].text


async def test_files_are_read_at_the_same_time_without_mixing_them_up(worker: ParseWorker) -> None:
    texts = [f"id,title\n{number},Course {number}\n".encode() for number in range(12)]
    found = await asyncio.gather(
        *(asyncio.to_thread(read, worker, text, f"{number}.csv") for number, text in enumerate(texts))
    )
    assert [each.parsed.resources[0].title for each in found] == [f"Course {number}" for number in range(12)]


def test_the_limit_of_entries_is_the_callers(worker: ParseWorker) -> None:
    data = hostile.package(**{f"extra{number}__css": "" for number in range(30)})
    assert not read(worker, data, "a.zip").parsed.unreadable
    refused = read(worker, data, "a.zip", ReadOptions(max_entries=20)).parsed.unreadable
    assert [(each.code, each.reason) for each in refused] == [
        ("RESOURCE_EXHAUSTED", "ARCHIVE_TOO_MANY_ENTRIES")
    ]


def test_a_reader_that_needs_too_much_time_is_ended_with_a_reason() -> None:
    rows = b"id,title\n" + b"".join(b"%d,Course\n" % number for number in range(900_000))
    with ParseWorker(Limits(cpu_seconds=1)) as worker:
        found = read(worker, rows, "large.csv")
        assert [each.reason for each in found.parsed.unreadable] == ["READER_KILLED"]
        assert found.usage.status in (-signal.SIGKILL, -signal.SIGXCPU)
        assert not read(worker, hostile.package(), "a.zip").parsed.unreadable


def test_a_reader_that_needs_too_much_memory_is_ended_with_a_reason() -> None:
    rows = b"id,title\n" + b"".join(b"%d,Course\n" % number for number in range(400_000))
    with ParseWorker(Limits(memory=96 << 20)) as worker:
        found = read(worker, rows, "large.csv")
        assert [(each.code, each.reason) for each in found.parsed.unreadable] == [
            ("RESOURCE_EXHAUSTED", "READER_KILLED")
        ]
        assert not read(worker, hostile.package(), "a.zip").parsed.unreadable


def test_a_killed_fork_server_is_replaced() -> None:
    with ParseWorker() as own:
        server = psutil.Process(own.pid)
        server.kill()
        server.wait(10)
        assert not read(own, hostile.package(), "a.zip").parsed.unreadable
        assert own.pid != server.pid


def test_a_fork_server_killed_under_a_reader_is_unavailable_and_then_back() -> None:
    data = b"id,title\n" + b"".join(b"%d,Course\n" % number for number in range(900_000))
    with ParseWorker() as own:
        server = psutil.Process(own.pid)

        def kill_while_reading() -> None:
            while not server.children():
                pass
            server.kill()

        killer = threading.Thread(target=kill_while_reading)
        killer.start()
        with pytest.raises(Unavailable):
            read(own, data, "large.csv")
        killer.join()
        assert not read(own, hostile.package(), "a.zip").parsed.unreadable


def test_no_process_is_left_when_the_service_ends() -> None:
    code = """
        import os, tempfile
        from services.catalog.imports.worker import ParseWorker
        worker = ParseWorker()
        worker.__enter__()
        print(worker.pid, flush=True)
        input()
        os._exit(9)  # as a crash would: nothing is closed in order
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as service:  # fmt: skip
        assert service.stdin is not None
        assert service.stdout is not None
        server = psutil.Process(int(service.stdout.readline()))
        service.stdin.write("\n")
        service.stdin.flush()
        assert service.wait(10) == 9
        psutil.wait_procs([server], timeout=10)
        assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE


FORBIDDEN = {
    "open a file to read": "open('/etc/hostname')",
    "open a file to write": "open('/tmp/left', 'w')",
    "open by an old call": "libc.creat(b'/tmp/left', 0o600) >= 0 or fail()",
    "list a folder": "os.listdir('/')",
    "remove a file": "os.unlink('/tmp/nothing-here')",
    "rename a file": "os.rename('/tmp/nothing-here', '/tmp/nor-here')",
    "make a folder": "os.mkdir('/tmp/left')",
    "make a link": "os.symlink('/etc/passwd', '/tmp/left')",
    "look at a file": "os.stat('/etc/passwd')",
    "make an Internet socket": "socket.socket(socket.AF_INET)",
    "make a Unix socket": "socket.socket(socket.AF_UNIX)",
    "make a pair of sockets": "socket.socketpair()",
    "resolve a name": "socket.getaddrinfo('localhost', 80)",
    "fork": "os.fork()",
    "start a program": "os.execv('/bin/true', ['true'])",
    "start a thread": "threading.Thread(target=print).start()",
    "send a signal": "os.kill(os.getppid(), 0)",
    "trace a process": "libc.ptrace(16, os.getppid(), 0, 0) == 0 or fail()",
    "make memory executable": "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC)",
    "make a new namespace": "libc.unshare(0x10000000) == 0 or fail()",
    "change its limits": "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
}
_ACT = """
    import ctypes, encodings.idna, mmap, os, resource, socket, sys, threading
    from services.catalog.imports import lockdown
    libc = ctypes.CDLL(None, use_errno=True)
    def fail():
        raise PermissionError(ctypes.get_errno(), "refused")
    os.write(1, b"ready ")
    if sys.argv[2] == "locked":
        lockdown.lock()
    try:
        eval(sys.argv[1])
    except (OSError, RuntimeError, ValueError) as error:
        os.write(1, f"refused {getattr(error, 'errno', '')}".encode())
        os._exit(0)
    os.write(1, b"done")
    os._exit(0)
"""


@needs_seccomp
@pytest.mark.parametrize("act", FORBIDDEN)
def test_a_locked_reader_cannot(act: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_ACT), FORBIDDEN[act], "locked"],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    said = result.stdout
    # These three say in their own words that they were refused.
    assert said.startswith("ready refused")
    if act not in ("resolve a name", "start a thread", "change its limits"):
        assert said == "ready refused 1"


@needs_seccomp
@pytest.mark.parametrize(
    "act", ["open a file to read", "make a Unix socket", "fork", "start a thread", "send a signal"]
)
def test_an_unlocked_process_can_so_that_the_lock_is_what_refuses(act: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_ACT), FORBIDDEN[act], "free"],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    assert "done" in result.stdout
