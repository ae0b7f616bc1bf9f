"""What `make test` installs before the tests: a browser, and PostgreSQL where apt can."""

import subprocess
from pathlib import Path

import pytest

from scripts import browser, postgres


@pytest.mark.parametrize("chromium", [None, "/usr/bin/chromium"], ids=["none", "chromium"])
@pytest.mark.parametrize("server", [None, Path("/usr/lib/postgresql/15/bin")], ids=["none", "postgresql"])
@pytest.mark.parametrize("apt", [None, "/usr/bin/apt-get"], ids=["none", "apt"])
def test_what_is_missing_is_installed(
    chromium: str | None, server: Path | None, apt: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(browser, "find", lambda: chromium)
    monkeypatch.setattr(browser, "_downloaded", lambda: False)
    monkeypatch.setattr(browser, "_is_root", lambda: True)
    monkeypatch.setattr(browser.shutil, "which", lambda name: apt)
    monkeypatch.setattr(postgres, "binaries", lambda: server)
    monkeypatch.setattr(browser.subprocess, "run", lambda words, **_: asked.extend(words))
    browser.ensure()
    by_apt = set(asked) & {"chromium", "postgresql"} if "apt-get" in asked else set()
    wanted = {name for name, found in (("chromium", chromium), ("postgresql", server)) if not found}
    assert by_apt == (wanted if apt else set())
    assert ("playwright" in asked) == (apt is None and chromium is None)


@pytest.mark.parametrize("chromium", [None, "/usr/bin/chromium"], ids=["none", "chromium"])
def test_only_the_browser_is_needed(chromium: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without PostgreSQL its tests are skipped; without a browser there is nothing to run."""

    def fail(words: list[str], **_: object) -> None:
        raise subprocess.CalledProcessError(100, words)

    monkeypatch.setattr(browser, "find", lambda: chromium)
    monkeypatch.setattr(browser, "_downloaded", lambda: False)
    monkeypatch.setattr(browser, "_is_root", lambda: True)
    monkeypatch.setattr(browser.shutil, "which", lambda name: "/usr/bin/apt-get")
    monkeypatch.setattr(postgres, "binaries", lambda: None)
    monkeypatch.setattr(browser.subprocess, "run", fail)
    if chromium:
        browser.ensure()
    else:
        with pytest.raises(subprocess.CalledProcessError):
            browser.ensure()
