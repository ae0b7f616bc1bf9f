"""Frames of attributions: a number per word and method, on one scale; and what each method is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnviz_core.derivatives.methods import METHODS, TITLES
from rnnviz_core.languages import N_, _, in_quotes
from rnnviz_core.tracing.trace import Trace

from .columns import Columns, Texts
from .numbers import printed
from .tokens import tick_texts

NOTHING = {"shapley": N_("an empty text"), "integrated": N_("embeddings of zero")}  # what the sums start from
GROWN = 10  # times what was handed back: so much relevance, of both signs, says little


def attention(trace: Trace, groups: Sequence[Sequence[int]]) -> np.ndarray | None:
    """The weight of each word, its pieces added up; None without attention pooling."""
    if "attention.weights" not in trace or trace["attention.weights"].ndim != 1:
        return None
    weights = trace["attention.weights"].astype(np.float64)
    return np.asarray([weights[list(group)].sum() for group in groups])


def shares(values: np.ndarray) -> np.ndarray:
    """Each number as a share of the sum of all sizes, with its sign: attention's weights stay as they are."""
    found: np.ndarray = values / (float(np.abs(values).sum()) or 1.0)
    return found


def limit(found: Mapping[str, np.ndarray]) -> float:
    """The end of the colours for all methods alike: the largest share, rounded up to a tenth."""
    largest = max(float(np.abs(shares(row)).max()) for row in found.values())
    return max(0.1, float(np.ceil(round(10 * largest, 6))) / 10)


def grid(words: Sequence[str], found: Mapping[str, np.ndarray]) -> Columns:
    """One row per method and word: ``method``, step columns of the words, ``value``, ``share``, ``size``."""
    count, methods = len(words), list(found)
    position = np.tile(np.arange(count, dtype=np.int16), len(methods))
    part = np.concatenate([shares(row) for row in found.values()])
    return {
        "method": Texts(np.repeat(np.arange(len(methods), dtype=np.int16), count), methods),
        "position": position,
        "tick": Texts(position, tick_texts(words)),
        "token": Texts(position, list(words)),
        "value": np.concatenate(list(found.values())).astype(np.float64),
        "share": part.astype(np.float32),
        "size": np.abs(part).astype(np.float32),
    }


def in_words(words: Sequence[str], found: Mapping[str, np.ndarray]) -> str:
    """The strongest word of each method, and whether they agree."""
    named: dict[int, list[str]] = {}
    for name, row in found.items():
        named.setdefault(int(np.abs(row).argmax()), []).append(name)
    if len(named) == 1:
        (at,) = named
        return _("All {count} name the same word first: “{word}”.", count=len(found), word=words[at])
    order = sorted(named.items(), key=lambda one: -len(one[1]))
    said = [f"{in_quotes(words[at])} ({', '.join(_(name) for name in names)})" for at, names in order]
    return _("They do not all name the same word first: {words}.", words="; ".join(said))


def sums_in_words(found: Mapping[str, Any]) -> str:
    """What the methods with a sum rule add up to, and what each misses; `found` holds `Attribution`s."""
    said = []
    for name, one in found.items():
        if one.total is None:
            continue
        method, total = _(TITLES[name]), float(one.values.sum())
        title = method[:1].upper() + method[1:]
        if name in NOTHING:
            said.append(
                _(
                    "{method}: the values sum to {sum}; the difference to {baseline} is {whole} "
                    "(gap {gap:.1e}).",
                    method=title,
                    sum=printed(total, ".3f"),
                    baseline=_(NOTHING[name]),
                    whole=printed(one.total, ".3f"),
                    gap=abs(one.gap),
                )
            )
            continue
        said.append(
            _(
                "{method}: the words hold {sum}, the biases {held}, of {whole} that the logits handed back "
                "(gap {gap:.1e}).",
                method=title,
                sum=printed(total, ".3f"),
                held=printed(one.held, ".3f"),
                whole=printed(one.total, ".3f"),
                gap=abs(one.gap),
            )
        )
        sizes = float(np.abs(one.values).sum())
        if sizes > GROWN * abs(one.total):
            said.append(
                _(
                    "Both signs counted, that is {times:,.0f} times what was handed back: on its way through "
                    "this network relevance grows, and little can be read off it.",
                    times=sizes / (abs(one.total) or 1.0),
                )
            )
    return " ".join(said)


@dataclass(frozen=True)
class Believed:
    """What each method was worth on labelled test sentences.

    Attributes
    ----------
    rows
        Title, and as they are printed: agreement, drop, keep.
    sentences, words
        How many; with at most so many words, or None.
    best
        Column -> title of the method that did best.
    attention
        The place of attention's agreement and of its drop among the methods, from 1; None without.
    supervised
        Whether attention was trained on labels of words.
    """

    rows: tuple[tuple[str, str, str, str], ...]
    sentences: int
    words: int | None
    probability: float
    best: Mapping[str, str]
    attention: tuple[int, int] | None
    supervised: bool


def believed(metrics: Mapping[str, Any], words: int) -> Believed | None:
    """The table in a model's ``metrics.json``: that of short sentences where the text is one.

    None where nothing was measured, or a person wrote the file and it makes no sense.
    """
    try:
        whole = metrics["agreement"]
        short = words <= whole["short"]["words"]
        part = whole["short"] if short else whole
        names = [name for name in (*METHODS, "attention", "random") if name in part["methods"]]
        found = {
            TITLES[name]: {key: float(value) for key, value in part["methods"][name].items()}
            for name in names
        }
        judged = {title: one for title, one in found.items() if "auc" in one}
        orders = {key: sorted(judged, key=lambda one: -judged[one][key]) for key in ("auc", "drop", "keep")}
        return Believed(
            tuple(
                (
                    title,
                    printed(one["auc"], ".3f") if "auc" in one else "",
                    printed(one["drop"], ".1f"),
                    printed(one["keep"], ".1f"),
                )
                for title, one in found.items()
            ),
            int(part["sentences"]),
            int(whole["short"]["words"]) if short else None,
            float(part["probability"]),
            {key: order[0] for key, order in orders.items()},
            (orders["auc"].index("attention") + 1, orders["drop"].index("attention") + 1)
            if "attention" in judged
            else None,
            "--looking" in str(metrics.get("command", "")),
        )
    except (TypeError, KeyError, ValueError, AttributeError, IndexError):
        return None


def believed_in_words(found: Believed) -> str:
    """Which method did best at what, and that it need not be the same."""
    names = {name: _(title) for name, title in found.best.items()}
    if found.words:
        said = _(
            "On {sentences:,} test sentences of at most {words} words, “{method}” agrees best with what "
            "people say of single words.",
            sentences=found.sentences,
            words=found.words,
            method=names["auc"],
        )
    else:
        said = _(
            "On {sentences:,} test sentences, “{method}” agrees best with what people say of single words.",
            sentences=found.sentences,
            method=names["auc"],
        )
    if names["keep"] == names["drop"]:
        said += _(
            " The answer falls most without the words that “{method}” names, and most of it stays with these "
            "alone.",
            method=names["drop"],
        )
    else:
        said += _(
            " The answer falls most without the words that “{method}” names; most of it stays with those of "
            "“{other}” alone.",
            method=names["drop"],
            other=names["keep"],
        )
    return said + (_attention_in_words(found, *found.attention) if found.attention else "")


def _attention_in_words(found: Believed, agrees: int, rests: int) -> str:
    """Where attention stands among the methods, in agreement with people and as what the answer rests on."""
    places: dict[str, Any] = {
        "agrees": agrees,
        "rests": rests,
        "count": sum(1 for row in found.rows if row[1]),
    }
    if found.supervised:
        said = _(
            " Attention, which was trained to look at such words, is number {agrees} of {count} in agreement "
            "and number {rests} in the first test",
            **places,
        )
    else:
        said = _(
            " Attention, which was not trained to look at such words, is number {agrees} of {count} in "
            "agreement and number {rests} in the first test",
            **places,
        )
    if rests - agrees > 1:
        return said + _(": to look where people do is one thing, to rest on it another.")
    return f"{said}."
