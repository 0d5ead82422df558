"""The most memory that a process has had."""

import resource
import sys
from pathlib import Path


def peak_gigabytes() -> float:
    """The most memory that this process has had since its program began, in 10⁹ bytes.

    On Linux from the kernel's status of the process: what `getrusage` tells there begins with the
    peak of the process that started this one.
    """
    if sys.platform == "linux":
        for line in Path("/proc/self/status").read_text().splitlines():
            name, _, amount = line.partition(":")
            if name == "VmHWM":
                return int(amount.split()[0]) * 1024 / 1e9
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
