"""Every measurement of docs/performance.md by its command, written into that page: `make performance`.

    python -m bench.report [--quick] [--print] [NAME ...]

About fifteen minutes, for a quiet machine; `--quick` takes fewer rounds and only prints, `--print` takes all
and only prints. Names choose some of the measurements; the others keep what the page says. `make bench`
prints those that need no crowd of visitors.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
# Name -> title, command, and what a quick try adds to it.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "load-50": ("Fifty visitors, two workers", "bench.load --sessions 50 --workers 2", "--seconds 15"),
    "load-100": ("A hundred visitors, two workers", "bench.load --sessions 100 --workers 2", "--seconds 15"),
    "load-25-one": ("Twenty-five visitors, one process", "bench.load --sessions 25", "--seconds 15"),
    "load-50-one": ("Fifty visitors, one process", "bench.load --sessions 50", "--seconds 15"),
    "heavy": ("Light beside heavy work", "bench.load --heavy 5 --sessions 20 --seconds 30", "--seconds 8"),
    "pages": ("A new sentence, page by page", "bench.pages", "--rounds 4"),
    "browser": ("In a browser", "bench.browser", "--rounds 2 --starts 1"),
    "plain": ("Against plain st.altair_chart", "bench.plain", "--rounds 6 --sessions 4"),
    "record": ("Recording: tokens and units", "bench.record", "--rounds 10"),
    "gradients": ("Gradients against the recording", "bench.gradients", "--rounds 15"),
    "record-onednn": ("Recording with oneDNN", "bench.record --onednn", "--rounds 10"),
}


def block(name: str, output: str, command: str, when: str) -> str:
    """The part of the page that a measurement writes, between its marks."""
    title = COMMANDS[name][0]
    return (
        f"<!-- {name} -->\n### {title}\n\n`.venv/bin/python -m {command}`, {when}\n\n{output.strip()}\n"
        f"<!-- /{name} -->"
    )


def replaced(page: str, name: str, new: str) -> str:
    """The page with one measurement replaced; without its marks it is added at the end."""
    marks = re.compile(rf"<!-- {name} -->.*?<!-- /{name} -->", re.DOTALL)
    if marks.search(page):
        return marks.sub(lambda _: new, page)
    return f"{page.rstrip()}\n\n{new}\n"


def measured(name: str, quick: bool) -> str:
    """Run one measurement; its block, with how busy the machine was before it began."""
    _, command, fewer = COMMANDS[name]
    command += f" {fewer}" * quick
    busy, _, _ = os.getloadavg()
    when = f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} processors, load before it began {busy:.1f}:"
    found = subprocess.run(
        [sys.executable, "-m", *command.split()], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if found.returncode and not found.stdout:
        raise RuntimeError(f"{command} failed:\n{found.stderr[-2000:]}")
    return block(name, found.stdout, command, when)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(COMMANDS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and printed instead of written")
    parser.add_argument("--print", action="store_true", help="printed instead of written")
    options = parser.parse_args()
    if unknown := set(options.names) - set(COMMANDS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join(COMMANDS)}")
    for name in options.names or COMMANDS:
        new = measured(name, options.quick)
        print(new, flush=True)
        if not (options.quick or options.print):
            PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), name, new), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
