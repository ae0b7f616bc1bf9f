"""Where the app and the shipped models lie.

In the repository ``app.py``, ``pages/``, ``.streamlit/`` and ``checkpoints/`` stand beside this package; a
wheel carries them inside it, in ``_app/`` (``force-include`` in ``pyproject.toml``). Everything that looks
for them asks here.
"""

import base64
import functools
import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
TRACE = "RNNVIZ_TRACE"  # names the trace, or the folder of traces, that the app was started with
CARRIED = "_app"  # the folder in a wheel
MARK = PACKAGE / "ui" / "mark.svg"  # the project's own, in the tab of the browser
NAME = PACKAGE / "ui" / "name.svg"  # the mark with the name beside it


def app_folder(package: Path = PACKAGE) -> Path:
    """The folder of ``app.py``, ``pages/``, ``.streamlit/``, ``checkpoints/`` and ``requirements.txt``."""
    inside = package / CARRIED
    return inside if inside.is_dir() else package.parent


def is_installed() -> bool:
    """Whether this is an installed wheel, not a clone of the repository."""
    return app_folder() != PACKAGE.parent


@functools.cache  # asked for several times in every run of a page
def shipped() -> Path:
    """The folder of the models that come with RNNViz."""
    return app_folder() / "checkpoints"


@functools.cache
def histories() -> Path:
    """The folder of the training histories that come with RNNViz."""
    return app_folder() / "histories"


@functools.cache
def data_address(drawing: Path) -> str:
    """A drawing as an address that holds it: no file is read for a run, or asked for by a browser."""
    return f"data:image/svg+xml;base64,{base64.b64encode(drawing.read_bytes()).decode()}"


def documents(language: str = "en") -> dict[str, Path]:
    """What can be read about RNNViz in itself: title -> file, README first, licence last.

    A document in another language stands beside the English one, ``workshop.es.md``; where there is none, it
    is the English one.
    """
    folder = app_folder()
    files = [
        folder / "README.md",
        *sorted((folder / "docs").glob("*.md")),
        folder / "NOTICE",
        folder / "LICENSE",
    ]
    known = {file.stem: file for file in files if file.is_file() and file.stem != "gallery"}
    return {name: known.get(f"{name}.{language}", file) for name, file in known.items() if "." not in name}


def checkpoints() -> Path:
    """The folder of the models on offer: ``RNNVIZ_CHECKPOINTS``, or the shipped ones."""
    return Path(os.environ.get("RNNVIZ_CHECKPOINTS") or shipped())


def lessons() -> Path:
    """The folder of the lessons that come with RNNViz."""
    return PACKAGE / "lessons" / "files"
