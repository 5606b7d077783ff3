"""What a heartbeat says of process, machine and GPUs."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from leadline_client import gpu, resources
from leadline_client.gpu import Gpus
from leadline_client.resources import Resources

linux = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="/proc is Linux's")


@linux
def test_the_numbers_are_those_of_this_process() -> None:
    reading = Resources()
    held = bytearray(64 << 20)
    first = reading.read()
    with open(os.devnull) as _, open(os.devnull) as _:
        second = reading.read()
    process = second["process"]
    assert process["resident_bytes"] > len(held)
    assert process["open_files"] == first["process"]["open_files"] + 2
    assert process["cpu_seconds"] >= first["process"]["cpu_seconds"]
    assert process["threads"] >= 1
    assert 0 <= second["host"]["memory_available_bytes"] <= second["host"]["memory_total_bytes"]
    assert 0 <= second["host"].get("cpu_busy", 0) <= 1


@linux
def test_busy_work_is_seen() -> None:
    reading = Resources()
    while reading.read()["process"]["cpu_used"] < 0.01:
        sum(range(100_000))


def test_without_proc_less_is_known_and_nothing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "PROC", tmp_path / "proc")
    monkeypatch.setattr(resources, "CGROUP", tmp_path / "cgroup")
    found = Resources().read()
    assert found["process"]["cpu_seconds"] > 0
    assert found["process"]["threads"] >= 1
    assert found["process"]["peak_resident_bytes"] > 1 << 20
    assert "memory_total_bytes" not in found["host"]


def test_limits_of_a_container_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text("536870912\n")
    (tmp_path / "memory.current").write_text("1024\n")
    host = Resources().read()["host"]
    assert (host["container_memory_limit_bytes"], host["container_memory_bytes"]) == (536870912, 1024)
    (tmp_path / "memory.max").write_text("max\n")
    assert "container_memory_limit_bytes" not in Resources().read()["host"]


def test_a_machine_without_the_driver_has_no_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "LIBRARIES", ("libthere-is-no-such-library.so",))
    assert Gpus().read() == []


LIBRARY = r"""
#include <string.h>
#include <unistd.h>
struct utilization { unsigned gpu, memory; };
struct memory { unsigned long long total, free, used; };
struct process { unsigned pid; unsigned long long memory; unsigned gpu_instance, compute_instance; };
int nvmlInit_v2(void) { return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 3; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
    *device = (void *)(unsigned long)(index + 1);
    return index == 2 ? 15 : 0;
}
int nvmlDeviceGetName(void *device, char *name, unsigned length) { strncpy(name, "A GPU", length); return 0; }
int nvmlDeviceGetUtilizationRates(void *device, struct utilization *out) {
    out->gpu = 25; out->memory = 5;
    return device == (void *)2 ? 3 : 0;
}
int nvmlDeviceGetMemoryInfo(void *device, struct memory *out) {
    out->total = 80ull << 30; out->free = 79ull << 30; out->used = 1ull << 30;
    return 0;
}
int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned *count, struct process *out) {
    *count = 2;
    out[0].pid = 1; out[0].memory = 5;
    out[1].pid = getpid(); out[1].memory = 1ull << 29;
    return 0;
}
"""
"""NVML's functions with the signatures of its header, for machines without the driver."""


@pytest.fixture
def nvml(tmp_path: Path) -> str:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler")
    source, library = tmp_path / "nvml.c", tmp_path / "libnvml.so"
    source.write_text(LIBRARY)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    return str(library)


def test_gpus_are_read_through_nvml(nvml: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "LIBRARIES", (nvml,))
    first: dict[str, Any] = {
        "index": 0,
        "name": "A GPU",
        "busy": 0.25,
        "memory_total_bytes": 80 << 30,
        "memory_used_bytes": 1 << 30,
        "process_memory_bytes": 1 << 29,
    }
    # The second does not tell how busy it is, the third does not answer at all.
    second = {name: value for name, value in first.items() if name != "busy"} | {"index": 1}
    assert Resources().read()["gpus"] == [first, second]


def test_structures_have_the_sizes_of_nvmls_header() -> None:
    assert ctypes.sizeof(gpu._Process) == 24
    assert ctypes.sizeof(gpu._Memory) == 24
