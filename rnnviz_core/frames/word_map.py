"""Frames of the embeddings page's map of a neighbourhood, and of an axis between two words."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from rnnviz_core.inputs.tokenizer import UNK
from rnnviz_core.languages import _
from rnnviz_core.tracing.trace import Trace, site

from .embeddings import ROWS, cosine, in_vocabulary
from .numbers import printed
from .pca import principal
from .tokens import WORD_START, read_texts, step_frame

PIECES = 300  # pieces on the map: those nearest to the chosen one
NAMED = 60  # of them may have a label where there is room; the rest is in the tooltips
ROOM = (0.17, 0.04)  # of the map’s width and height that a label takes on a phone
METHODS = {"pca": "PCA", "tsne": "t-SNE"}
SPECIAL = 4  # ids below this one stand for no text


def nearest(matrix: np.ndarray, chosen: int, count: int = PIECES) -> np.ndarray:
    """The ids of the pieces that point most nearly where the chosen one does; the chosen one is first."""
    values = cosine(matrix[chosen : chosen + 1], matrix)[0]
    values[:SPECIAL] = -np.inf
    values[chosen] = np.inf
    count = min(count, int((values > -np.inf).sum()))
    return np.argsort(-values, kind="stable")[:count]


def flatten(vectors: np.ndarray, method: str) -> np.ndarray:
    """Vectors (n, dim) as points of a plane (n, 2), by PCA or t-SNE, the same at every call.

    Lengths are left out: as in the list of neighbours, only directions count.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = np.divide(vectors, lengths, out=np.zeros(vectors.shape), where=lengths > 0)
    if len(rows) < 4 or rows.shape[1] < 2:  # nothing to flatten
        return np.column_stack([np.arange(len(rows), dtype=float), np.zeros(len(rows))])
    return principal(rows).points(rows) if method == "pca" else _tsne(rows)


def _tsne(rows: np.ndarray) -> np.ndarray:
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # comes with scikit-learn

    perplexity = min(30.0, (len(rows) - 1) / 3)
    tsne = TSNE(2, perplexity=perplexity, init="pca", random_state=0, max_iter=500)
    with threadpool_limits(1):  # on a busy machine the threads wait for each other: a minute, not a second
        return np.asarray(tsne.fit_transform(rows), dtype=np.float64)


def neighbourhood(matrix: np.ndarray, pieces: Sequence[str], chosen: int, method: str) -> pd.DataFrame:
    """One row per piece: ``id``, ``piece``, ``rank`` (0: the chosen one), ``value`` (cosine), ``x``, ``y``.

    ``label`` is the piece where there is room for a name.
    """
    ids = nearest(matrix, chosen)
    points = flatten(np.asarray(matrix)[ids], method)
    texts = [in_vocabulary(pieces[int(index)]) for index in ids]
    named = _apart(points[:NAMED])
    labels = [text if rank in named else "" for rank, text in enumerate(texts)]
    return pd.DataFrame(
        {
            "id": ids.astype(np.int32),
            "piece": pd.array(texts, dtype="str"),
            "rank": np.arange(len(ids), dtype=np.int32),
            "value": cosine(matrix[chosen : chosen + 1], matrix[ids])[0],
            "x": points[:, 0],
            "y": points[:, 1],
            "label": pd.array(labels, dtype="str"),
        }
    )


def _apart(points: np.ndarray) -> set[int]:
    """Which of the points, nearest first, can be named without one name lying on another."""
    size = np.ptp(points, axis=0) if len(points) else np.ones(2)
    room, kept = np.asarray(ROOM) * np.where(size > 0, size, 1.0), list[int]()
    for rank, point in enumerate(points):
        if all((np.abs(point - points[other]) >= room).any() for other in kept):
            kept.append(rank)
    return set(kept)


def find(pieces: Sequence[str], word: str) -> int | None:
    """The id of a typed word as one piece of the vocabulary; None when it is none.

    The word is looked up as it is typed, then in small letters; ``…ing`` is a piece inside words.
    """
    word = word.strip()
    for text in (word, word.lower()):
        piece = text[1:] if text.startswith("…") else WORD_START + text
        if text and piece in pieces:
            found = pieces.index(piece)
            return found if found >= SPECIAL and found != UNK else None
    return None


def axis(trace: Trace, part: str, matrix: np.ndarray, low: int, high: int) -> pd.DataFrame:
    """One row per token: its place between the word `low` (0) and the word `high` (1).

    As everywhere on the embeddings page, only directions count, and they are measured from the mean of the
    vocabulary: what all pieces share says nothing about either word (Mu, Bhat and Viswanath 2017,
    arXiv 1702.01417). ``value`` is where a token's direction falls when it drops at a right angle onto the
    line between the two words'. So it is 0.5 where, and only where, both words are equally near: with the
    cosines ``near_low`` and ``near_high`` it is ``0.5 + (near_high - near_low) / (2 - 2 cosine(low, high))``.

    ``bottom``, ``median`` and ``top`` (the same on every row) are the quartiles of the whole vocabulary's
    places: half of its pieces lie from ``bottom`` to ``top``.
    """
    middle = matrix[SPECIAL:].mean(0, dtype=np.float64)
    ends = matrix[[low, high]] - middle
    room = 2 - 2 * float(cosine(ends[:1], ends[1:])[0, 0])
    tokens = trace[site(part, "embedding")].astype(np.float64) - middle
    near = cosine(tokens, ends)
    parts = [cosine(matrix[at : at + ROWS] - middle, ends) for at in range(SPECIAL, len(matrix), ROWS)]
    quartiles = np.quantile(_between(np.concatenate(parts), room), [0.25, 0.5, 0.75])
    return step_frame(read_texts(trace, part)).assign(
        value=_between(near, room),
        near_low=near[:, 0],
        near_high=near[:, 1],
        **dict(zip(("bottom", "median", "top"), quartiles, strict=True)),
    )


def _between(near: np.ndarray, room: float) -> np.ndarray:
    """The place on the axis of directions whose cosines to its two ends are `near` (n, 2)."""
    gap = near[:, 1] - near[:, 0]
    return 0.5 + np.divide(gap, room, out=np.zeros_like(gap), where=room > 1e-9)


def fit(*frames: pd.DataFrame) -> list[pd.DataFrame]:
    """The frames of `axis` with ``least`` and ``most`` of all of them, so that their scales agree."""
    shown = [frame[["value", "bottom", "top"]].to_numpy().reshape(-1) for frame in frames]
    values = np.concatenate([*shown, np.asarray([0.0, 1.0])])
    return [frame.assign(least=values.min(), most=values.max()) for frame in frames]


def axis_in_words(frame: pd.DataFrame, low: str, high: str) -> str:
    """`axis`, for a reader who cannot see it."""
    first, last = frame.loc[frame["value"].idxmin()], frame.loc[frame["value"].idxmax()]
    ends = ((low, first), (high, last))
    nearest = "; ".join(
        _("to {word}: “{token}” {value}", word=word, token=row["token"], value=printed(row["value"]))
        for word, row in ends
    )
    return _("Nearest {tokens}.", tokens=nearest) + f" {neutral_in_words(frame)}"


def neutral_in_words(frame: pd.DataFrame) -> str:
    """Where an `axis` is neutral, and where the vocabulary lies on it."""
    bottom, median, top = (printed(float(frame[name].iloc[0])) for name in ("bottom", "median", "top"))
    return _(
        "A token at 0.5 is as near to one word as to the other. Half of the vocabulary lies "
        "between {low} and {high}, its median at {median}.",
        low=bottom,
        high=top,
        median=median,
    )
