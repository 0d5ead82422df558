"""Run every benchmark of this folder; exit with 1 where one misses its target."""

import importlib
import pkgutil
import sys

import benchmarks

HELPERS = set(
    "__main__ harness compile_once compiled_native compiled_peers compiled_training".split()
)


def main() -> int:
    """Run them in the order of their names; a measurement that compares with nobody gives None."""
    names = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]
    reports = [
        importlib.import_module(f"benchmarks.{name}").main()
        for name in names
        if name not in HELPERS
    ]
    return int(any(report is not None and report.missed for report in reports))


if __name__ == "__main__":
    sys.exit(main())
