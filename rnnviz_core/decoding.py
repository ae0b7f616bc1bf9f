"""Greedy and beam search, one source sentence at a time, with every step kept."""

from dataclasses import dataclass

import torch
from torch import Tensor

from . import limits
from .errors import SpecError
from .models import Memory, State, TranslationModel
from .tokenizer import BOS, EOS, PAD, UNK


@dataclass(frozen=True, slots=True)
class Node:
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


def _pick(memory: Memory, state: State, rows: Tensor) -> tuple[Memory, State]:
    """The memory of one sentence and the states of some hypotheses, a row for each."""
    count = len(rows)
    expanded = Memory(
        memory.keys[:1].expand(count, -1, -1),
        memory.projected[:1].expand(count, -1, -1),
        memory.mask[:1].expand(count, -1),
        memory.context[:1].expand(count, -1),
        memory.state,
    )
    if isinstance(state, tuple):
        return expanded, (state[0][:, rows].contiguous(), state[1][:, rows].contiguous())
    return expanded, state[:, rows].contiguous()


@torch.inference_mode()
def beam_search(
    model: TranslationModel, memory: Memory, width: int = 1, limit: int = limits.TARGET_PIECES
) -> Search:
    """The best translations of one encoded sentence; ``width=1`` is greedy search.

    At every step each hypothesis is continued by its `width` likeliest pieces and the `width` best
    of all continuations stay; hypotheses that ended are ranked by log-probability per piece.

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
    finished: list[Hypothesis] = []
    live: list[int] = [-1]  # the node each live hypothesis ends with
    scores = torch.zeros(1)
    memory, state = _pick(memory, memory.state, torch.zeros(1, dtype=torch.long))
    ids = torch.full((1, 1), BOS)
    for step in range(limit):
        decoded = model.decode(ids, state, memory)
        log_probabilities = torch.log_softmax(decoded.logits[:, -1].float(), dim=-1)
        log_probabilities[:, [PAD, UNK, BOS]] = -torch.inf
        best, pieces = log_probabilities.topk(min(width, log_probabilities.shape[-1]), dim=-1)
        totals, order = (scores.unsqueeze(1) + best).flatten().sort(descending=True, stable=True)
        rows, new_live, new_ids, new_scores = [], [], [], []
        for rank, (total, place) in enumerate(zip(totals.tolist(), order.tolist(), strict=True)):
            row, piece = place // best.shape[1], int(pieces.flatten()[place])
            kept = rank < width
            nodes.append(Node(step, live[row], piece, total, kept))
            if not kept:
                continue
            if piece == EOS or step == limit - 1:
                finished.append(_finish(nodes, len(nodes) - 1))
            else:
                rows.append(row)
                new_live.append(len(nodes) - 1)
                new_ids.append(piece)
                new_scores.append(total)
        if not rows or len(finished) >= width:
            break
        live, scores = new_live, torch.tensor(new_scores)
        memory, state = _pick(memory, decoded.state, torch.tensor(rows))
        ids = torch.tensor(new_ids).unsqueeze(1)
    ranked = sorted(finished, key=lambda hypothesis: -hypothesis.score)
    return Search(tuple(ranked), tuple(nodes))


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
def translate(model: TranslationModel, text: str, *, beam: int = 1, limit: int = limits.TARGET_PIECES) -> str:
    """The best translation of a text, as text."""
    ids = model.source_tokenizer.ids(text)
    if not ids:
        return ""
    memory = model.encode(torch.tensor([ids]), torch.tensor([len(ids)]))
    return model.target_tokenizer.decode(beam_search(model, memory, beam, limit).hypotheses[0].ids)
