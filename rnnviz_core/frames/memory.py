"""The memory ledger: a gated state is exactly the sum of what is left of every earlier token.

``c_t = sum over s of (f_{s+1} * ... * f_t) * i_s * g_s``, and the initial state times all forget gates.
A GRU's h is the same with its update gate. The two factors come from `cells.Equation.slope_and_offset`.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .. import cells
from ..trace import Trace
from .gates import Place
from .tokens import step_texts

BEFORE = "(before)"  # the initial state's place on the token axis
STATES = {"lstm": "cell", "gru": "hidden"}  # where a cell's memory is kept; a plain RNN keeps none


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
    """

    texts: tuple[str, ...]
    state: str
    written: np.ndarray
    left: np.ndarray
    recorded: np.ndarray

    @property
    def difference(self) -> float:
        """The largest difference between the sum of all shares and the recorded state."""
        return float(np.abs(self.left.sum(0) - self.recorded).max())


def state_name(trace: Trace) -> str | None:
    """The state that keeps a ledger; None for a plain RNN, which rewrites its state at every step."""
    return STATES.get(trace.meta["cell"])


def ledger(trace: Trace, place: Place, position: int) -> Ledger:
    """Open the state after the token at `position`, in the layer at `place`."""
    name = STATES[trace.meta["cell"]]
    slope, offset = _factors(trace, place, name)
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
    return Ledger(
        (BEFORE, *step_texts(trace, place.part)), name, written, left, trace[place.site(name)][position]
    )


def per_unit(ledger: Ledger) -> pd.DataFrame:
    """One row per token and unit: step columns, ``unit``, ``value`` (what is left), ``written``."""
    keep = _shown(ledger)
    units = ledger.left.shape[1]
    steps = _steps(ledger).iloc[keep]
    frame = steps.loc[steps.index.repeat(units)].reset_index(drop=True)
    return frame.assign(
        unit=np.tile(np.arange(units, dtype=np.int32), len(keep)),
        value=ledger.left[keep].reshape(-1),
        written=ledger.written[keep].reshape(-1),
    )


def in_norm(ledger: Ledger) -> pd.DataFrame:
    """One row per token: ``written`` and ``left`` (lengths), ``share`` left, and ``along``.

    ``along`` is how far the rest of the token reaches in the direction of the state itself; over all
    tokens these sum to the state's length.
    """
    written, left = (np.linalg.norm(values, axis=1) for values in (ledger.written, ledger.left))
    size = float(np.linalg.norm(ledger.recorded)) or 1.0
    frame = _steps(ledger).assign(
        written=written,
        left=left,
        share=np.divide(left, written, out=np.zeros_like(left), where=written > 0),
        along=ledger.left @ ledger.recorded.astype(np.float64) / size,
    )
    return frame.iloc[_shown(ledger)].reset_index(drop=True)


def of_unit(ledger: Ledger, unit: int) -> pd.DataFrame:
    """One row per token: ``value``, what is left of it in one unit, and the unit's recorded ``state``."""
    frame = _steps(ledger).assign(
        value=ledger.left[:, unit],
        written=ledger.written[:, unit],
        state=float(ledger.recorded[unit]),
    )
    return frame.iloc[_shown(ledger)].reset_index(drop=True)


def in_words(frame: pd.DataFrame) -> str:
    """`in_norm`, for a reader who cannot see it: the tokens of which most is left."""
    best = frame.sort_values("left", ascending=False, kind="stable").head(3)
    return "; ".join(f"“{row.token}” {row.left:.2f} ({row.share:.0%} left)" for row in best.itertuples())


def _factors(trace: Trace, place: Place, name: str) -> tuple[np.ndarray, np.ndarray]:
    """What multiplies the old state at each step, and what is added to it: (steps, unit) each."""
    equation = next(found for found in cells.equations(trace.meta["cell"]) if found.name == name)
    parts = equation.slope_and_offset(f"previous_{name}")
    values = {
        symbol: trace[place.site(symbol)].astype(np.float64) for part in parts for symbol in part.symbols()
    }
    slope, offset = (part.evaluate(values) for part in parts)
    return slope, offset


def _steps(ledger: Ledger) -> pd.DataFrame:
    """One row per row of the ledger; the initial state stands before step 0."""
    positions = np.arange(-1, len(ledger.texts) - 1, dtype=np.int32)
    ticks = [f"{position:04d} {text}" for position, text in zip(positions, ledger.texts, strict=True)]
    return pd.DataFrame(
        {
            "position": positions,
            "tick": pd.Categorical.from_codes(np.arange(len(ticks)), ticks),
            "token": pd.array(ledger.texts, dtype="str"),
        }
    )


def _shown(ledger: Ledger) -> np.ndarray:
    """The rows to draw: the initial state only where it holds something."""
    return np.arange(0 if ledger.written[0].any() else 1, len(ledger.texts))
