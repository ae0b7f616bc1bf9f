"""Chromium for the browser test and the screenshots: find it, fetch it where there is none, start it.

`python -m scripts.browser` (part of `make test`) makes sure that there is one, and PostgreSQL where apt can.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find() -> str | None:
    """The path of an installed Chromium: `RNNVIZ_CHROMIUM`, or the first of `NAMES` on the path."""
    if named := os.environ.get("RNNVIZ_CHROMIUM"):
        return named
    return next((path for path in map(shutil.which, NAMES) if path), None)


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _downloaded() -> bool:
    """Whether Playwright has a Chromium of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return os.path.exists(playwright.chromium.executable_path)


def ensure() -> None:
    """Install a Chromium unless there is one: through apt as root on Debian, else Playwright's own.

    Where apt can, PostgreSQL comes with it, on which the tests of classes run, too (scripts/postgres.py);
    without it they are skipped and say why.
    """
    missing = [] if find() or _downloaded() else ["chromium", "fonts-liberation"]
    if _is_root() and shutil.which("apt-get"):
        from scripts import postgres  # not on Windows

        missing += ["postgresql"] if postgres.binaries() is None else []
        try:
            _apt(missing)
        except subprocess.CalledProcessError as error:
            if not (find() or _downloaded()):
                raise
            print(f"no PostgreSQL ({error}): the tests that need it are skipped", file=sys.stderr)
    elif missing:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


def _apt(packages: Sequence[str]) -> None:
    if not packages:
        return
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (("update", "-qq"), ("install", "-y", "-qq", "--no-install-recommends", *packages)):
        subprocess.run(["apt-get", *words], check=True, stdout=subprocess.DEVNULL, env=quiet)


@contextmanager
def chromium() -> Iterator[Any]:
    """A running headless Chromium, as Playwright's `Browser`."""
    from playwright.sync_api import sync_playwright

    flags = [*FLAGS, "--no-sandbox"] if _is_root() else [*FLAGS]  # Chromium refuses its sandbox to root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=flags)
        try:
            yield browser
        finally:
            browser.close()


if __name__ == "__main__":
    try:
        ensure()
    except (subprocess.CalledProcessError, OSError) as error:
        sys.exit(f"no Chromium for the browser test ({error}): install one, or name it in RNNVIZ_CHROMIUM")
