"""Frames of what attention hands on, number by number, and of what is read where there is none."""

from typing import Any

import numpy as np

from rnnviz_core.languages import _
from rnnviz_core.tracing.trace import Trace, layer_site

from . import memory
from .attention import quoted, row_names, rows, targets, translates
from .columns import Columns, Texts
from .layer import Layer
from .numbers import printed
from .tokens import called, grid_columns, one_step, step_columns, step_texts, tick_texts


def context(trace: Trace) -> Columns:
    """What attention hands on: step columns, ``unit``, ``value``.

    Translation: a column per target piece. Sentiment: a column per token, its weight times its state;
    a row sums to the context.
    """
    if translates(trace):
        texts, values = targets(trace), trace["attention.context"]
    else:
        texts, values = step_texts(trace, "encoder"), trace["attention.weights"][:, None] * keys(trace)
    return grid_columns(texts, values.shape[1], "unit", value=values)


def context_of_unit(trace: Trace, step: int, unit: int) -> Columns:
    """One row per source piece: ``value``, its weight times its state, ``weight``, ``state``, ``whole``.

    The values sum to ``whole``, the recorded context of this unit.
    """
    states, weights = keys(trace)[:, unit], rows(trace, "attention.weights")[step]
    whole = rows(trace, "attention.context")[step, unit]
    return {
        **step_columns(step_texts(trace, "encoder")),
        "value": weights * states,
        "weight": weights,
        "state": states,
        "whole": np.full(len(states), whole),
    }


def context_in_words(trace: Trace, step: int, unit: int) -> str:
    """The sum behind one number of the context, checked for all of them."""
    weights, states = rows(trace, "attention.weights"), keys(trace)
    whole = rows(trace, "attention.context")
    difference = np.abs(weights.astype(np.float64) @ states - whole).max()
    return _(
        "Unit {unit} for {quoted}: weight × state, summed over the tokens, is {total}; recorded "
        "is {recorded}. Largest difference over all {count:,} numbers: {difference:.1e}.",
        unit=unit,
        quoted=quoted(trace, step),
        total=printed(weights[step] @ states[:, unit], ".4f"),
        recorded=printed(whole[step, unit], ".4f"),
        count=whole.size,
        difference=difference,
    )


def largest(trace: Trace, step: int) -> int:
    """The unit whose number in the context is farthest from zero."""
    return int(np.abs(rows(trace, "attention.context")[step]).argmax())


def keys(trace: Trace) -> np.ndarray:
    """The states that attention looks at: the last layer's, both directions side by side, (source, unit).

    Without recurrence the embeddings, of which the mean is read.
    """
    last = trace.layers("encoder") - 1
    if last < 0:
        return trace["encoder.embedding"]
    sides = (False, True) if trace.reverses("encoder") else (False,)
    return np.concatenate(
        [trace[layer_site("encoder", last, "hidden", reverse=side)] for side in sides], axis=1
    )


def verdict(trace: Trace, weights: np.ndarray) -> Columns:
    """Sentiment: one row per token and class: what the token adds to the class's logit, ``value``.

    `weights` are the output layer's, (class, unit). The logit is the sum over the tokens and the bias,
    which stands last; ``total`` writes the sum out. A mean gives all tokens the same weight.
    """
    texts, names = step_texts(trace, "encoder"), trace.labels["class"]
    say = keys(trace) @ weights.T
    shares = trace["attention.weights"][:, None] if "attention.weights" in trace else 1 / len(say)
    adds = np.vstack([shares * say, trace["readout.bias"]])
    position = np.tile(np.arange(len(texts) + 1, dtype=np.int16), len(names))
    number = np.repeat(np.arange(len(names), dtype=np.int16), len(texts) + 1)
    texts = [*texts, _("(bias)")]
    return {
        "position": position,
        "tick": Texts(position, tick_texts(texts)),
        "token": Texts(position, texts),
        "class": Texts(number, names),
        "value": adds.T.reshape(-1),
        "total": Texts(
            number, [_("together: logit {logit}", logit=printed(total, "+.2f")) for total in adds.sum(0)]
        ),
    }


def mean_in_words(trace: Trace, weights: np.ndarray) -> str:
    """Without recurrence: which token contributes most to the predicted class, whatever its sign."""
    texts, best = step_texts(trace, "encoder"), int(trace["readout.probabilities"].argmax())
    adds = keys(trace) @ weights[best] / len(texts)
    most = int(np.abs(adds).argmax())
    values = {
        "answer": _(trace.labels["class"][best]),
        "token": texts[most],
        "value": printed(adds[most], "+.2f"),
    }
    if len(texts) == 1:
        return _(
            "Every token counts alike, all of the mean. "
            "For “{answer}”, “{token}” has the largest contribution: {value}.",
            **values,
        )
    return _(
        "Every token counts alike, 1/{count} of the mean. "
        "For “{answer}”, “{token}” has the largest contribution: {value}.",
        count=len(texts),
        **values,
    )


def fixed(trace: Trace) -> Columns:
    """Without attention: the one list of numbers that is read instead: ``unit``, ``value``.

    Where a trace does not say what is read, it is the last layer's state after its last step.
    """
    name = "encoder.context" if translates(trace) else "readout.vector"
    values = trace[name] if name in trace else _last_state(trace)
    return {"unit": np.arange(len(values), dtype=np.int16), "value": values}


def _last_state(trace: Trace) -> np.ndarray:
    """What the last layer holds when it has read all of it, both directions one after the other."""
    last = trace.layers("encoder") - 1
    sides = (False, True) if trace.reverses("encoder") else (False,)
    found = [trace[Layer("encoder", last, side).site("hidden")][0 if side else -1] for side in sides]
    return np.concatenate(found)


def left_at_the_end(trace: Trace) -> Columns | None:
    """Without attention: what is left of each token in the state that is read; None for a plain RNN.

    Step columns, and the lengths ``written`` and ``left``, over both directions of the last layer.
    """
    if memory.state_name(trace) is None:
        return None
    last, steps = trace.layers("encoder") - 1, len(step_texts(trace, "encoder"))
    found: list[dict[str, Any]] = []
    for side in (False, True) if trace.reverses("encoder") else (False,):
        place = Layer("encoder", last, side)
        found.append(memory.in_norm(memory.ledger(trace, place, 0 if side else steps - 1)))
    for one in found:  # of a part of a longer run there is also what came before it: no step of this one
        own = np.asarray(one["position"]) >= 0
        one["written"], one["left"] = one["written"][own], one["left"][own]
    written, left = (np.sqrt(sum(one[name] ** 2 for one in found)) for name in ("written", "left"))
    share = np.divide(left, written, out=np.zeros_like(left), where=written > 0)
    return {**step_columns(step_texts(trace, "encoder")), "written": written, "left": left, "share": share}


def left_in_words(rows: Columns) -> str:
    """The tokens of which most and least is left, for a reader who cannot see the bars."""
    left = np.asarray(rows["left"])
    most, least, tokens = int(left.argmax()), int(left.argmin()), list(rows["token"])
    return _(
        "Most is left of {first} ({most:.2f}), least of {second} ({least:.2f}).",
        first=called(tokens, most),
        most=left[most],
        second=called(tokens, least),
        least=left[least],
    )


def chosen(trace: Trace, step: int, unit: int) -> Columns:
    """The ring around one number of `context`; no row for sentiment, where a column is a token."""
    if translates(trace):
        return one_step(targets(trace), step, unit=unit)
    return {name: column[:0] for name, column in one_step(row_names(trace), 0, unit=unit).items()}
