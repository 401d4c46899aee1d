"""What the process has used, for the benchmark."""

import json
import os
import resource


def note_usage() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    usage = {"cpuSeconds": used.ru_utime + used.ru_stime, "peakMb": peak_kibibytes() * 1.024e-3}
    with open(os.environ["BENCH_USAGE_FILE"], "w", encoding="utf-8") as file:
        json.dump(usage, file)


def peak_kibibytes() -> int:
    """Linux lets a process inherit its parent's peak in ru_maxrss; this one is its own."""
    try:
        with open("/proc/self/status", encoding="utf-8") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
