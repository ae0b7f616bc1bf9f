"""`Trace.open` and `rnnviz app --trace`, without a display."""

import stat
import subprocess
import webbrowser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import torch

import rnnviz_core as rnnviz
from rnnviz_core import places
from rnnviz_core.cli import app as cli
from rnnviz_core.errors import TraceError
from rnnviz_core.notebook import opening
from rnnviz_core.ui.serving import traces_at_start


class Fake:
    """A process that was started, or has ended."""

    def __init__(self, command: list[str], **options: Any) -> None:
        self.command, self.options, self.returncode = command, options, None

    def poll(self) -> int | None:
        return self.returncode

    def terminate(self) -> None:
        self.returncode = 0


@pytest.fixture
def trace() -> rnnviz.Trace:
    torch.manual_seed(0)
    return rnnviz.record_module(torch.nn.GRU(2, 3), torch.randn(4, 2))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    shown: list[str] = []
    monkeypatch.setattr(subprocess, "Popen", Fake)
    monkeypatch.setattr(opening, "_app", None)
    monkeypatch.setattr(opening.App, "wait", lambda self: None)
    monkeypatch.setattr(webbrowser, "open", shown.append)
    return shown


def test_one_app_is_started_and_told_of_the_trace(trace: rnnviz.Trace, opened: list[str]) -> None:
    address = trace.open()
    app = opening._app
    assert app is not None
    assert opened == [address]
    assert app.process.command[1:4] == ["-m", "rnnviz_core", "app"]
    folder = Path(app.process.command[app.process.command.index("--trace") + 1])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    asked = parse_qs(urlsplit(address).query)
    kept = rnnviz.Trace.load(folder / asked["model"][0])
    np.testing.assert_array_equal(kept["encoder.0.hidden"], trace["encoder.0.hidden"])
    again = trace.open(browser=False)
    assert opening._app is app
    assert again != address
    assert opened == [address]
    app.stop()
    assert not folder.exists()


def test_an_app_that_ends_at_once_is_a_message(
    trace: rnnviz.Trace, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(subprocess, "Popen", Fake)
    app = opening.App()
    app.process.returncode = 3
    with pytest.raises(TraceError, match=r"ended at once \(code 3\)"):
        app.wait()
    app.stop()


def test_the_app_opens_what_it_was_started_with(
    trace: rnnviz.Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert traces_at_start.traces() is None
    (tmp_path / "broken.npz").write_bytes(b"PK")
    trace.save(tmp_path / "mine.npz")
    told = cli.environment(tmp_path, tmp_path)[places.TRACE]
    monkeypatch.setenv(places.TRACE, told)
    held = traces_at_start.traces()
    assert held is not None
    assert [entry.id for entry in held.scan().entries] == ["mine.npz"]
    trace.save(tmp_path / "later.npz")
    assert {entry.id for entry in traces_at_start.traces().scan().entries} == {"mine.npz", "later.npz"}
