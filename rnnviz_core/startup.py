"""Is what the app needs installed, and in the version it was tested with?

    python -m rnnviz_core.startup

Looks at the installed packages' own records and imports none of them, so that a broken installation gives a
sentence instead of an ImportError out of the depths of one.
"""

import functools
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from rnnviz_core import places

REQUIREMENTS = places.app_folder() / "requirements.txt"
CURE = "pip install rnnviz" if places.is_installed() else "pip install -r requirements.txt"


@dataclass(frozen=True)
class Problem:
    """One package that is not as it should be."""

    package: str
    wanted: str
    found: str | None  # None: it is missing

    def __str__(self) -> str:
        if self.found is None:
            return f"{self.package} {self.wanted} is not installed"
        return f"{self.package} is version {self.found}, tested with {self.wanted}"


def problems(requirements: Path = REQUIREMENTS) -> tuple[Problem, ...]:
    """What is missing or of another version than the file of requirements says."""
    if not requirements.exists():  # only the package was copied: nothing to compare with
        return ()
    found = []
    for line in requirements.read_text(encoding="utf-8").splitlines():
        requirement, _, marker = line.partition("#")[0].partition(";")
        package, pinned, wanted = requirement.strip().partition("==")
        if not pinned or marker.strip() == f'sys_platform != "{sys.platform}"':
            continue
        try:
            version: str | None = metadata.version(package).partition("+")[0]  # torch: 2.13.0+cpu
        except metadata.PackageNotFoundError:
            version = None
        if version != wanted:
            found.append(Problem(package, wanted, version))
    return tuple(found)


@functools.cache
def missing() -> str:
    """For the app, once per process: what it cannot start without, in a sentence; the rest is logged."""
    found = problems()
    for problem in found:
        if problem.found is not None:
            print(f"rnnviz: {problem}", file=sys.stderr)
    gone = [str(problem) for problem in found if problem.found is None]
    return f"{'; '.join(gone)}. To install what is needed: {CURE}" if gone else ""


def main() -> int:
    """Print every problem; exit code 1 when there is one."""
    found = problems()
    for problem in found:
        print(problem)
    print(f"To install what is needed: {CURE}" if found else "Everything is installed as it was tested.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
