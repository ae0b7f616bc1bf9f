"""What of an answer each word is said to be responsible for, by five methods that need not agree.

None of them is the truth: each answers its own question, which its name says.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnviz_core.contracts.quantity import Quantity
from rnnviz_core.contracts.task import record, task_of
from rnnviz_core.errors import SpecError, TraceError, unknown_choice
from rnnviz_core.inputs.tokenizer import UNK
from rnnviz_core.models.network import Network
from rnnviz_core.tracing.trace import Trace

from .loop import doubled
from .run import chosen, of_trace

WORDS = 10  # of an exact Shapley value: a thousand and more texts are read
NODES = 64  # points of the path that integrated gradients are taken at
METHODS = {  # name -> the question it answers
    "delete": "how the number falls when the word is taken out",
    "unknown": "how it falls when the network reads “unknown” in its place",
    "shapley": "what the word adds, on average over all orders in which the words could come in",
    "integrated": "the gradient times the embedding, summed up on the way from nothing to the text",
    "sensitivity": "the gradient times the embedding, here: what a small change would do",
}


@dataclass(frozen=True)
class Attribution:
    """A number for every word.

    Attributes
    ----------
    method, of
        Which of `METHODS`, and of which quantity.
    words
        The words, the pieces of each joined.
    values
        (word,), in the unit of the quantity; positive speaks for it.
    pieces
        (piece,), where the method says something of single pieces; else None.
    total
        What the values of a method with a sum rule should add up to; None for the others.
    """

    method: str
    of: str
    words: tuple[str, ...]
    values: np.ndarray
    pieces: np.ndarray | None
    total: float | None

    @property
    def gap(self) -> float | None:
        """By how much the sum of the values misses `total`: the completeness gap."""
        return None if self.total is None else float(self.values.sum()) - self.total


def words_of(trace: Trace) -> list[list[int]]:
    """The pieces of each word, as places in the text."""
    found: list[list[int]] = []
    for place, token in enumerate(trace.tokens["time"]):
        if place == 0 or token.text.startswith(("▁", "<")):
            found.append([])
        found[-1].append(place)
    return found


def attribute(model: Network, text: str, method: str, of: str | None = None) -> Attribution:
    """What each word of a text is said to be responsible for.

    Parameters
    ----------
    model
        A network that reads a text and gives classes, in evaluation mode.
    text
        What it reads; for ``shapley`` of at most `WORDS` words.
    method
        ``delete`` and ``unknown`` leave a word out (Li et al., 2016, arXiv 1612.08220). ``shapley``: exact
        values of the game in which words are players and a missing word is deleted; they sum to the
        difference to the empty text (Shapley, 1953). ``integrated``: integrated gradients from embeddings
        of zero (Sundararajan et al., 2017, arXiv 1703.01365), by Gauss-Legendre quadrature.
        ``sensitivity``: gradient times input.
    of
        As in `gradients`.

    Raises
    ------
    SpecError
        When the method is unknown, the text has too many words for it, or `of` is nothing of this model.
    TraceError
        When this is no such network.
    """
    if method not in METHODS:
        raise SpecError(unknown_choice("method", method, METHODS))
    trace, task = record(model, text), task_of(model)
    if task.read_rows is None or task.read_embedded is None or task.quantities is None:
        raise TraceError(f"{model.name} gives no classes of a text: there is nothing to attribute")
    quantity = chosen(trace, task.quantities(trace), of, model.name)
    groups = words_of(trace)
    pieces: np.ndarray | None = None
    total: float | None = None
    with torch.inference_mode(False):
        twin = doubled(model)
        if method == "sensitivity":
            gradient = of_trace(model, trace, quantity.name)
            pieces = (gradient["encoder.embedding_gradient"] * trace["encoder.embedding"]).sum(1)
        elif method == "integrated":
            pieces, total = _integrated(twin, trace, quantity, task.read_embedded)
        else:
            ids = [token.id for token in trace.tokens["time"]]
            game = _Game(twin, ids, groups, quantity, task.read_rows)
            values, total = (
                game.shapley() if method == "shapley" else (game.leave_out(method == "delete"), None)
            )
    if pieces is not None:
        values = np.asarray([pieces[group].sum() for group in groups])
    texts = [token.text for token in trace.tokens["time"]]
    words = tuple(
        "".join(texts[place] for place in group).replace("▁", " ").strip() or "␣" for group in groups
    )
    return Attribution(method, quantity.name, words, values, pieces, total)


def _integrated(
    twin: Any, trace: Trace, quantity: Quantity, read: Callable[[Any, Tensor], Tensor]
) -> tuple[np.ndarray, float]:
    """Integrated gradients of every piece, and the difference that they should sum to."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    embedded = torch.tensor(trace["encoder.embedding"]).double()
    with torch.enable_grad():
        places = torch.tensor((nodes + 1) / 2).view(-1, 1, 1)
        path = (places * embedded).requires_grad_()
        rows = read(twin, path)
        total = torch.stack([quantity.take(row) for row in rows]).sum()
        (gradient,) = torch.autograd.grad(total, path)
    with torch.no_grad():
        mean = (torch.tensor(weights / 2).view(-1, 1, 1) * gradient).sum(0)
        ends = read(twin, torch.stack((embedded, torch.zeros_like(embedded))))
        difference = float(quantity.take(ends[0]) - quantity.take(ends[1]))
    return (mean * embedded).sum(1).numpy(), difference


class _Game:
    """A text whose words can be missing, and the number that the network then gives."""

    def __init__(
        self,
        twin: Any,
        ids: Sequence[int],
        groups: list[list[int]],
        quantity: Quantity,
        read: Callable[[Any, list[list[int]]], Tensor],
    ) -> None:
        self._twin, self._ids, self._groups, self._quantity, self._read = twin, ids, groups, quantity, read

    def _values(self, texts: list[list[int]]) -> np.ndarray:
        with torch.no_grad():
            rows = self._read(self._twin, texts)
            return np.asarray([float(self._quantity.take(row)) for row in rows])

    def leave_out(self, delete: bool) -> np.ndarray:
        """How the number falls without each word."""
        texts = [list(self._ids)]
        for group in self._groups:
            if delete:
                texts.append([id_ for place, id_ in enumerate(self._ids) if place not in group])
            else:
                texts.append([UNK if place in group else id_ for place, id_ in enumerate(self._ids)])
        found = self._values(texts)
        return found[0] - found[1:]

    def shapley(self) -> tuple[np.ndarray, float]:
        """Exact Shapley values, and the difference to the empty text."""
        count = len(self._groups)
        if count > WORDS:
            raise SpecError(f"the text has {count} words; exact Shapley values are for at most {WORDS}")
        masks = np.arange(1 << count)
        texts = [
            [
                self._ids[place]
                for word, group in enumerate(self._groups)
                if mask >> word & 1
                for place in group
            ]
            for mask in masks.tolist()
        ]
        values = self._values(texts)
        sizes = np.asarray([mask.bit_count() for mask in masks.tolist()])
        shares = np.asarray(
            [math.factorial(size) * math.factorial(count - size - 1) for size in range(count)]
        ) / math.factorial(count)
        found = np.empty(count)
        for word in range(count):
            without = masks[(masks >> word & 1) == 0]
            gains = values[without | 1 << word] - values[without]
            found[word] = (shares[sizes[without]] * gains).sum()
        return found, float(values[-1] - values[0])
