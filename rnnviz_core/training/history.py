"""The observer that writes a run's history: what its training looked like from inside.

It runs the network on a few fixed texts, the probes, at some moments (`MOST_MOMENTS`), and reads what the
loop has computed anyway.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from rnnviz_core import limits
from rnnviz_core.contracts.task import task_of
from rnnviz_core.errors import CheckpointError
from rnnviz_core.inputs.steps import Token
from rnnviz_core.inputs.tokenizer import EOS
from rnnviz_core.models.components import Lookup
from rnnviz_core.models.network import is_network

from . import history_file
from .history_file import FILE as FILE
from .history_file import History as History
from .history_file import Probe as Probe
from .moments import MOST_MOMENTS, Moments, Rows, is_dense
from .observers import Begun, Epoch, Observer, Step
from .probe_figures import ProbeFigures, measure, usual

BYTES = 16 * 2**20  # of all snapshots together, where nobody says otherwise
PROBES = 3  # texts that are looked at, where nobody names any
WAITING = 64  # updates whose figures are fetched at once: a graphics processor need not wait for each


@dataclass(frozen=True)
class _Kept:
    """What is kept of one moment."""

    figures: ProbeFigures | None
    weights: dict[str, torch.Tensor] | None  # fp16


class HistoryWriter(Observer):
    """Writes ``history.safetensors`` into the folder of the run, again after every epoch.

    Parameters
    ----------
    about
        Plain values that the file keeps: ``title``, ``line``, ``command``, ``config``.
    probes
        The texts to look at, at up to 24 moments; by default the first examples of the network's task.
        None of them (``()``): no figures, only curves and snapshots.
    size
        Bytes of all snapshots together. A network of which not even two fit leaves none.
    moments
        Snapshots and probings at most.
    write
        Whether a file is written; without, `history` tells all there is.
    """

    def __init__(
        self,
        about: Mapping[str, Any] | None = None,
        *,
        probes: Sequence[Probe | str] | None = None,
        size: int = BYTES,
        moments: int = MOST_MOMENTS,
        write: bool = True,
    ) -> None:
        self._about = dict(about or {})
        self._asked = None if probes is None else [Probe(p) if isinstance(p, str) else p for p in probes]
        self._size, self._most, self._write = size, moments, write
        self._rows, self._moments = Rows(), Moments(moments)
        self._epochs: list[dict[str, Any]] = []
        self._probes: list[Probe] = []
        self._ids: list[list[int]] = []  # of the whole vocabulary, per probe
        self._waiting: list[tuple[int, Any, float, Any, float]] = []
        self._total = 0
        self._network: Any = None
        self._copy: Any = None

    # --- what a run tells -----------------------------------------------------------------------

    def on_begin(self, begun: Begun) -> None:
        """Look at the untrained network; of a run that goes on, take up the file that it left."""
        self._out, self._network = begun.out, begun.network
        self._copy = copy.deepcopy(begun.network).cpu().requires_grad_(False).eval()
        self._kept_names = _tables(self._copy)
        if not is_network(self._copy):
            self._asked = []
        if begun.epochs and self._take_up(begun.epochs):
            return
        self._rows, self._moments, self._epochs = Rows(), Moments(self._most), []
        self._prepare_probes()
        if not begun.epochs:
            self._moments.begin(0, self._moment())

    def on_step(self, step: Step) -> None:
        """Note the figures; after 1, 2, 4, 8, ... updates of the first epoch, look at the network."""
        self._total = step.total
        self._waiting.append((step.total, step.loss, step.rate, step.norm, step.clip))
        if len(self._waiting) >= WAITING:
            self._fetch()
        if is_dense(step.epoch, step.step, step.total):
            self._moments.begin(step.total, self._moment())

    def on_epoch(self, epoch: Epoch) -> None:
        """Look again, and write the file."""
        self._fetch()
        self._rows.close()
        self._epochs.append({**epoch.row, "step": self._total})
        self._moments.end(int(epoch.row["epoch"]), self._total, self._moment())
        if self._write:
            history, snapshots = self._finished()
            history_file.save(history, snapshots, self._out / FILE)

    # --- what there is --------------------------------------------------------------------------

    def history(self) -> History:
        """What is known so far; its snapshots are in memory."""
        self._fetch()
        history, snapshots = self._finished()
        return replace(history, read=lambda number: dict(snapshots[number]))

    def _fetch(self) -> None:
        if not self._waiting:
            return
        losses = torch.stack([loss for _, loss, *_ in self._waiting]).double().tolist()
        norms = torch.stack([norm for *_, norm, _ in self._waiting]).double().tolist()
        for (step, _, rate, _, clip), loss, norm in zip(self._waiting, losses, norms, strict=True):
            self._rows.add(step, loss, rate, norm, clip)
        self._waiting = []

    # --- moments --------------------------------------------------------------------------------

    def _prepare_probes(self) -> None:
        """Read every text once: its pieces, and what its gradient is taken of."""
        asked = self._asked
        if asked is None:
            examples = task_of(self._copy).examples(self._copy.spec)
            asked = [Probe(example.text) for example in examples[:PROBES]]
        texts = [probe.text for probe in asked[: limits.HISTORY_PROBES]]
        _, traces = measure(self._copy, texts, [None] * len(texts)) if texts else (None, [])
        self._probes, self._ids = [], []
        for probe, trace in zip(asked, traces, strict=False):
            if trace is None:  # a text that this vocabulary cannot read
                continue
            read = next(iter(getattr(self._copy, "tokenizers", {}).values()), None)
            tokens = trace.tokens["time"] if read is None else read.encode(probe.text).tokens
            self._probes.append(Probe(probe.text, probe.of or usual(self._copy, trace), tuple(tokens)))
            self._ids.append([token.id for token in tokens])

    def _moment(self) -> _Kept:
        """The network as it is now."""
        state = {name: value.detach() for name, value in self._network.state_dict().items()}
        weights = {name: value.half().cpu() for name, value in self._cut(state).items()}
        finite = all(bool(value.isfinite().all()) for value in weights.values())
        fit = self._fitting(_bytes(weights))
        kept = weights if finite and fit >= 2 else None
        if not self._probes:
            return _Kept(None, kept)
        self._copy.load_state_dict({name: value.cpu() for name, value in state.items()})
        found, _ = measure(
            self._copy, [probe.text for probe in self._probes], [probe.of for probe in self._probes]
        )
        return _Kept(found, kept)

    def _fitting(self, size: int) -> int:
        """How many snapshots fit."""
        return min(self._most, self._size // max(1, size))

    def _rows_kept(self) -> list[int] | None:
        """The rows of the embedding that the probes need; None: all of them are kept."""
        tokenizers = getattr(self._copy, "tokenizers", {})
        if len(tokenizers) != 1 or not self._kept_names:
            return None  # nothing is looked up, or what is written is looked up, too
        return sorted({*range(EOS + 1), *(one for ids in self._ids for one in ids)})

    def _cut(self, state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        rows = self._rows_kept()
        if rows is None:
            return dict(state)
        return {name: value[rows] if name in self._kept_names else value for name, value in state.items()}

    # --- the file -------------------------------------------------------------------------------

    def _finished(self) -> tuple[History, list[dict[str, torch.Tensor]]]:
        moments = self._moments.all()
        measured = [kept.figures for _, kept in moments]
        gates = next((list(one.low) for one in measured if one is not None and one.low), [])
        horizons = next((list(one.horizon) for one in measured if one is not None and one.low), [])
        chosen, snapshots = self._snapshots(moments)
        reach = {}
        for probe in range(len(self._probes)):
            of_probe = [None if one is None else one.reach[probe] for one in measured]
            for layer in next((list(one) for one in of_probe if one), []):
                reach[probe, layer] = _stacked(of_probe, layer)
        spec = self._copy.spec.to_dict() if is_network(self._copy) else None
        history = History(
            about=self._about,
            spec=spec,
            gates=tuple(gates),
            layers=tuple(horizons),
            probes=tuple(self._renumbered()),
            epochs=tuple(self._epochs),
            steps=self._rows.columns(),
            moments=tuple(step for step, _ in moments),
            probe_figures={
                "low": _table([one and one.low for one in measured], gates),
                "high": _table([one and one.high for one in measured], gates),
                "horizon": _table([one and one.horizon for one in measured], horizons),
                "value": np.asarray(
                    [one.value if one else [np.nan] * len(self._probes) for one in measured], dtype=np.float32
                ).reshape(len(measured), len(self._probes)),
            },
            reach=reach,
            snapshots=tuple(chosen),
            pieces=self._pieces(),
        )
        return history, snapshots

    def _snapshots(self, moments: list[tuple[int, _Kept]]) -> tuple[list[int], list[dict[str, torch.Tensor]]]:
        """Those that fit, evenly among the moments, the first and the last with them."""
        there = [place for place, (_, kept) in enumerate(moments) if kept.weights is not None]
        if not there:
            return [], []
        largest = max(
            sum(one.nbytes for one in (moments[place][1].weights or {}).values()) for place in there
        )
        count = min(len(there), self._fitting(largest))
        chosen = sorted({there[round(one)] for one in np.linspace(0, len(there) - 1, count)})
        return chosen, [dict(moments[place][1].weights or {}) for place in chosen]

    def _renumbered(self) -> list[Probe]:
        rows = self._rows_kept()
        if rows is None:
            return self._probes
        number = {id_: row for row, id_ in enumerate(rows)}
        return [
            replace(probe, tokens=tuple(_numbered(token, number) for token in probe.tokens))
            for probe in self._probes
        ]

    def _pieces(self) -> dict[str, tuple[str, ...]]:
        tokenizers = getattr(self._copy, "tokenizers", {})
        rows = self._rows_kept()
        return {
            name: tuple(one.pieces) if rows is None else tuple(one.pieces[row] for row in rows)
            for name, one in tokenizers.items()
        }

    def _take_up(self, epochs: int) -> bool:
        """Go on with the file of the run; False where it has none that fits."""
        try:
            found = History.load(self._out / FILE)
            done = [dict(row) for row in found.epochs if row["epoch"] <= epochs]
            if len(done) != epochs:
                return False
            last = int(done[-1]["step"])
            self._prepare_probes()
            if [probe.text for probe in self._probes] != [probe.text for probe in found.probes]:
                return False
            self._epochs, self._total = done, last
            self._rows = Rows.of(dict(found.steps))
            self._rows.until(last)
            self._moments = _moments_of(found, self._most)
            self._moments.until(last)
        except CheckpointError:
            return False
        return True


def _bytes(weights: Mapping[str, torch.Tensor]) -> int:
    return sum(weight.nbytes for weight in weights.values())


def _numbered(token: Token, number: Mapping[int, int]) -> Token:
    return replace(token, id=number[token.id])


def _tables(network: Any) -> frozenset[str]:
    """The names of the weights that are looked up row by row."""
    return frozenset(
        f"{name}.weight" for name, module in network.named_modules() if isinstance(module, Lookup)
    )


def _table(rows: Sequence[Mapping[str, float] | None], names: Sequence[str]) -> np.ndarray:
    """(moment, name), NaN where there was nothing to measure."""
    values = [[(row or {}).get(name, np.nan) for name in names] for row in rows]
    return np.asarray(values, dtype=np.float32).reshape(len(rows), len(names))


def _stacked(rows: Sequence[Mapping[str, np.ndarray] | None], layer: str) -> np.ndarray:
    """(moment, step); a decoder writes as many steps as it likes: what is not there is NaN."""
    found = [np.zeros(0) if not row else row[layer] for row in rows]
    steps = max(map(len, found))
    return np.stack([np.pad(one, (0, steps - len(one)), constant_values=np.nan) for one in found])


def _moments_of(found: History, most: int) -> Moments:
    """The moments of a file, as if they had just been kept."""
    ends = {int(row["step"]): int(row["epoch"]) for row in found.epochs}
    taken = {place: number for number, place in enumerate(found.snapshots)}
    moments = Moments(most)
    for place, step in enumerate(found.moments):
        weights = None
        if place in taken and found.read is not None:
            weights = {name: value.half() for name, value in found.weights(taken[place]).items()}
        reach: list[dict[str, np.ndarray]] = [{} for _ in found.probes]
        for (probe, layer), values in found.reach.items():
            reach[probe][layer] = values[place]
        low, high, horizon = (
            dict(zip(names, map(float, found.probe_figures[name][place]), strict=True))
            for name, names in (("low", found.gates), ("high", found.gates), ("horizon", found.layers))
        )
        seen = ProbeFigures(low, high, horizon, found.probe_figures["value"][place].tolist(), reach)
        kept = _Kept(seen, weights)
        if step in ends:
            moments.late.append((ends[step], step, kept))
        else:
            moments.early.append((step, kept))
    if len(moments.late) > 1:
        moments.every = max(1, moments.late[1][0] - moments.late[0][0])
    return moments
