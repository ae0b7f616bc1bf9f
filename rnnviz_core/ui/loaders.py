"""Cached access to checkpoints, models and traces, and the warm-up of a server process.

Cached functions take short texts only. A trace is immutable, so all sessions share one object
(`st.cache_resource`): there is nothing to copy, and the number and age of entries have a ceiling.
"""

import gc
import os
from pathlib import Path
from typing import Any

import streamlit as st

from .. import limits
from ..checkpoints import Entry, Scan
from ..trace import Trace

ROOT = Path(__file__).resolve().parents[2]


def folder() -> Path:
    """Where the checkpoints are: ``RNNVIZ_CHECKPOINTS``, or ``checkpoints/`` next to ``app.py``."""
    return Path(os.environ.get("RNNVIZ_CHECKPOINTS") or ROOT / "checkpoints")


def _stamp(path: Path) -> str:
    """Changes when a file below `path` is replaced: names, sizes and times of its files."""
    try:
        files = sorted(file for file in path.rglob("*") if file.is_file())
        return "|".join(f"{file.name}:{file.stat().st_size}:{file.stat().st_mtime_ns}" for file in files)
    except OSError:
        return "unreadable"


@st.cache_resource(max_entries=4, show_spinner=False)
def _scan(path: str, stamp: str) -> Scan:
    from .. import checkpoints

    return checkpoints.scan(path)


def models() -> Scan:
    """The checkpoints of the folder; scanned again only when a file in it changed."""
    path = folder()
    return _scan(str(path), _stamp(path))


@st.cache_resource(max_entries=limits.CACHED_MODELS, show_spinner="Loading the network …")
def _model(path: str, stamp: str) -> Any:
    import torch

    from .. import checkpoints

    torch.set_num_threads(1)  # many small sessions: threads would only get into each other's way
    return checkpoints.load(path)


def model(entry: Entry) -> Any:
    """The network of a checkpoint, in evaluation mode. Never change it: sessions share it."""
    return _model(str(entry.path), _stamp(entry.path))


@st.cache_resource(
    max_entries=limits.CACHED_TRACES, ttl=limits.CACHE_SECONDS, show_spinner="Reading the sentence …"
)
def _trace(path: str, stamp: str, text: str, beam: int = 1, reference: str | None = None) -> Trace:
    from .. import recorder

    return recorder.record(_model(path, stamp), text, beam=beam, reference=reference)


def trace(entry: Entry, text: str, beam: int = 1, reference: str | None = None) -> Trace:
    """Everything the network computes on `text`; a translation is the best of a beam, or `reference`."""
    return _trace(str(entry.path), _stamp(entry.path), text, beam, reference)


@st.cache_resource(show_spinner="Waking the network …")
def warm_up() -> bool:
    """Once per process: import what pages need, load one model, then `gc.freeze`.

    Streamlit collects garbage after every run, which with torch in memory means a walk over every
    object it brought: 3 seconds per click with 30 visitors, against 0.06 once they are frozen.
    """
    import torch

    from .. import charts, frames, recorder  # noqa: F401

    torch.set_num_threads(1)
    for entry in models().entries[:1]:
        try:
            trace(entry, "warm")
        except Exception:
            break
    gc.collect()
    gc.freeze()
    return True
