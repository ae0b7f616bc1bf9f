"""A person installs the wheel into an environment of their own, and works in another folder."""

import contextlib
import os
import subprocess
import sys
import sysconfig
import tarfile
import time
import urllib.error
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.driver import Visitor
from scripts.serving import ROOT, free_port

PATIENCE = 120  # seconds until an installed app answers on a busy machine
SHIPPED = (
    *("app.py", "requirements.txt", ".streamlit/config.toml", "pages/*.py", "checkpoints/**/*"),
    "histories/*.safetensors",
    *("README.md", "docs/*.md", "LICENSE", "NOTICE"),  # what the app lets a person read
)


def plain() -> dict[str, str]:
    """The environment without what would lead a program back to this tree."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "RNNVIZ"))}


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """What a program prints; fails with its errors."""
    done = subprocess.run(command, cwd=cwd, env=plain(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a wheel and an sdist of this tree."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-d", folder)
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment with the wheel; all else comes from this one, without network."""
    home = tmp_path_factory.mktemp("fresh")
    venv.create(home, with_pip=False)
    programs = home / Path(sys.executable).parent.name
    (wheel,) = built.glob("*.whl")
    pip = (sys.executable, "-m", "pip", "--python", programs / "python")
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel)
    site = run(programs / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    Path(site, "tests.pth").write_text(sysconfig.get_path("purelib"))
    return programs


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a person, with a module in it that has the name of one of ours."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "altair.py").write_text("raise ImportError('not this one')")
    return folder


@pytest.fixture(scope="module")
def app(installed: Path, elsewhere: Path) -> Iterator[str]:
    """The address of `rnnviz app`, started in that folder."""
    port = free_port()
    log = elsewhere / "app.log"
    command = [installed / "rnnviz", "app", "--port", str(port), "--address", "127.0.0.1"]
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, cwd=elsewhere, env=plain(), stdout=output, stderr=subprocess.STDOUT
        )
    try:
        until = time.monotonic() + PATIENCE
        while get(f"http://127.0.0.1:{port}/_stcore/health") != "ok":
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def get(url: str) -> str:
    """What an address answers; nothing when nobody does."""
    with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=5) as reply:
        text: str = reply.read().decode()
        return text
    return ""


def test_a_wheel_and_an_sdist_hold_what_is_needed(built: Path) -> None:
    (wheel,), (sdist,) = built.glob("*.whl"), built.glob("*.tar.gz")
    app = {path for pattern in SHIPPED for path in ROOT.glob(pattern) if path.is_file()}
    app.remove(ROOT / "docs/gallery.md")  # its pictures stay in the repository
    code = {path for path in (ROOT / "rnnviz_core").rglob("*") if path.is_file()}
    needed = {path.relative_to(ROOT).as_posix() for path in app | code if "__pycache__" not in path.parts}
    carried = {name if name.startswith("rnnviz_core/") else f"rnnviz_core/_app/{name}" for name in needed}
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == carried
    with tarfile.open(sdist) as archive:
        assert needed <= {name.partition("/")[2] for name in archive.getnames()}
    run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist)


def test_the_package_is_imported_from_any_folder(installed: Path, elsewhere: Path) -> None:
    code = "import rnnviz_core; print(rnnviz_core.__file__); print(rnnviz_core.load('sentiment-rnn').name)"
    place, model = run(installed / "python", "-c", code, cwd=elsewhere).splitlines()
    assert Path(place).is_relative_to(installed.parent)
    assert model == "sentiment-rnn"


def test_the_command_traces(installed: Path, elsewhere: Path) -> None:
    call = ("trace", "sentiment-lstm", "not a good film")
    told = run(installed / "rnnviz", *call, "--out", "film.npz", cwd=elsewhere)
    assert "prediction    negative" in told
    assert (elsewhere / "film.npz").stat().st_size > 1000
    here = run(sys.executable, "-m", "rnnviz_core", *call)
    assert here.splitlines() == told.splitlines()[:-1]  # the last line says where the file is


def test_the_command_lists_what_is_shipped(installed: Path, elsewhere: Path) -> None:
    here = run(sys.executable, "-m", "rnnviz_core", "models", "--json")
    assert run(installed / "rnnviz", "models", "--json", cwd=elsewhere) == here


def test_help_shows_what_was_typed(installed: Path, elsewhere: Path) -> None:
    told = run(installed / "rnnviz", "trace", "--help", cwd=elsewhere)
    assert '\n    rnnviz trace sentiment-lstm "not a good film"\n' in told
    assert "python -m" not in told


def test_the_installed_packages_are_compared_with_those_tested(installed: Path, elsewhere: Path) -> None:
    assert "as it was tested" in run(installed / "python", "-m", "rnnviz_core.startup", cwd=elsewhere)


def test_the_app_is_served(app: str, elsewhere: Path) -> None:
    assert "<title>Streamlit</title>" in get(app)
    assert f"RNNViz answers on {app}" in (elsewhere / "app.log").read_text(encoding="utf-8")


def test_its_pages_are_drawn(app: str, browser: Any) -> None:
    visitor = Visitor(browser, app)
    try:
        visitor.open("/gates", model="sentiment-gru", text="not a good film")
        assert len(visitor.charts()) >= 1
        assert visitor.page.title() == "Gates · RNNViz"
        side = visitor.page.get_by_test_id("stSidebar")
        colour = side.evaluate("element => getComputedStyle(element).backgroundColor")
        assert colour == "rgb(246, 247, 249)"  # of .streamlit/config.toml: the wheel's own is read
        assert visitor.errors() == []
    finally:
        visitor.close()
