"""GPUs through NVML, the library of NVIDIA's driver, where there is one."""

from __future__ import annotations

import ctypes
import os
from typing import Any

LIBRARIES = ("libnvidia-ml.so.1", "nvml.dll")


class _Utilization(ctypes.Structure):
    _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))


class _Memory(ctypes.Structure):
    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


class _Process(ctypes.Structure):
    _fields_ = (
        ("pid", ctypes.c_uint),
        ("memory", ctypes.c_ulonglong),
        ("gpu_instance", ctypes.c_uint),
        ("compute_instance", ctypes.c_uint),
    )


class Gpus:
    """The machine's GPUs; nothing is loaded before the first reading, and nothing is said where there are
    none.
    """

    def __init__(self) -> None:
        self._library: Any = None
        self._tried = False

    def read(self) -> list[dict[str, Any]]:
        """Each GPU's name, share of time busy, memory, and what of it this process holds."""
        library = self._loaded()
        if library is None:
            return []
        count = ctypes.c_uint()
        if library.nvmlDeviceGetCount_v2(ctypes.byref(count)) != 0:
            return []
        return [found for place in range(count.value) if (found := _read(library, place))]

    def _loaded(self) -> Any:
        if not self._tried:
            self._tried = True
            self._library = _load()
        return self._library


def _load() -> Any | None:
    for name in LIBRARIES:
        try:
            library = ctypes.CDLL(name)
            return library if library.nvmlInit_v2() == 0 else None
        except (OSError, AttributeError):
            continue
    return None


def _read(library: Any, place: int) -> dict[str, Any]:
    device = ctypes.c_void_p()
    if library.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(place), ctypes.byref(device)) != 0:
        return {}
    found: dict[str, Any] = {"index": place}
    name = ctypes.create_string_buffer(96)
    if library.nvmlDeviceGetName(device, name, ctypes.c_uint(96)) == 0:
        found["name"] = name.value.decode("utf-8", "replace")
    busy = _Utilization()
    if library.nvmlDeviceGetUtilizationRates(device, ctypes.byref(busy)) == 0:
        found["busy"] = busy.gpu / 100
    memory = _Memory()
    if library.nvmlDeviceGetMemoryInfo(device, ctypes.byref(memory)) == 0:
        found["memory_total_bytes"], found["memory_used_bytes"] = memory.total, memory.used
    own = _own_memory(library, device)
    if own is not None:
        found["process_memory_bytes"] = own
    return found


def _own_memory(library: Any, device: ctypes.c_void_p) -> int | None:
    count = ctypes.c_uint(64)
    processes = (_Process * 64)()
    try:
        status = library.nvmlDeviceGetComputeRunningProcesses_v3(device, ctypes.byref(count), processes)
    except AttributeError:  # an older driver
        return None
    if status != 0:
        return None
    # NVML says all ones where it does not know.
    held = [p.memory for p in processes[: count.value] if p.pid == os.getpid() and p.memory != 2**64 - 1]
    return sum(held) if held else None
