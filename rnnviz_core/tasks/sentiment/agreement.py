"""Evaluation of the attribution methods: agreement with people's labels of words, and faithfulness.

Agreement: the labels say which words are neutral; the area under the curve (AUC) is the share of a sentence's
pairs of a word that matters and a neutral one in which the first has more attribution, as in `pointing`.
Faithfulness: the words that speak most for the answer are taken out, or nothing but them is read, and
what matters is how the answer's probability changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from rnnviz_core.contracts.quantity import Quantity
from rnnviz_core.contracts.task import record
from rnnviz_core.derivatives.attribution import METHODS, WORDS, Reading
from rnnviz_core.derivatives.loop import doubled
from rnnviz_core.errors import DataError, SpecError
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.tracing.trace import Trace

from .gradients import quantities
from .pointing import Sentence, area, parsed

LABELLED = "margin"  # whose attribution is compared with labels: what speaks for better or worse classes
TOP = 0.2  # share of a sentence's words that are taken out, or kept; rounded up
DRAWS = 5  # of as many words at random, for every sentence
ATTENTION, RANDOM = "attention", "random"


class Judged(NamedTuple):
    """The figures of one method on one sentence."""

    auc: float | None  # None where all words are neutral, or none is
    drop: float  # the answer's probability without the top words
    keep: float  # and when nothing but these is read


class Case(NamedTuple):
    """One sentence."""

    words: int
    whole: float  # the answer's probability
    judged: Mapping[str, Judged]  # by method, and of random words


def measure(
    model: SentimentModel, trees: str, *, sentences: int | None = None, seed: int = 0
) -> dict[str, Any]:
    """Every method's agreement and faithfulness, rounded as a card shows them.

    Parameters
    ----------
    model
        One whose classes have an order.
    trees
        A table of trees, as `pointing.measure` reads it; the split ``test`` is used.
    sentences
        As many of them, drawn at random; None: all.
    seed
        Of what is drawn.

    Raises
    ------
    SpecError
        When the classes have no order, so that there is no margin.
    """
    tested = [sentence for split, sentence in parsed(trees) if split == "test"]
    if not tested:
        raise DataError(f"{trees}: trees of the split test are needed")
    if sentences is not None and sentences < len(tested):
        chosen = np.sort(np.random.default_rng(seed).choice(len(tested), sentences, replace=False))
        tested = [tested[place] for place in chosen]
    cases = list(_cases(model, tested, seed))
    short = [case for case in cases if case.words <= WORDS]
    return {
        "agreement": {
            "trees": f"{Path(trees).name}, split test",
            "seed": seed,
            **_means(cases),
            "short": {"words": WORDS, **_means(short)},
        }
    }


def _cases(model: SentimentModel, sentences: Sequence[Sentence], seed: int) -> Iterator[Case]:
    with torch.inference_mode(False):
        twin = doubled(model)
    for number, sentence in enumerate(sentences):
        trace = record(model, sentence.text)
        owner = sentence.owners([token.end for token in trace.tokens["time"]])
        groups = [np.flatnonzero(owner == word).tolist() for word in range(len(sentence.words))]
        reading = Reading(model, trace, groups, twin)
        draw = np.random.default_rng((seed, number))
        yield _case(trace, reading, sentence, draw)


def _case(trace: Trace, reading: Reading, sentence: Sentence, draw: np.random.Generator) -> Case:
    offered, count = quantities(trace), len(sentence.words)
    if LABELLED not in offered:
        raise SpecError("the classes have no order, so no words speak for better or for worse ones")
    answer = next(iter(offered.values()))
    methods = [name for name in METHODS if name != "shapley" or count <= WORDS]
    speaks = {name: reading.by(name, answer)[0] for name in methods}
    labelled = {name: reading.by(name, offered[LABELLED])[0] for name in methods}
    if "attention.weights" in trace:
        weights = trace["attention.weights"].astype(np.float64)
        speaks[ATTENTION] = labelled[ATTENTION] = np.asarray([weights[one].sum() for one in reading.groups])
    top = int(np.ceil(TOP * count))
    chosen = {name: [np.argsort(-values, kind="stable")[:top]] for name, values in speaks.items()}
    chosen[RANDOM] = [draw.choice(count, top, replace=False) for _ in range(DRAWS)]
    whole, drops, keeps = _faithful(reading, answer, chosen, count)
    known, judged = sentence.known, {}
    both = sentence.polar[known].any() and not sentence.polar[known].all()
    for name in chosen:
        compared = both and name in labelled
        auc = area(np.abs(labelled[name])[known], sentence.polar[known]) if compared else None
        judged[name] = Judged(auc, drops[name], keeps[name])
    return Case(count, whole, judged)


def _faithful(
    reading: Reading, answer: Quantity, chosen: Mapping[str, Sequence[np.ndarray]], count: int
) -> tuple[float, dict[str, float], dict[str, float]]:
    """The answer's probability; without the chosen words and with nothing else, the mean over the draws."""
    texts, every = [reading.ids], set(range(count))
    for draws in chosen.values():
        for words in draws:
            kept = every - set(words.tolist())
            texts += [reading.without(words.tolist()), reading.without(kept)]
    found = iter(np.exp([float(answer.take(row)) for row in reading.logits(texts)]).tolist())
    whole, drops, keeps = next(found), {}, {}
    for name, draws in chosen.items():
        pairs = [(next(found), next(found)) for _ in draws]
        drops[name], keeps[name] = (float(np.mean(column)) for column in zip(*pairs, strict=True))
    return whole, drops, keeps


def _means(cases: Sequence[Case]) -> dict[str, Any]:
    """Means over the sentences; a method that not every sentence was short enough for is left out."""
    whole = float(np.mean([case.whole for case in cases])) if cases else 0.0
    order = (*METHODS, ATTENTION, RANDOM)
    names = [name for name in order if cases and all(name in case.judged for case in cases)]
    methods = {}
    for name in names:
        judged = [case.judged[name] for case in cases]
        areas = [one.auc for one in judged if one.auc is not None]
        methods[name] = {
            **({"auc": round(float(np.mean(areas)), 3)} if areas else {}),
            "drop": round(100 * (whole - float(np.mean([one.drop for one in judged]))), 1),
            "keep": round(100 * float(np.mean([one.keep for one in judged])) / whole, 1),
        }
    labelled = sum(case.judged["delete"].auc is not None for case in cases)
    return {
        "sentences": len(cases),
        "labelled": labelled,
        "probability": round(100 * whole, 1),
        "methods": methods,
    }
