"""Greedy and beam search, one source sentence at a time, with every step kept."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from rnnviz_core import limits
from rnnviz_core.errors import SpecError
from rnnviz_core.inputs.tokenizer import BOS, EOS, PAD, UNK
from rnnviz_core.models.seq2seq import Memory, TranslationModel

from .stepping import Stepper

_NEVER = [PAD, UNK, BOS]  # never written


class Node(NamedTuple):
    """One piece that a beam considered.

    `parent` indexes `Search.nodes` (-1 for the start), `log_probability` is that of the whole path,
    `kept` tells whether the path stayed in the beam after this step.
    """

    step: int
    parent: int
    id: int
    log_probability: float
    kept: bool


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A finished translation; `score` is its log-probability per piece, the one beams compare."""

    ids: tuple[int, ...]  # the end mark included, unless the limit came first
    log_probability: float
    score: float
    nodes: tuple[int, ...]  # its path through `Search.nodes`


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found, best first, and every node it looked at."""

    hypotheses: tuple[Hypothesis, ...]
    nodes: tuple[Node, ...]
    contexts: np.ndarray | None  # (target, unit): what attention found on the way to the best one


@torch.inference_mode()
def beam_search(
    model: TranslationModel, memory: Memory, width: int = 1, limit: int = limits.TARGET_PIECES
) -> Search:
    """The best translations of one encoded sentence; ``width=1`` is greedy search.

    At every step each hypothesis is continued by its `width` likeliest pieces and the `width` best
    of all continuations stay; hypotheses that ended are ranked by log-probability per piece, and at
    most `width` of them returned.

    Parameters
    ----------
    memory
        `model.encode` of a batch of one.
    width
        Hypotheses kept, from 1 to `limits.BEAM`.
    limit
        Pieces after which decoding stops.

    Raises
    ------
    SpecError
        When `width` is out of range.
    """
    if not 1 <= width <= limits.BEAM:
        raise SpecError(f"the beam is {width}; it must be from 1 to {limits.BEAM}")
    nodes: list[Node] = []
    rows_of: list[int] = []  # the row that a node was computed in
    finished: list[Hypothesis] = []
    live = [-1]  # the node each live hypothesis ends with
    ids, scores = [BOS], np.zeros(1)
    stepper = Stepper(model, memory)
    states = stepper.first
    for step in range(limit):
        logits, states = stepper.step(ids, states)
        best, pieces = _likeliest(logits, width)
        totals = (scores[:, np.newaxis] + best).ravel().tolist()
        candidates, per_row = pieces.ravel().tolist(), pieces.shape[1]
        rows: list[int] = []
        ending = step == limit - 1
        kept_nodes = []
        for rank, place in enumerate(sorted(range(len(totals)), key=totals.__getitem__, reverse=True)):
            row, piece, kept = place // per_row, candidates[place], rank < width
            nodes.append(Node(step, live[row], piece, totals[place], kept))
            rows_of.append(row)
            if kept and (piece == EOS or ending):
                finished.append(_finish(nodes, len(nodes) - 1))
            elif kept:
                rows.append(row)
                kept_nodes.append(len(nodes) - 1)
        if not rows or len(finished) >= width:
            break
        live = kept_nodes
        ids, scores = [nodes[node].id for node in live], np.array([nodes[node][3] for node in live])
        states = states[:, :, rows]
    ranked = sorted(finished, key=lambda found: -found.score)[:width]  # the last step may finish several
    way = zip(stepper.contexts, ranked[0].nodes, strict=False)
    contexts = [found[rows_of[node]] for found, node in way]
    return Search(tuple(ranked), tuple(nodes), np.stack(contexts) if contexts else None)


def _likeliest(logits: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Log-probabilities and ids of the `width` likeliest pieces of each row, best first.

    A vocabulary may have fewer than `width` pieces that can be written; then these are all there is.
    """
    count = np.arange(len(logits))
    highest = logits.max(axis=1)
    powers = logits - highest[:, np.newaxis]
    whole = highest + np.log(np.exp(powers, powers).sum(axis=1))
    logits[:, _NEVER] = -np.inf
    pieces = np.empty((len(logits), min(width, logits.shape[1] - len(_NEVER))), dtype=int)
    best = np.empty(pieces.shape)
    for rank in range(pieces.shape[1]):
        found = logits.argmax(axis=1)
        pieces[:, rank], best[:, rank] = found, logits[count, found]
        logits[count, found] = -np.inf
    return best - whole[:, np.newaxis], pieces


def _finish(nodes: list[Node], last: int) -> Hypothesis:
    path = []
    place = last
    while place >= 0:
        path.append(place)
        place = nodes[place].parent
    path.reverse()
    total = nodes[last].log_probability
    return Hypothesis(tuple(nodes[node].id for node in path), total, total / len(path), tuple(path))


@torch.inference_mode()
def translations(
    model: TranslationModel, text: str, *, beam: int = 1, limit: int = limits.TARGET_PIECES
) -> list[str]:
    """What a search found for a text, as texts, the best first."""
    ids = model.source_tokenizer.ids(text)
    if not ids:
        return [""]
    memory = model.encode(torch.tensor([ids]), torch.tensor([len(ids)]))
    found = beam_search(model, memory, beam, limit).hypotheses
    return [model.target_tokenizer.decode(one.ids) for one in found]


def translate(model: TranslationModel, text: str, *, beam: int = 1, limit: int = limits.TARGET_PIECES) -> str:
    """The best translation of a text, as text."""
    return translations(model, text, beam=beam, limit=limit)[0]
