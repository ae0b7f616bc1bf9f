"""Histories of training runs: those that come with the app, and those that a visitor has opened."""

import contextlib
import functools
import itertools
from collections.abc import Hashable
from dataclasses import dataclass, replace

import streamlit as st

from rnnviz_core import limits, places
from rnnviz_core.contracts.task import record
from rnnviz_core.derivatives import jacobians
from rnnviz_core.errors import CheckpointError
from rnnviz_core.frames.layer import Layer
from rnnviz_core.languages import N_, _
from rnnviz_core.tracing import kernels
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.training.history_file import History

from .caches import Cache, heavy

OWN = "own"  # begins the id of a visitor's own history: own, own-2, own-3
_KEPT = "rnnviz-histories"  # where a session keeps them, by id
_numbers = itertools.count()  # a stamp is given out once: no cache hands a history to somebody else

_films: Cache[tuple[Trace, ...]] = Cache(
    limits.CACHED_MAPS,
    size=lambda film: sum(trace.nbytes for trace in film),
    at_most=limits.CACHED_FILM_BYTES,
    seconds=limits.CACHE_SECONDS,
)
_pairs: Cache[jacobians.Pairs] = Cache(
    limits.CACHED_MAPS,
    size=lambda found: found.gains.nbytes,
    at_most=limits.CACHED_PAIRS_BYTES,
    seconds=limits.CACHE_SECONDS,
)
# Titles and lines of the histories that come with the app, as their files have them.
SHIPPED = (
    N_("LSTM"),
    N_("Without dropout it learns its sentences by heart."),
    N_("LSTM with dropout 0.5"),
    N_("Half of the numbers are left out while it trains."),
    N_("LSTM, forget bias 0"),
    N_("Its forget gates begin half open, at 0.5 and not at 0.73."),
    N_("RNN, as many weights"),
    N_("A plain RNN of 76 units has as many weights as the LSTM of 32."),
    N_("GRU with attention"),
    N_("Attention over all states is a short cut for the gradient."),
    N_("LSTM, a tenth of the rate"),
    N_("Each update goes a tenth as far."),
    N_("LSTM, ten times the rate"),
    N_("Each update goes ten times as far."),
    N_("LSTM, SGD"),
    N_("SGD with momentum 0.9, at its own best rate."),
    N_("LSTM, RMSprop"),
    N_("RMSprop at its own best rate."),
)
NOT_DRAWN = ("_from_input", "_from_state", "embedding", "terms", "prefix_logits", "prefix_probabilities")


@dataclass(frozen=True)
class Known:
    """A history on offer."""

    id: str  # in the address
    title: str
    history: History
    stamp: Hashable  # stands for it in the key of a cache
    size: int = 0  # bytes of a visitor's own file

    @property
    def is_own(self) -> bool:
        """Whether a visitor brought it along."""
        return self.id.partition("-")[0] == OWN

    @property
    def called(self) -> str:
        """Its title in the language of this run; a visitor's own has the one that it came with."""
        return self.title if self.is_own else _(self.title)

    @property
    def line(self) -> str:
        """What it is there to show, in that language; empty where its file does not say it."""
        line = self.history.about.get("line")
        if not isinstance(line, str):
            return ""
        return line[:200] if self.is_own else _(line[:200])


@functools.cache
def shipped() -> tuple[Known, ...]:
    """Those of the app, in the order that they name; snapshots stay on the disk until they are asked for."""
    found = []
    for path in sorted(places.histories().glob("*.safetensors")):
        with contextlib.suppress(CheckpointError):
            history = History.load(path)
            found.append(Known(path.stem, _title(history, path.stem), history, path.stem))
    return tuple(sorted(found, key=lambda one: _place(one.history)))


def _title(history: History, otherwise: str) -> str:
    title = history.about.get("title")
    return title[:60] if isinstance(title, str) and title.strip() else otherwise


def _place(history: History) -> int:
    place = history.about.get("place")
    return place if isinstance(place, int) else 1_000


def known() -> dict[str, Known]:
    """Every history that this visitor can look at, by id; their own first."""
    return {**own(), **{one.id: one for one in shipped()}}


def own() -> dict[str, Known]:
    """Those that this visitor has opened, by id."""
    found: dict[str, Known] = st.session_state.get(_KEPT, {})
    return found


def bring(content: bytes, name: str) -> str:
    """Keep a visitor's own history for the length of their session; its id.

    Raises
    ------
    CheckpointError
        Says what is wrong with the file.
    """
    history = History.load(content)
    if not history.epochs and not len(history.steps["step"]):
        raise CheckpointError(_("the history is empty: no update was done"))
    kept = own()
    size = len(content) + sum(one.size for one in kept.values())
    if len(kept) >= limits.HISTORIES or size > limits.HISTORY_BYTES:
        raise CheckpointError(
            _(
                "{count} of your runs are open; the limit is {limit}, or {megabytes} MB together: "
                "forget them first",
                count=len(kept),
                limit=limits.HISTORIES,
                megabytes=limits.HISTORY_BYTES // 2**20,
            )
        )
    number = len(kept) + 1
    stem = name.removesuffix(".safetensors")[:60]
    title = _title(history, stem)
    if stem not in (title, "history"):  # what `rnnviz train` calls every one
        title = f"{title}, {stem}"
    called = OWN if number == 1 else f"{OWN}-{number}"
    one = Known(called, _("{title} (yours)", title=title), history, ("own", next(_numbers)), len(content))
    st.session_state[_KEPT] = {**kept, called: one}
    return called


def forget() -> None:
    """Drop them."""
    st.session_state.pop(_KEPT, None)


def film(one: Known, probe: int) -> tuple[Trace, ...]:
    """One of its texts, recorded at every snapshot.

    Raises
    ------
    RnnvizError
        When a snapshot cannot be read or recorded.
    """
    text = one.history.probes[probe].text

    def make() -> tuple[Trace, ...]:
        kernels.use_exact_settings()
        with heavy():
            networks = (one.history.network(place) for place in range(len(one.history.snapshots)))
            return tuple(_slim(record(network, text)) for network in networks)

    return _films.get((one.stamp, probe), make)


def _slim(trace: Trace) -> Trace:
    """What the time machine draws of a trace: half of its bytes."""
    names = [name for name in trace if not name.endswith(NOT_DRAWN)]
    arrays, axes = {name: trace[name] for name in names}, {name: trace.axes[name] for name in names}
    return replace(trace, arrays=arrays, axes=axes)


def pairs(one: Known, probe: int, snapshot: int, place: Layer) -> jacobians.Pairs:
    """How a change of one step's hidden state arrives at every later one, at one moment."""

    def make() -> jacobians.Pairs:
        network, trace = one.history.network(snapshot), film(one, probe)[snapshot]
        with heavy():
            step = jacobians.jacobians(network, trace, place.part, place.layer, reverse=place.reverse)
            return jacobians.pairs(step, "hidden")

    return _pairs.get((one.stamp, probe, snapshot, place.name), make)
