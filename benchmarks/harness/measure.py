"""CPU time, wall time, page faults and resident memory of a process during a piece of work."""

from __future__ import annotations

import gc
import resource
import time
from pathlib import Path
from typing import Self

_STATUS = Path("/proc/self/status")
_CLEAR_REFS = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"  # see proc(5): sets the peak to the current resident size
_KIB = 1024


class Meter:
    """Context manager that measures its block."""

    def __enter__(self) -> Self:
        """Collect garbage, reset the memory peak and start."""
        gc.collect()
        self._resident = _reset_peak()
        self._usage = resource.getrusage(resource.RUSAGE_SELF)
        self._clock = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the readings."""
        self.wall_s = time.perf_counter() - self._clock
        after = resource.getrusage(resource.RUSAGE_SELF)
        self.cpu_s = _cpu(after) - _cpu(self._usage)
        self.page_faults = after.ru_minflt - self._usage.ru_minflt
        self.peak_over_base_mib = (_kib("VmHWM") - self._resident) / _KIB

    def readings(self) -> dict[str, float]:
        """Return the readings by name."""
        return {
            "wall_s": self.wall_s,
            "cpu_s": self.cpu_s,
            "page_faults": self.page_faults,
            "peak_over_base_mib": self.peak_over_base_mib,
        }


def resident_mib() -> float:
    """Return the resident size of this process in MiB, or 0 on platforms without /proc."""
    return _kib("VmRSS") / _KIB


def _cpu(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


def _reset_peak() -> int:
    if _CLEAR_REFS.exists():
        _CLEAR_REFS.write_text(_RESET_PEAK)
    return _kib("VmRSS")


def _kib(field: str) -> int:
    if not _STATUS.exists():
        return 0
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1])
