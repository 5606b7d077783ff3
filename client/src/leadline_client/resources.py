"""What this process and its machine use: processor, memory, threads, open files, GPUs."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from time import monotonic
from typing import Any

from leadline_client.gpu import Gpus

PROC = Path("/proc")
CGROUP = Path("/sys/fs/cgroup")


class Resources:
    """Reads the numbers of a heartbeat; shares of time are since the last reading.

    Linux tells all of them. Elsewhere what the system does not tell is left out.
    """

    def __init__(self) -> None:
        self._gpus = Gpus()
        self._since = monotonic()
        self._used = _processor_seconds()
        self._host = _host_ticks()

    def read(self) -> dict[str, Any]:
        """`process`, `host` and `gpus`, each with what is known."""
        now, used, host = monotonic(), _processor_seconds(), _host_ticks()
        process = {
            "cpu_seconds": round(used, 3),
            # 1.5 means one and a half processors busy all the time.
            "cpu_used": round((used - self._used) / max(1e-3, now - self._since), 4),
            **_process_memory(),
            "threads": _threads(),
            "open_files": _open_files(),
        }
        machine = {
            "cpu_count": os.cpu_count(),
            "cpu_busy": _busy(self._host, host),
            **_load(),
            **_host_memory(),
        }
        self._since, self._used, self._host = now, used, host
        found = {"process": _known(process), "host": _known(machine)}
        gpus = self._gpus.read()
        return {**found, "gpus": gpus} if gpus else found


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _processor_seconds() -> float:
    times = os.times()
    return times.user + times.system


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError):
        return None


def _process_memory() -> dict[str, Any]:
    text = _text(PROC / "self" / "statm")
    if text is not None:
        return {"resident_bytes": int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE")}
    try:
        import resource
    except ImportError:  # Windows
        return {}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"peak_resident_bytes": peak if os.uname().sysname == "Darwin" else peak * 1024}


def _threads() -> int:
    for line in (_text(PROC / "self" / "status") or "").splitlines():
        if line.startswith("Threads:"):
            return int(line.split()[1])
    return threading.active_count()


def _open_files() -> int | None:
    for folder in (PROC / "self" / "fd", Path("/dev/fd")):
        try:
            return len(os.listdir(folder))
        except OSError:
            continue
    return None


def _host_ticks() -> tuple[int, int] | None:
    """Ticks that the machine's processors were busy, and all ticks, since it was started."""
    text = _text(PROC / "stat")
    if text is None:
        return None
    ticks = [int(field) for field in text.splitlines()[0].split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def _busy(before: tuple[int, int] | None, after: tuple[int, int] | None) -> float | None:
    if before is None or after is None or after[1] == before[1]:
        return None
    return round((after[0] - before[0]) / (after[1] - before[1]), 4)


def _load() -> dict[str, Any]:
    try:
        return {"load_1m": round(os.getloadavg()[0], 2)}
    except (AttributeError, OSError):
        return {}


def _host_memory() -> dict[str, Any]:
    """Memory of the machine, and of the container where there is one."""
    named = {}
    for line in (_text(PROC / "meminfo") or "").splitlines():
        name, _, amount = line.partition(":")
        named[name] = amount
    found = {}
    for ours, theirs in (("memory_total_bytes", "MemTotal"), ("memory_available_bytes", "MemAvailable")):
        if theirs in named:
            found[ours] = int(named[theirs].split()[0]) * 1024
    for ours, theirs in (
        ("container_memory_limit_bytes", "memory.max"),
        ("container_memory_bytes", "memory.current"),
    ):
        text = (_text(CGROUP / theirs) or "").strip()
        if text.isdigit():
            found[ours] = int(text)
    return found
