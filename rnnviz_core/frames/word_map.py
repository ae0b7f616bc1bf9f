"""Frames of the embeddings page's map of a neighbourhood, and of an axis between two words."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from rnnviz_core.inputs.tokenizer import UNK
from rnnviz_core.tracing.trace import Trace, site

from .embeddings import cosine, in_vocabulary
from .numbers import printed
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
    return _straight(rows) if method == "pca" else _bent(rows)


def _straight(rows: np.ndarray) -> np.ndarray:
    """The two principal components of `rows`; the largest part of each direction is positive."""
    centred = rows - rows.mean(0)
    _, _, directions = np.linalg.svd(centred.astype(np.float64), full_matrices=False)
    axes = directions[:2]
    largest = np.abs(axes).argmax(1)
    return centred @ (axes * np.sign(axes[[0, 1], largest])[:, None]).T


def _bent(rows: np.ndarray) -> np.ndarray:
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
    """One row per token: how far its embedding lies from the word `low` (0) towards the word `high` (1).

    The axis is the straight line from one word's embedding to the other's; ``value`` is where a token's
    embedding falls when it drops onto that line at a right angle. ``off`` is how far it lies beside the
    line, in lengths of the line.
    """
    start, end = (np.asarray(matrix[index], dtype=np.float64) for index in (low, high))
    line = end - start
    size = float(line @ line)
    away = trace[site(part, "embedding")].astype(np.float64) - start
    value = away @ line / size if size else np.zeros(len(away))
    off = np.linalg.norm(away - value[:, None] * line, axis=1) / (np.sqrt(size) or 1.0)
    return step_frame(read_texts(trace, part)).assign(value=value, off=off)


def fit(*frames: pd.DataFrame) -> list[pd.DataFrame]:
    """The frames of `axis` with ``least`` and ``most`` of all of them, so that their scales agree."""
    values = np.concatenate([frame["value"].to_numpy() for frame in frames] + [np.asarray([0.0, 1.0])])
    return [frame.assign(least=values.min(), most=values.max()) for frame in frames]


def axis_in_words(frame: pd.DataFrame, low: str, high: str) -> str:
    """`axis`, for a reader who cannot see it."""
    first, last = frame.loc[frame["value"].idxmin()], frame.loc[frame["value"].idxmax()]
    ends = ((low, first), (high, last))
    return (
        "Nearest "
        + "; ".join(f"to {word}: “{row['token']}” {printed(row['value'])}" for word, row in ends)
        + "."
    )
