"""The memory ledger: a gated state is exactly the sum of what is left of every earlier token.

``c_t = sum over s of (f_{s+1} * ... * f_t) * i_s * g_s``, and the initial state times all forget gates.
A GRU's h is the same with its update gate. The two factors are those of `Definition.memory`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnviz_core.cells.equations import Memory
from rnnviz_core.cells.expressions import Symbol
from rnnviz_core.languages import N_, _
from rnnviz_core.tracing.trace import Trace

from .columns import Columns, Texts
from .layer import Layer
from .tokens import step_texts

BEFORE = N_("(before)")  # the initial state's place on the token axis
_KEEPERS = {"forget": N_("the forget gates"), "update": N_("the update gates")}


@dataclass(frozen=True)
class Ledger:
    """What makes up the state after one token; the first row is the initial state's share.

    Attributes
    ----------
    state
        ``cell`` or ``hidden``.
    written
        What each token wrote when it was read, (1 + steps, unit); zero for tokens not yet read.
    left
        What is left of it now. The rows sum to the state.
    recorded
        The state as the trace holds it.
    position
        The token after which it is opened.
    """

    texts: tuple[str, ...]
    state: str
    written: np.ndarray
    left: np.ndarray
    recorded: np.ndarray
    position: int

    @property
    def difference(self) -> float:
        """The largest difference between the sum of all shares and the recorded state."""
        return float(np.abs(self.left.sum(0) - self.recorded).max())


def state_name(trace: Trace, part: str = "encoder") -> str | None:
    """The state that keeps a ledger; None for a plain RNN, which rewrites its state at every step.

    A network without recurrence has no state at all.
    """
    memory = trace.definition(part).memory if trace.layers(part) else None
    return memory.state if memory else None


def kept_in_words(trace: Trace, part: str = "encoder") -> str:
    """What is left of the state at every step: ``the forget gates``, ``1 − the update gates``."""
    cell = trace.definition(part)
    assert cell.memory is not None, "asked of a cell with a ledger"
    gates = _(_KEEPERS[cell.keeper]) if cell.keeper in _KEEPERS else _("the {gate} gates", gate=cell.keeper)
    return gates if isinstance(cell.memory.kept, Symbol) else f"1 − {gates}"


def ledger(trace: Trace, place: Layer, position: int) -> Ledger:
    """Open the state after the token at `position`, in the layer at `place`."""
    memory = trace.definition(place.part).memory
    assert memory is not None, "a page opens no ledger where there is none"
    name = memory.state
    slope, offset = _factors(trace, place, memory)
    steps = len(slope)
    read = range(steps - 1, position - 1, -1) if place.reverse else range(position + 1)
    written = np.concatenate([trace[place.site(f"initial_{name}")][None], offset]).astype(np.float64)
    left = np.zeros_like(written)
    kept = np.ones(written.shape[1])
    written[1:][[step for step in range(steps) if step not in read]] = 0.0
    for step in reversed(read):  # from the chosen token back to the first one read
        left[step + 1] = kept * written[step + 1]
        kept = kept * slope[step]
    left[0] = kept * written[0]
    texts = (_(BEFORE), *step_texts(trace, place.part))
    return Ledger(texts, name, written, left, trace[place.site(name)][position], position)


def per_unit(ledger: Ledger) -> Columns:
    """One row per token and unit: step columns, ``unit``, ``value`` (what is left), ``written``."""
    keep = _shown(ledger)
    units = ledger.left.shape[1]
    codes = np.repeat(np.arange(len(keep), dtype=np.int16), units)
    steps = _steps(ledger)
    return {
        "position": steps["position"][codes],
        "tick": Texts(codes, steps["tick"]),
        "token": Texts(codes, steps["token"]),
        "unit": np.tile(np.arange(units, dtype=np.int16), len(keep)),
        "value": ledger.left[keep].reshape(-1).astype(np.float32),
        "written": ledger.written[keep].reshape(-1).astype(np.float32),
    }


def in_norm(ledger: Ledger) -> dict[str, Any]:
    """One row per token: ``written`` and ``left`` (lengths), ``share`` left, and ``along``.

    ``along`` is how far the rest of the token reaches in the direction of the state itself; over all
    tokens these sum to the state's length.
    """
    keep = _shown(ledger)
    written, left = (np.linalg.norm(values[keep], axis=1) for values in (ledger.written, ledger.left))
    size = float(np.linalg.norm(ledger.recorded)) or 1.0
    return {
        **_steps(ledger),
        "written": written,
        "left": left,
        "share": np.divide(left, written, out=np.zeros_like(left), where=written > 0),
        "along": ledger.left[keep] @ ledger.recorded.astype(np.float64) / size,
    }


def of_unit(ledger: Ledger, unit: int) -> Columns:
    """One row per token: ``value``, what is left of it in one unit, and the unit's recorded ``state``."""
    keep = _shown(ledger)
    return {
        **_steps(ledger),
        "value": ledger.left[keep, unit],
        "written": ledger.written[keep, unit],
        "state": np.full(len(keep), ledger.recorded[unit], dtype=np.float64),
    }


def in_words(ledger: Ledger) -> str:
    """`in_norm`, for a reader who cannot see it: the tokens of which most is left."""
    rows = in_norm(ledger)
    best = np.argsort(-rows["left"], kind="stable")[:3]
    return "; ".join(
        _(
            "“{token}” {left:.2f} ({share:.0%} left)",
            token=rows["token"][row],
            left=rows["left"][row],
            share=rows["share"][row],
        )
        for row in best
    )


def _factors(trace: Trace, place: Layer, memory: Memory) -> tuple[np.ndarray, np.ndarray]:
    """What multiplies the old state at each step, and what is added to it: (steps, unit) each."""
    parts = (memory.kept, memory.written)
    values = {
        symbol: trace[place.site(symbol)].astype(np.float64) for part in parts for symbol in part.symbols()
    }
    slope, offset = (part.evaluate(values) for part in parts)
    return slope, offset


def _steps(ledger: Ledger) -> dict[str, Any]:
    """The step columns of the rows that are shown; the initial state stands before step 0."""
    keep = _shown(ledger)
    texts = [ledger.texts[row] for row in keep]
    return {
        "position": (keep - 1).astype(np.int16),
        "tick": [f"{row - 1:04d} {text}" for row, text in zip(keep, texts, strict=True)],
        "token": texts,
    }


def _shown(ledger: Ledger) -> np.ndarray:
    """The rows to draw: the initial state only where it holds something."""
    return np.arange(0 if ledger.written[0].any() else 1, len(ledger.texts))
