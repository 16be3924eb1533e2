"""Takes from the calling process everything that reading a file does not need: memory, time, and the system.

Resource limits hold everywhere. On Linux a seccomp filter then allows the calls that computing and answering take and
refuses every other with EPERM: no file can be opened, nothing connected, started, killed or removed (promises.md §5).
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SECCOMP_MODE_FILTER = 2
_EPERM, _SIGKILL = 1, 9

# Classic BPF: load a word of struct seccomp_data, compare, return (linux/filter.h, linux/seccomp.h).
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCH_AT, _THIRD_ARGUMENT_AT = 0, 4, 32
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | _EPERM, 0x80000000
_X32 = 0x40000000
_PROT_EXEC = 4

_X86_64 = {
    "read": 0, "write": 1, "close": 3, "lseek": 8, "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12,
    "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "pread64": 17, "readv": 19, "writev": 20,
    "sched_yield": 24, "mremap": 25, "madvise": 28, "getpid": 39, "exit": 60, "getrusage": 98, "gettid": 186,
    "futex": 202, "clock_gettime": 228, "exit_group": 231, "getrandom": 318, "membarrier": 324, "rseq": 334,
}  # fmt: skip
_AARCH64 = {
    "read": 63, "write": 64, "close": 57, "lseek": 62, "mmap": 222, "mprotect": 226, "munmap": 215, "brk": 214,
    "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139, "pread64": 67, "readv": 65, "writev": 66,
    "sched_yield": 124, "mremap": 216, "madvise": 233, "getpid": 172, "exit": 93, "getrusage": 165, "gettid": 178,
    "futex": 98, "clock_gettime": 113, "exit_group": 94, "getrandom": 278, "membarrier": 283, "rseq": 293,
}  # fmt: skip
_TABLES = {"x86_64": (0xC000003E, _X86_64), "aarch64": (0xC00000B7, _AARCH64)}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one reader may use: bytes of address space, seconds of processor time."""

    memory: int = 512 << 20
    cpu_seconds: int = 10


def available() -> bool:
    """Whether this system has the filter: Linux on x86-64 or aarch64 with seccomp."""
    if not sys.platform.startswith("linux") or platform.machine() not in _TABLES:
        return False
    return _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, 0) == _EFAULT


def limit(limits: Limits) -> None:
    """Sets the resource limits of this process, for good."""
    for which, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(which, (most, most))


def die_with_parent() -> None:
    """On Linux: this process is killed when the thread that forked it ends."""
    if sys.platform.startswith("linux"):
        _prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0)


def lock() -> None:
    """Installs the filter; OSError when the system refuses it. Call it last: nothing can be opened any more."""
    architecture, numbers = _TABLES[platform.machine()]
    code = _program(architecture, numbers)
    buffer = ctypes.create_string_buffer(b"".join(code))
    program = struct.pack("HxxxxxxP", len(code), ctypes.addressof(buffer))
    held = ctypes.create_string_buffer(program, len(program))
    if _prctl(_PR_SET_NO_NEW_PRIVS, 1, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs was refused")
    if _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(held)):
        raise OSError(ctypes.get_errno(), "the seccomp filter was refused")


def close_all_but(keep: Iterable[int]) -> None:
    """Closes every open file except these."""
    start = 0
    for fd in sorted(set(keep)):
        if fd > start:  # an empty range from 0 closes everything: CPython passes -1 as the last one
            os.closerange(start, fd)
        start = fd + 1
    os.closerange(start, os.sysconf("SC_OPEN_MAX") if sys.platform != "linux" else 65_536)


_EFAULT = 14  # what the kernel answers to a filter at address 0 when it has filters at all


def _program(architecture: int, numbers: dict[str, int]) -> Sequence[bytes]:
    """Another architecture is killed, x32 refused, memory never made executable, the listed calls allowed."""
    allowed = [number for name, number in sorted(numbers.items()) if name not in ("mmap", "mprotect")]
    code = [
        _step(_LOAD, _ARCH_AT),
        _step(_IF_EQUAL, architecture, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER_AT),
        _step(_IF_AT_LEAST, _X32, 0, 1),
        _step(_RETURN, _REFUSE),
    ]
    for number in allowed:
        code += [_step(_IF_EQUAL, number, 0, 1), _step(_RETURN, _ALLOW)]
    code += [
        _step(_IF_EQUAL, numbers["mmap"], 2, 0),
        _step(_IF_EQUAL, numbers["mprotect"], 1, 0),
        _step(_RETURN, _REFUSE),
        _step(_LOAD, _THIRD_ARGUMENT_AT),
        _step(_IF_BITS, _PROT_EXEC, 0, 1),
        _step(_RETURN, _REFUSE),
        _step(_RETURN, _ALLOW),
    ]
    return code


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def _prctl(option: int, value: int, address: int) -> int:
    """0, or the error number."""
    libc = ctypes.CDLL(None, use_errno=True)
    arguments = (ctypes.c_ulong(value), ctypes.c_ulong(address), ctypes.c_ulong(0), ctypes.c_ulong(0))
    return ctypes.get_errno() if libc.prctl(ctypes.c_int(option), *arguments) else 0
