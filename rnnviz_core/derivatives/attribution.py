"""What of an answer each word is said to be responsible for, by six methods that need not agree.

None of them is the truth: each answers its own question, which its name says.
"""

import functools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnviz_core.contracts.quantity import Quantity
from rnnviz_core.contracts.task import record, task_of
from rnnviz_core.errors import SpecError, TraceError, unknown_choice
from rnnviz_core.inputs.tokenizer import UNK
from rnnviz_core.languages import _
from rnnviz_core.models.network import Network
from rnnviz_core.tracing.trace import Trace

from .loop import doubled
from .methods import METHODS, WORDS
from .relevance import relevance
from .run import chosen

NODES = 64  # points of the path that integrated gradients are taken at


@dataclass(frozen=True)
class Attribution:
    """A number for every word.

    Attributes
    ----------
    method, of
        Which of `METHODS`, and of which quantity.
    words
        The words, the pieces of each joined; or the pieces.
    values
        (word,), in the unit of the quantity; a positive value raises it.
    pieces
        (piece,), if the method gives values for single pieces; else None.
    total
        What the values should add up to, for methods with a sum rule; None for the others.
    held
        For ``relevance``: the part of `total` that the biases of the network absorb. Else 0.
    """

    method: str
    of: str
    words: tuple[str, ...]
    values: np.ndarray
    pieces: np.ndarray | None
    total: float | None
    held: float = 0.0

    @property
    def gap(self) -> float | None:
        """The completeness gap: by how much the sum of the values and `held` misses `total`."""
        return None if self.total is None else float(self.values.sum()) + self.held - self.total


def words_of(trace: Trace) -> list[list[int]]:
    """The pieces of each word, as places in the text."""
    found: list[list[int]] = []
    for place, token in enumerate(trace.tokens["time"]):
        if place == 0 or token.text.startswith(("▁", "<")):
            found.append([])
        found[-1].append(place)
    return found


def pieces_of(trace: Trace) -> list[list[int]]:
    """Every piece alone, as `words_of` gives words."""
    return [[place] for place in range(len(trace.tokens["time"]))]


def attribute(model: Network, text: str, method: str, of: str | None = None) -> Attribution:
    """Attribute an answer to the words of a text.

    Parameters
    ----------
    model
        A text classifier of this project, in evaluation mode.
    text
        What it reads; for ``shapley`` of at most `WORDS` words.
    method
        ``delete`` and ``unknown`` leave a word out (Li et al., 2016, arXiv 1612.08220). ``shapley``: exact
        values of the game in which words are players and a missing word is deleted; they sum to the
        difference from the empty text (Shapley, 1953). ``integrated``: integrated gradients from embeddings
        of zero (Sundararajan et al., 2017, arXiv 1703.01365), by Gauss-Legendre quadrature.
        ``sensitivity``: gradient times input. ``relevance``: layer-wise relevance propagation (Arras et al.,
        2017, arXiv 1706.07206); together with what the biases absorb it sums to what was propagated back.
    of
        As in `gradients`.

    Raises
    ------
    SpecError
        When the method is unknown, the text has too many words for it, or `of` names nothing that
        this model computes.
    TraceError
        When `model` is not a text classifier of this project.
    """
    if method not in METHODS:
        raise SpecError(unknown_choice("method", method, METHODS))
    return attributions(model, record(model, text), [method], of)[method]


def attributions(
    model: Network,
    trace: Trace,
    methods: Iterable[str],
    of: str | None = None,
    groups: Sequence[Sequence[int]] | None = None,
) -> dict[str, Attribution]:
    """`attribute` of a text that is recorded already, by several methods.

    `groups` holds the pieces of each word, as places in the text; by default those of `words_of`.
    """
    task = task_of(model)
    if task.read_rows is None or task.read_embedded is None or task.quantities is None:
        raise TraceError(
            _("{network} does not classify texts: there is nothing to attribute", network=model.name)
        )
    quantity = chosen(trace, task.quantities(trace), of, model.name)
    words = words_of(trace) if groups is None else groups
    reading = Reading(model, trace, words)
    texts = [token.text for token in trace.tokens["time"]]
    names = tuple(
        "".join(texts[place] for place in group).replace("▁", " ").strip() or "␣" for group in words
    )
    found = {}
    for method in methods:
        values, pieces, total, held = reading.by(method, quantity)
        found[method] = Attribution(method, quantity.name, names, values, pieces, total, held)
    return found


Found = tuple[np.ndarray, np.ndarray | None, float | None, float]  # values, pieces, total, held


class Reading:
    """A recorded text, read again without words, or with its embeddings scaled; each reading is kept.

    Parameters
    ----------
    model, trace
        A network that gives classes, and what it read.
    groups
        The pieces of each word, as places in the text.
    twin
        The network as `doubled` makes it, where several texts are read.
    """

    def __init__(
        self, model: Network, trace: Trace, groups: Sequence[Sequence[int]], twin: Any = None
    ) -> None:
        task = task_of(model)
        assert task.read_rows is not None
        assert task.read_embedded is not None
        self._model, self._trace, self.groups = model, trace, [list(group) for group in groups]
        self.twin = doubled(model) if twin is None else twin
        self._read_rows: Callable[[Any, list[list[int]]], Tensor] = task.read_rows
        self._read_embedded: Callable[[Any, Tensor], Tensor] = task.read_embedded
        self.ids = [token.id for token in trace.tokens["time"]]
        # A trace is recorded in inference mode: what autograd follows is made outside of it.
        with torch.inference_mode(False):
            self._embedded = torch.tensor(trace["encoder.embedding"]).double()

    def by(self, method: str, quantity: Quantity) -> Found:
        """The values of a method, those of single pieces, and its sums."""
        with torch.inference_mode(False):
            if method in ("delete", "unknown"):
                rows = _taken(quantity, self._deleted if method == "delete" else self._unknown)
                return rows[0] - rows[1:], None, None, 0.0
            if method == "shapley":
                return self._shapley(quantity)
            per_piece: Mapping[str, Callable[[Quantity], tuple[np.ndarray, float | None, float]]] = {
                "integrated": self._integrated,
                "sensitivity": self._sensitivity,
                "relevance": self._relevance,
            }
            pieces, total, held = per_piece[method](quantity)
        return np.asarray([pieces[group].sum() for group in self.groups]), pieces, total, held

    def logits(self, texts: list[list[int]]) -> Tensor:
        """The outputs, (text, class), of texts as ids; one without any is a state of zeros."""
        with torch.no_grad():
            return self._read_rows(self.twin, texts)

    def without(self, words: Iterable[int]) -> list[int]:
        """The ids of the text without some of its words."""
        gone = {place for word in words for place in self.groups[word]}
        return [id_ for place, id_ in enumerate(self.ids) if place not in gone]

    @functools.cached_property
    def _deleted(self) -> Tensor:
        return self.logits([self.ids, *(self.without([word]) for word in range(len(self.groups)))])

    @functools.cached_property
    def _unknown(self) -> Tensor:
        texts = [[UNK if at in group else id_ for at, id_ in enumerate(self.ids)] for group in self.groups]
        return self.logits([self.ids, *texts])

    @functools.cached_property
    def _coalitions(self) -> Tensor:
        """Of every set of words, the one numbered by its bits."""
        words = range(len(self.groups))
        masks = range(1 << len(self.groups))
        return self.logits([self.without(word for word in words if not mask >> word & 1) for mask in masks])

    def _shapley(self, quantity: Quantity) -> Found:
        count = len(self.groups)
        if count > WORDS:
            raise SpecError(
                _(
                    "the text has {count} words; exact Shapley values are for at most {most}",
                    count=count,
                    most=WORDS,
                )
            )
        masks = np.arange(1 << count)
        values = _taken(quantity, self._coalitions)
        sizes = np.asarray([mask.bit_count() for mask in masks.tolist()])
        shares = np.asarray(
            [math.factorial(size) * math.factorial(count - size - 1) for size in range(count)]
        ) / math.factorial(count)
        found = np.empty(count)
        for word in range(count):
            without = masks[(masks >> word & 1) == 0]
            gains = values[without | 1 << word] - values[without]
            found[word] = (shares[sizes[without]] * gains).sum()
        return found, None, float(values[-1] - values[0]), 0.0

    def _path(self, scales: np.ndarray) -> tuple[Tensor, Tensor]:
        """The embeddings, each time scaled, (scale, time, dim), and what the network makes of them."""
        with torch.enable_grad():
            path = (torch.tensor(scales).view(-1, 1, 1) * self._embedded).requires_grad_()
            return path, self._read_embedded(self.twin, path)

    @functools.cached_property
    def _way(self) -> tuple[Tensor, Tensor]:
        return self._path((np.polynomial.legendre.leggauss(NODES)[0] + 1) / 2)

    @functools.cached_property
    def _here(self) -> tuple[Tensor, Tensor]:
        return self._path(np.ones(1))

    def _integrated(self, quantity: Quantity) -> tuple[np.ndarray, float, float]:
        weights = np.polynomial.legendre.leggauss(NODES)[1] / 2
        mean = np.tensordot(weights, _gradients(*self._way, quantity), 1)
        with torch.no_grad():
            ends = torch.stack((self._embedded, torch.zeros_like(self._embedded)))
            whole, nothing = _taken(quantity, self._read_embedded(self.twin, ends))
        return (mean * self._embedded.numpy()).sum(1), float(whole - nothing), 0.0

    def _sensitivity(self, quantity: Quantity) -> tuple[np.ndarray, None, float]:
        (here,) = _gradients(*self._here, quantity)
        return (here * self._embedded.numpy()).sum(1), None, 0.0

    def _relevance(self, quantity: Quantity) -> tuple[np.ndarray, float, float]:
        found, held, total = relevance(self._model, self._trace, quantity)
        return found.sum(1), total, held


def _gradients(path: Tensor, rows: Tensor, quantity: Quantity) -> np.ndarray:
    """The derivative of the quantity of each row by what that row read; the graph stays for the next."""
    with torch.enable_grad():
        total = torch.stack([quantity.take(row) for row in rows]).sum()
    found: np.ndarray = torch.autograd.grad(total, path, retain_graph=True)[0].numpy()
    return found


def _taken(quantity: Quantity, rows: Tensor) -> np.ndarray:
    """The quantity of each row of outputs."""
    return np.asarray([float(quantity.take(row)) for row in rows])
