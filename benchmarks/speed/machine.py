"""What a benchmark ran on, and how the memory of a process is read (Linux)."""

from __future__ import annotations

import ctypes
import os
import platform
import resource
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")


def describe(*distributions: str) -> str:
    """Processor, cores, memory, Python, and the versions of some distributions."""
    parts = [_processor(), f"{os.cpu_count()} cores", f"{_memory():.0f} GiB", platform.system()]
    parts.append(f"Python {platform.python_version()}")
    for name in distributions:
        try:
            parts.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            parts.append(f"no {name}")
    return ", ".join(parts)


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def resident_mb() -> float:
    """Resident memory of this process now, MB."""
    return _status("VmRSS")


def forget_peak() -> None:
    """Let `peak_mb` count from here, where the system can do that; freed memory goes back first."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    if CLEAR.exists():
        CLEAR.write_text("5")


def peak_mb() -> float:
    """Largest resident memory of this process since `forget_peak`, MB."""
    return _status("VmHWM")


def _status(key: str) -> float:
    if not STATUS.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(key))
    return int(line.split()[1]) / 1024
