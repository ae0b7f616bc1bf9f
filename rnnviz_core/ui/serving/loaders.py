"""Cached access to checkpoints, models and traces, and the warm-up of a server process.

A trace is immutable, so all sessions share one object: there is nothing to copy, and the number, the
bytes and the age of what is kept have a ceiling.
"""

import contextlib
import ctypes
import functools
import gc
import importlib
import pkgutil
import sys
import time
from collections.abc import Callable, Hashable
from pathlib import Path
from threading import Lock
from typing import Any

import streamlit as st

from rnnviz_core import limits, places
from rnnviz_core.checkpoints.registry import Entry, Scan
from rnnviz_core.checkpoints.sources import Folder, Held, Joined, Source
from rnnviz_core.contracts.task import record, task_of_spec
from rnnviz_core.languages import _
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.ui import streamlit_private
from rnnviz_core.ui.drawing import show as drawing

from . import caches, mapped, traces_at_start
from .caches import Cache, heavy

HEAVY = 1_000  # of a task's effort: from here on one recording waits for the other
MANY = 10  # modules imported or charts compiled since the last freeze: time for another one
TRIM_SECONDS = 1.0  # how often freed memory is given back to the system
COLLECT_SECONDS = 2.0  # and how often reference cycles are looked for before that, which takes longer
OWN = "rnnviz-own"  # where a session keeps the networks that its visitor brought along
OWN_CACHES = "rnnviz-own-caches"  # the same of what is computed with them
NODE_BYTES = 200  # of one piece that a beam considered: five numbers in lists

_models: Cache[Any] = Cache(limits.CACHED_MODELS)
_computing: Cache[Any] = Cache(
    limits.CACHED_MODELS, size=lambda network: _bytes(network), at_most=limits.CACHED_WEIGHT_BYTES
)
_traces: Cache[Trace] = Cache(
    limits.CACHED_TRACES,
    size=lambda trace: trace.nbytes + NODE_BYTES * len(trace.meta.get("search", {}).get("step", ())),
    at_most=limits.CACHED_TRACE_BYTES,
    seconds=limits.CACHE_SECONDS,
)
_frozen = 0  # what stood at the last freeze
_waking = Lock()
_trimmed = _collected = 0.0  # when, monotonic
_visitors: dict[str, float | None] = {}  # session -> since when it is known to have left, monotonic


def folder() -> Path:
    """Where the checkpoints are: ``RNNVIZ_CHECKPOINTS``, or those that are shipped."""
    return places.checkpoints()


def source() -> Source:
    """Where this visitor's networks come from: the folder, and what they brought along themselves."""
    shared = _folder(folder())
    others = [held for held in (traces_at_start.traces(), own()) if held and held.scan().entries]
    return Joined(shared, *others) if others else shared


@functools.lru_cache(maxsize=4)
def _folder(path: Path) -> Folder:
    return Folder(path)


def own() -> Held | None:
    """The networks that only this visitor sees, gone with the session; None outside of a run."""
    if streamlit_private.session_id() is None:
        return None
    held: Held = st.session_state.setdefault(OWN, Held())
    return held


def shipped() -> Scan:
    """Those of the folder, which everybody sees."""
    return _folder(folder()).scan()


def models() -> Scan:
    """The networks on offer; a folder is scanned again only when a file in it changed."""
    return source().scan()


def stamp(entry: Entry) -> Hashable:
    """Stands for the network of an entry in the key of a cache."""
    return source().stamp(entry.id)


def model(entry: Entry) -> Any:
    """The network of an entry, in evaluation mode. Never change it: sessions share it.

    The weights of large networks that are shipped stay in their files, in fp16; those in float32 that
    compute are a copy, made anew when others were asked for meanwhile: 2 ms, where all of them take 60 MB.
    """
    kept = stored(entry)
    if not _in_file(entry):
        return kept
    from rnnviz_core.models.components import in_single_precision

    def compute() -> Any:
        network = in_single_precision(kept)
        mapped.let_go(only=tuple(kept.parameters()))
        return network

    return _computing.get(stamp(entry), compute)


def stored(entry: Entry) -> Any:
    """The same for those who only ask for its vocabularies and sizes: it may not be able to compute."""
    from rnnviz_core.checkpoints import registry
    from rnnviz_core.models.components import halve_lookups
    from rnnviz_core.tracing import kernels

    found = source()
    if entry.path is None:  # it is held already, and its source alone decides for how long
        return found.load(entry.id)

    def load() -> Any:
        kernels.use_exact_settings()
        network = found.load(entry.id)
        if _shipped(entry):
            mapped.watch(registry.keep_in_file(network, entry.folder, tables_only=not _in_file(entry)))
        else:
            halve_lookups(network)
        return network

    return _models.get(found.stamp(entry.id), load)


def _in_file(entry: Entry) -> bool:
    """Whether all weights of a network stay in its file, not only the tables."""
    return _shipped(entry) and entry.bytes > limits.KEPT_NETWORK_BYTES


def _shipped(entry: Entry) -> bool:
    """Whether nobody writes over its files."""
    return entry.path is not None and entry.path.parent == places.shipped()


def _bytes(network: Any) -> int:
    return sum(weight.nbytes for weight in network.parameters() if weight.element_size() > 2)


def options(entry: Entry) -> tuple[str, ...]:
    """The names of the options with which the network of a checkpoint can be recorded."""
    return tuple(option.name for option in task_of_spec(entry.spec).options)


def trace(entry: Entry, text: str, **options: Any) -> Trace:
    """Everything the network computes on `text`, recorded with the options of its task."""

    def make() -> Trace:
        network = model(entry)
        task = task_of_spec(entry.spec)
        with heavy() if task.effort(text, options) >= HEAVY else contextlib.nullcontext():
            return task.slim(record(network, text, **options))

    kept = _traces if entry.path is not None else own_cache("traces", lambda trace: trace.nbytes)
    return kept.get((stamp(entry), text, *sorted(options.items())), make)


def own_cache(what: str, size: Callable[[Any], int] = lambda value: 0) -> Cache[Any]:
    """Of what is computed with a visitor's own networks: kept with their session, and gone with it."""
    if streamlit_private.session_id() is None:  # outside of a run nobody brought anything along
        return Cache(1)
    kept: dict[str, Cache[Any]] = st.session_state.setdefault(OWN_CACHES, {})
    if what not in kept:
        kept[what] = Cache(
            limits.CACHED_MAPS,
            size=size,
            at_most=limits.OWN_TRACE_BYTES,
            seconds=limits.CACHE_SECONDS,
        )
    return kept[what]


def forget_own() -> None:
    """Let go of all that was computed with the visitor's own networks."""
    if streamlit_private.session_id() is not None:
        st.session_state.pop(OWN_CACHES, None)


def forget_all() -> None:
    """Empty every cache but that of the networks."""
    caches.forget_all(but=_models)


def warm_up() -> None:
    """Once per process: import what pages need and load one model; and whenever much was added, freeze.

    Streamlit collects garbage after every run, which with torch in memory means a walk over every
    object it brought: 3 seconds per click with 30 visitors, against 0.06 once they are frozen. What
    comes later would be walked in every run of everybody: scikit-learn for 40 ms, charts for 5.
    """
    if session := streamlit_private.session_id():
        _visitors[session] = None
    if not _frozen:
        with st.spinner(_("Waking the network …")):
            wake()
    elif _standing() > _frozen + MANY:
        _freeze()
    elif time.monotonic() - _trimmed > TRIM_SECONDS:
        forget_visitors()
        trim()


def trim(*, cycles: bool = False) -> None:
    """Give freed memory back to the system: 5 to 20 MB with 50 visitors, in 5 ms, in 20 with `cycles`.

    glibc keeps it, and Python keeps reference cycles until it looks for them. Telling glibc never to keep any
    (`MALLOC_MMAP_THRESHOLD_`) makes recording a trace a quarter slower.
    """
    global _trimmed, _collected
    _trimmed = time.monotonic()
    if cycles or _trimmed - _collected >= COLLECT_SECONDS:
        gc.collect()
        _collected = _trimmed
    mapped.let_go()
    give_back()


def give_back() -> None:
    """Only that: memory that was freed goes back to the system, after something that took much of it."""
    with contextlib.suppress(OSError, AttributeError):  # no glibc here
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def forget_visitors() -> None:
    """Let go of what those could download who left and do not come back: up to 1 MB for each, a trace.

    Streamlit forgets their sessions (`server.disconnectedSessionTTL`), but does not close them.
    """
    now = time.monotonic()
    patience = st.get_option("server.disconnectedSessionTTL")
    for session, left in list(_visitors.items()):
        active = streamlit_private.is_active(session)
        if active is None:
            return
        if active:
            _visitors[session] = None
        elif left is None:
            _visitors[session] = now
        elif now - left > patience:
            streamlit_private.forget_files(session)
            _visitors.pop(session, None)


def wake() -> None:
    """Import what pages need, load and run one model, and freeze; once per process, whoever asks first."""
    with _waking:
        if not _frozen:
            _wake()


def _wake() -> None:
    from rnnviz_core.tracing import kernels

    kernels.use_exact_settings()
    for name in ("charts", "frames", "ui"):
        package = importlib.import_module(f"rnnviz_core.{name}")
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(found.name)
    for entry in models().entries[:1]:
        try:
            trace(entry, "warm")
        except Exception:
            break
    _freeze()


def _freeze() -> None:
    global _frozen
    trim(cycles=True)
    gc.freeze()
    _frozen = _standing()


def _standing() -> int:
    """Modules and charts: both stay, and bring thousands of objects."""
    return len(sys.modules) + drawing.compilations()
