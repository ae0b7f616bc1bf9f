"""Watch a training loop of one's own: gradients, gates and units, every so many updates, as a `History`.

Nothing is asked of the loop but the losses. Updates are counted where the optimizer makes them; an update
that is measured costs a few hooks on its forward and backward pass, and a recording of a few sequences.
"""

import contextlib
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from rnnviz_core import limits
from rnnviz_core.errors import SpecError

from . import history_file
from .history_file import History
from .insides import Insides, gate_rows, inside
from .moments import Rows, joined

EVERY = 50  # updates between two that are measured
DISTANCES = 64  # steps back from the last one whose gradients are told apart; what is farther is not kept


@contextlib.contextmanager
def watch(model: nn.Module, every: int = EVERY) -> Iterator["Watching"]:
    """Watch a model while it is trained.

    Parameters
    ----------
    model
        Any module, with or without recurrent layers. It is not changed; hooks are removed at the end.
    every
        Measure every so many updates; the first update is always measured.

    Yields
    ------
    Watching
        Takes the losses (`Watching.loss`); afterwards writes the file (`Watching.save`) and returns the
        figures (`Watching.history`).

    Raises
    ------
    SpecError
        When `model` is not a module, or `every` is not a positive number.

    Examples
    --------
    >>> with rnnviz_core.watch(model, every=50) as history:
    ...     for x, y in batches:
    ...         loss = criterion(model(x), y)
    ...         history.loss(loss)
    ...         optimizer.zero_grad()
    ...         loss.backward()
    ...         optimizer.step()
    >>> history.save("run.safetensors")
    """
    found = Watching(model, every)
    found.start()
    try:
        yield found
    finally:
        found.stop()


class Watching:
    """What is seen of a model in training.

    Attributes
    ----------
    updates
        That were made so far.

    Notes
    -----
    Figures of a moment are: the loss (mean of the updates since the last one), the length of the whole
    gradient as backward left it and as the optimizer got it (after clipping), its length by parameter and by
    gate, its length by what the recurrent layers read at each step before the last (mean over the batch), and
    of a few sequences the shares of gates that are shut and open, units that never leave 0, and how long a
    memory lasts. Where a ``GradScaler`` scales the loss, the gradient that backward left is scaled, too.
    """

    def __init__(self, model: nn.Module, every: int = EVERY) -> None:
        if not isinstance(model, nn.Module):
            raise SpecError(f"watch looks at a torch.nn.Module; {type(model).__name__} is none")
        if isinstance(every, bool) or not isinstance(every, int) or every < 1:
            raise SpecError(f"every is {every!r}; it counts updates, from 1 on")
        self.model, self.every, self.updates = model, every, 0
        self._own = {id(weight) for weight in model.parameters()}
        self._layers = {name: part for name, part in model.named_modules() if isinstance(part, nn.RNNBase)}
        self._rows: list[list[float]] = []  # as `moments.Rows` names them, but for the loss
        self._waiting: list[tuple[int, Any]] = []  # (row, loss), not read yet
        self._losses: dict[int, list[float]] = {}  # row -> their sum and number
        self._late: bool | None = None  # whether losses are told after their update
        self._moments: list[dict[str, Any]] = []
        self._keep, self._number, self._last = 1, 0, 0
        self._removes: list[Any] = []
        self._due: list[Any] = []
        self._read: dict[str, Any] = {}
        self._before: dict[int, Tensor] = {}
        self._distances: dict[str, np.ndarray] = {}

    # --- what a loop tells ----------------------------------------------------------------------

    def loss(self, value: "Tensor | float") -> None:
        """The loss of one update, before or after it; it is read when it is needed, so that no GPU waits."""
        if self._late is None:
            self._late = self.updates > 0
        self.loss_of(self.updates - self._late, value)

    def loss_of(self, update: int, value: "Tensor | float") -> None:
        """The loss of an update by its number, from 0 on; of several (gradients accumulate) their mean."""
        kept = value.detach() if isinstance(value, Tensor) else float(value)
        self._waiting.append((-(-update // self.every), kept))  # a row ends with an update that is measured

    def start(self) -> None:
        """Begin to listen; `watch` does it."""
        # The layers listen, too: in Lightning nobody calls the model itself.
        self._removes = [
            self.model.register_forward_pre_hook(lambda model, args: self._begin()),
            *(part.register_forward_pre_hook(self._reader(name)) for name, part in self._layers.items()),
            register_optimizer_step_pre_hook(self._before_update),
            register_optimizer_step_post_hook(self._after_update),
        ]

    def stop(self) -> None:
        """Remove every hook; `watch` does it."""
        for hook in (*self._removes, *self._due):
            hook.remove()
        self._removes, self._due = [], []

    # --- one update -----------------------------------------------------------------------------

    def _begin(self) -> None:
        """Before a forward pass: of one whose update is measured, listen."""
        if self._due or not self.model.training or not torch.is_grad_enabled() or self.updates % self.every:
            return
        self._read, self._before, self._distances = {}, {}, {}
        self._due = [
            weight.register_post_accumulate_grad_hook(self._accumulated)
            for weight in self.model.parameters()
            if weight.requires_grad
        ]

    def _reader(self, name: str) -> Any:
        """Keeps what recurrent layers read, and has its gradient looked at."""

        def read(part: Any, args: tuple[Any, ...]) -> Any:
            self._begin()
            if not self._due or not args or name in self._read:
                return None
            given = args[0]
            packed = given if isinstance(given, PackedSequence) else None
            x = given.data if packed is not None else given
            if not isinstance(x, Tensor) or not x.is_floating_point():
                return None
            if not x.requires_grad:
                x = x.detach().requires_grad_()
            found = packed._replace(data=x) if packed is not None else x
            self._read[name] = (found, args[1] if len(args) > 1 else None)
            x.register_hook(lambda gradient: self._came_back(name, part, packed, gradient))
            return (found, *args[1:])

        return read

    def _came_back(self, name: str, part: Any, packed: PackedSequence | None, gradient: Tensor) -> None:
        """The length of the gradient by what was read, by the distance from each sequence's last step."""
        with torch.no_grad():
            lengths = gradient.float().norm(dim=-1)
            if packed is not None:
                padded, sizes = pad_packed_sequence(packed._replace(data=lengths.unsqueeze(-1)))
                rows = [padded[:size, row, 0].flip(0) for row, size in enumerate(sizes.tolist())]
            elif lengths.dim() == 1:
                rows = [lengths.flip(0)]
            else:
                rows = list((lengths if part.batch_first else lengths.T).flip(1))
            table = torch.full((len(rows), min(DISTANCES, max(map(len, rows)))), math.nan)
            for place, row in enumerate(rows):
                table[place, : len(row)] = row[: table.shape[1]].cpu()
            self._distances[name] = np.nanmean(table.numpy(), axis=0)

    def _accumulated(self, weight: Tensor) -> None:
        """A gradient as backward left it; of several backward passes the last counts."""
        if weight.grad is not None:
            self._before[id(weight)] = weight.grad.detach().norm()

    def _is_own(self, optimizer: Any) -> bool:
        return any(id(weight) in self._own for group in optimizer.param_groups for weight in group["params"])

    def _before_update(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """Before an update: the gradients are there, where the loop itself called backward."""
        closure = kwargs.get("closure", args[1] if len(args) > 1 else None)
        if self._due and closure is None and self._is_own(optimizer):
            self._finish(optimizer)

    def _after_update(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """After it: skorch and Lightning run both passes in a closure, inside of the optimizer's step.

        Where gradients accumulate there, earlier batches have left theirs before it, so those are no end."""
        del args, kwargs
        if self._is_own(optimizer):
            if self._due:
                self._finish(optimizer)
            self.updates += 1

    def _finish(self, optimizer: Any) -> None:
        for hook in self._due:
            hook.remove()
        self._due = []
        with torch.no_grad():
            self._measure(float(optimizer.param_groups[0].get("lr", math.nan)))

    # --- a moment -------------------------------------------------------------------------------

    def _measure(self, rate: float) -> None:
        blocks: dict[str, float] = {}
        for name, weight in self.model.named_parameters():
            if weight.grad is None:
                continue
            blocks[name] = float(weight.grad.norm())
            for gate, rows in gate_rows(self._layers, name, weight):
                blocks[f"{name}.{gate}"] = float(weight.grad[rows].norm())
        own = [name for name, _ in self.model.named_parameters() if name in blocks]
        after = math.sqrt(sum(blocks[name] ** 2 for name in own))
        before = math.sqrt(sum(float(norm) ** 2 for norm in self._before.values())) or after
        self._fetch()
        cut = float(after < before * (1 - 1e-4))
        done = self.updates + 1
        self._rows.append([done, done - self._last, math.nan, rate, before, before, after, cut])
        self._last = done
        self._note(blocks)

    def _fetch(self) -> None:
        """Read the losses that were told."""
        for row, value in self._waiting:
            kept = self._losses.setdefault(row, [0.0, 0.0])
            kept[0] += float(value)
            kept[1] += 1
        self._waiting = []

    def _steps(self) -> dict[str, np.ndarray]:
        """The figures of updates, at most as many rows as a file of `train` has."""
        self._fetch()
        rows = [list(row) for row in self._rows]
        for number, (total, count) in self._losses.items():
            if number < len(rows):
                rows[number][2] = total / count
        found = Rows()
        while len(rows) > found.most:
            rows = [joined(rows[at : at + 2]) for at in range(0, len(rows), 2)]
        found.rows = rows
        return found.columns()

    def _note(self, blocks: Mapping[str, float]) -> None:
        """Keep a moment; of more than a file may hold, every second one stays."""
        number, self._number = self._number, self._number + 1
        if number % self._keep:
            return
        seen = Insides()
        for name, part in self._layers.items():
            if name in self._read:
                x, state = self._read[name]
                inside(name, part, x, state, seen)
        self._moments.append(
            {"update": self.updates, "blocks": blocks, "distances": dict(self._distances), "seen": seen}
        )
        self._read = {}
        if len(self._moments) >= limits.HISTORY_MOMENTS:
            self._moments, self._keep = self._moments[::2], 2 * self._keep

    # --- what there is --------------------------------------------------------------------------

    def history(self) -> History:
        """All that was seen so far, in the form in which ``train`` writes its runs.

        ``about["watch"]`` has what no other run tells: ``blocks`` (parameter, or parameter and gate -> the
        length of its gradient at every moment), ``distances`` (recurrent module -> for every moment the
        length of the gradient by what was read 0, 1, 2, ... steps before the last), ``dead`` (layer -> the
        share of its units that never left 0).
        """
        seen = [one["seen"] for one in self._moments]
        gates = list(dict.fromkeys(name for one in seen for name in one.low))
        layers = list(dict.fromkeys(name for one in seen for name in one.horizon))
        dead = list(dict.fromkeys(name for one in seen for name in one.dead))
        blocks = list(dict.fromkeys(name for one in self._moments for name in one["blocks"]))
        about = {
            "title": type(self.model).__name__,
            "line": f"watched every {self.every} updates",
            "watch": {
                "every": self.every,
                "blocks": {name: [_short(m["blocks"].get(name)) for m in self._moments] for name in blocks},
                "distances": {
                    name: [[_short(one) for one in m["distances"].get(name, ())] for m in self._moments]
                    for name in self._layers
                },
                "dead": {name: [_short(one.dead.get(name)) for one in seen] for name in dead},
            },
        }
        return History(
            about=about,
            spec=None,
            gates=tuple(gates),
            layers=tuple(layers),
            probes=(),
            epochs=(),
            steps=self._steps(),
            moments=tuple(int(one["update"]) for one in self._moments),
            probe_figures={
                "low": _table([one.low for one in seen], gates),
                "high": _table([one.high for one in seen], gates),
                "horizon": _table([one.horizon for one in seen], layers),
                "value": np.zeros((len(seen), 0), dtype=np.float32),
            },
            reach={},
        )

    def save(self, path: str | Path) -> Path:
        """Write the history into one file, which the app opens; an existing one is replaced.

        Raises
        ------
        SpecError
            When the name does not end in ``.safetensors``.
        """
        path = Path(path)
        if path.suffix != ".safetensors":
            raise SpecError(f"{path.name!r} ends in {path.suffix!r}; a history ends in .safetensors")
        history_file.save(self.history(), [], path)
        return path


def _short(value: float | None) -> float | None:
    """Four digits, as JSON takes them: what is not finite has no number there."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.4g}")


def _table(rows: list[dict[str, float]], names: list[str]) -> np.ndarray:
    """(moment, name), NaN where nothing was measured."""
    values = [[row.get(name, np.nan) for name in names] for row in rows]
    return np.asarray(values, dtype=np.float32).reshape(len(rows), len(names))
