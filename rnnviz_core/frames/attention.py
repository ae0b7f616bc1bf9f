"""Frames of the attention page: weights over the text, and per target word over the source."""

import numpy as np
import pandas as pd

from ..trace import Trace
from .tokens import grid_frame, shown, step_frame, step_texts, tick_texts


def has_attention(trace: Trace) -> bool:
    """Whether the model looks back at all, or reads its encoder's last state alone."""
    return "attention.weights" in trace


def weights(trace: Trace) -> pd.DataFrame:
    """Sentiment: one row per step with its ``weight``, ``score`` and ``equal`` (one share each)."""
    frame = step_frame(step_texts(trace, "encoder"))
    return frame.assign(
        weight=trace["attention.weights"], score=trace["attention.scores"], equal=1 / max(len(frame), 1)
    )


def weights_in_words(frame: pd.DataFrame) -> str:
    """`weights`, for a reader who cannot see it."""
    best = frame.loc[frame["weight"].idxmax()]
    return f"Most weight: “{best['token']}” (step {best['position']}), {best['weight']:.0%}."


def alignment(trace: Trace) -> pd.DataFrame:
    """Translation: one row per target and source piece.

    The step columns are the source's; ``target`` (a tick), ``target_position`` and ``target_token``
    name the piece written. ``last`` is the last target position, on every row.
    """
    matrix, source, target = _matrix(trace, "attention.weights")
    steps, width = matrix.shape
    frame = grid_frame(matrix, target, "source_position").rename(
        columns={"position": "target_position", "tick": "target", "token": "target_token", "value": "weight"}
    )
    codes = frame["source_position"].to_numpy()
    names = tick_texts(source)
    return frame.rename(columns={"source_position": "position"}).assign(
        tick=pd.Categorical.from_codes(codes, names),
        token=np.tile(np.asarray(source, dtype=object), steps),
        score=np.ascontiguousarray(trace["attention.scores"]).reshape(-1),
        equal=1 / max(width, 1),
        last=np.int32(steps - 1),
    )


def alignment_in_words(frame: pd.DataFrame) -> str:
    """`alignment`, for a reader who cannot see it: where each target token looked most."""
    best = frame.loc[frame.groupby("target_position")["weight"].idxmax()]
    return " ".join(f"{row.target_token}: {row.token} {row.weight:.0%}." for row in best.itertuples())


def context(trace: Trace) -> pd.DataFrame:
    """Translation: what the decoder reads of the source: step columns, ``unit``, ``value``.

    One column per target piece; without attention a single one, the same at every step.
    """
    if has_attention(trace):
        _, _, target = _matrix(trace, "attention.weights")
        return grid_frame(trace["attention.context"], target, "unit")
    return grid_frame(trace["encoder.context"][None], ["every step"], "unit")


def spread_in_words(frame: pd.DataFrame) -> str:
    """Sentiment: how spread `weights` are, as bits and as a number of tokens."""
    weight = frame["weight"].to_numpy(dtype=np.float64)
    bits = float(-(weight * np.log2(weight, out=np.zeros_like(weight), where=weight > 0)).sum() + 0.0)
    most = np.log2(max(len(frame), 1))
    alike = f"as spread as equal weights over {2**bits:.1f} tokens"
    return f"Entropy {bits:.2f} of at most {most:.2f} bits: {alike}."


def entropy(trace: Trace) -> pd.DataFrame:
    """Translation: one row per target piece: how spread its attention is.

    ``entropy`` in bits; ``most`` is its largest possible value, the same weight for every source
    piece; ``words`` is 2 to the entropy: over how many pieces equal weights would be as spread.
    """
    matrix, source, target = _matrix(trace, "attention.weights")
    weight = matrix.astype(np.float64)
    bits = -(weight * np.log2(weight, out=np.zeros_like(weight), where=weight > 0)).sum(1) + 0.0
    return step_frame(target).assign(entropy=bits, most=np.log2(max(len(source), 1)), words=2.0**bits)


def entropy_in_words(frame: pd.DataFrame) -> str:
    """`entropy`, for a reader who cannot see it."""
    widest = frame.loc[frame["entropy"].idxmax()]
    return f"Most spread: “{widest['token']}”, {widest['entropy']:.2f} of at most {widest['most']:.2f} bits."


def _matrix(trace: Trace, name: str) -> tuple[np.ndarray, list[str], list[str]]:
    """A (target, source) array with the texts of the pieces read and of those written."""
    source = step_texts(trace, "encoder")
    target = [shown(token.text) for token in trace.tokens["target"]]
    return trace[name], source, target
