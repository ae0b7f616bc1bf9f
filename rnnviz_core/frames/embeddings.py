"""Frames of the embeddings page: the vectors, how alike they are, and their neighbours."""

from typing import Any

import numpy as np

from rnnviz_core.inputs.tokenizer import BOS
from rnnviz_core.languages import _
from rnnviz_core.tracing.trace import Trace, site

from .columns import Columns, Texts
from .numbers import printed
from .tokens import (
    WORD_START,
    clipped,
    grid_columns,
    one_step,
    read_texts,
    shown,
    tick_texts,
)

LIMIT = 1.0  # the heatmap's colours end at ±LIMIT
NEIGHBOURS = 12  # pieces shown as nearest
ROWS = 1_024  # compared at once: a whole vocabulary would take 25 MB for a moment


def vectors(trace: Trace, part: str = "encoder") -> Columns:
    """One row per number of the embeddings read: step columns, ``dim``, ``value``."""
    values = trace[site(part, "embedding")]
    return grid_columns(read_texts(trace, part), values.shape[1], "dim", value=values)


def outside(trace: Trace, part: str = "encoder") -> int:
    """How many numbers the heatmap draws in an end colour because they lie beyond ±`LIMIT`."""
    return clipped(trace[site(part, "embedding")], LIMIT)


def clipped_in_words(trace: Trace, part: str = "encoder") -> str:
    """A sentence on numbers beyond the colours; empty when there are none."""
    count = outside(trace, part)
    if not count:
        return ""
    total = trace[site(part, "embedding")].size
    return _(
        " {count:,} of {total:,} numbers lie beyond ±{limit:g} and share an end colour.",
        count=count,
        total=total,
        limit=LIMIT,
    )


def cosine(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Cosine of every row of `left` (m, dim) with every row of `right` (n, dim): (m, n).

    A vector of zeros has no direction; its cosines are 0.
    """
    a = np.asarray(left, dtype=np.float64)
    found = np.zeros((len(a), len(right)))
    for start in range(0, len(right), ROWS):
        b = np.asarray(right[start : start + ROWS], dtype=np.float64)
        lengths = np.linalg.norm(a, axis=1)[:, None] * np.linalg.norm(b, axis=1)[None, :]
        np.divide(a @ b.T, lengths, out=found[:, start : start + ROWS], where=lengths > 0)
    return np.clip(found, -1.0, 1.0, out=found)


def similarity(trace: Trace, part: str = "encoder") -> Columns:
    """One row per pair of steps: step columns, those of the other step, ``value`` (their cosine).

    The other step's are ``other_position``, ``other`` (its tick) and ``other_token``.
    """
    embedding, texts = trace[site(part, "embedding")], read_texts(trace, part)
    rows = grid_columns(texts, len(texts), "other_position", value=cosine(embedding, embedding))
    other = np.asarray(rows["other_position"])
    return {**rows, "other": Texts(other, tick_texts(texts)), "other_token": Texts(other, texts)}


def similarity_in_words(trace: Trace, part: str = "encoder") -> str:
    """The most alike pair of different tokens, for a reader who cannot see the matrix."""
    embedding, texts = trace[site(part, "embedding")], np.asarray(read_texts(trace, part), dtype=object)
    values = np.where(texts[:, None] == texts[None], -np.inf, cosine(embedding, embedding))
    one, other = np.unravel_index(int(values.argmax()), values.shape)
    if not np.isfinite(values[one, other]):
        return _("There is only one token.")
    return _(
        "Most alike: “{one}” and “{other}”, {value}.",
        one=texts[one],
        other=texts[other],
        value=printed(values[one, other]),
    )


def vocabulary(model: Any, part: str = "encoder") -> tuple[np.ndarray, tuple[str, ...]]:
    """The embedding matrix (vocab, dim) that `part` of a model looks its pieces up in, and the pieces."""
    table = model.table(part)
    return table.weight, tuple(table.pieces)


def token_id(trace: Trace, part: str, position: int) -> int:
    """The id of the piece that `part` reads at a step; a decoder reads ``<s>``, then what it wrote."""
    if part == "decoder":
        return trace.tokens["target"][position - 1].id if position else BOS
    return trace.tokens[trace.time_axis(part)][position].id


def neighbours(
    matrix: np.ndarray, pieces: tuple[str, ...], chosen: int, count: int = NEIGHBOURS, skip: int = 4
) -> Columns:
    """The pieces whose embeddings point most nearly where the chosen one's does, nearest first.

    Parameters
    ----------
    matrix
        The model's embedding matrix (vocab, dim).
    pieces
        The text of each row.
    chosen
        The id of the chosen piece; it is left out of its own neighbours.
    count
        How many neighbours.
    skip
        Ids below this one stand for no text (padding, unknown, begin, end) and are left out.

    Returns
    -------
    Columns
        ``rank`` from 1, ``id``, ``piece``, ``tick`` (unique text of the row), ``value`` (cosine).
    """
    matrix = np.asarray(matrix)  # in its own precision: a copy of a large vocabulary takes its time
    lengths = np.sqrt(np.einsum("ij,ij->i", matrix, matrix)) * np.linalg.norm(matrix[chosen])
    zeros = np.zeros(len(matrix), lengths.dtype)
    values = np.divide(matrix @ matrix[chosen], lengths, out=zeros, where=lengths > 0)
    values[:skip] = values[chosen] = -np.inf
    count = min(count, int(np.isfinite(values).sum()))
    nearest = np.argpartition(-values, max(count - 1, 0))[:count]
    nearest = nearest[np.argsort(-values[nearest], kind="stable")]
    texts = [in_vocabulary(pieces[int(index)]) for index in nearest]
    return {
        "rank": np.arange(1, count + 1, dtype=np.int32),
        "id": nearest.astype(np.int32),
        "piece": texts,
        "tick": tick_texts(texts),
        "value": values[nearest],
    }


def neighbours_in_words(rows: Columns, count: int = 5) -> str:
    """The first of `neighbours`: ``movie 0.71, story 0.64``."""
    pairs = zip(rows["piece"][:count], rows["value"][:count], strict=True)
    return ", ".join(f"{piece} {printed(value)}" for piece, value in pairs)


def in_vocabulary(piece: str) -> str:
    """A piece outside any sentence: dots before it say that it continues a word."""
    return shown(piece) if piece.startswith(WORD_START) else f"…{shown(piece)}"


def chosen(trace: Trace, part: str, position: int) -> Columns:
    """The row that outlines the chosen step; of a shorter text its last one."""
    texts = read_texts(trace, part)
    return one_step(texts, min(position, len(texts) - 1))
