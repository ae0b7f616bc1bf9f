"""Frames of the softmax page: logits, the terms they are sums of, probabilities, candidates."""

from collections.abc import Sequence

import numpy as np

from rnnviz_core.languages import N_, _
from rnnviz_core.tracing.trace import Trace

from .columns import Columns, Texts
from .numbers import printed
from .tokens import entropy, shown, step_columns, step_texts, tick_texts

BIAS = N_("bias")
PIECES = (N_("the token output"), N_("the best other token"))
NAME = 0.058  # of the probability axis: the height of a class's name beside the lines
PUSHES = (N_("pushes down"), N_("pushes up"))


def classes(trace: Trace) -> Columns:
    """One row per class, worst first: ``class``, ``number``, ``logit``, ``probability``."""
    return {
        "class": trace.labels["class"],
        "number": np.arange(len(trace.labels["class"]), dtype=np.int16),
        "logit": trace["readout.logits"],
        "probability": trace["readout.probabilities"],
    }


def classes_in_words(trace: Trace) -> str:
    """Softmax of the most probable class, written out in the one form that never overflows."""
    best = int(trace["readout.probabilities"].argmax())
    logits = trace["readout.logits"].astype(np.float64)
    whole = np.exp(logits - logits[best]).sum()
    return _(
        "The largest logit is that of {name}: {logit}. With it taken off every logit, {name} has "
        "exp(0) = 1 and all classes together {total:.3f}, so its probability is 1 / {total:.3f} "
        "= {share:.1%}.",
        name=_(trace.labels["class"][best]),
        logit=printed(logits[best]),
        total=whole,
        share=trace["readout.probabilities"][best],
    )


def terms(trace: Trace, *beside: Trace) -> Columns:
    """One row per class and summand of its logit, the largest first.

    ``name`` is ``unit 12`` or ``bias``, ``unit`` its number (-1 of the bias), ``rank`` the place within the
    class, ``kind`` says which way it pushes. ``total`` (on every row) writes out the sum, ``high`` and
    ``low`` are the ends of the axis, which fit the same class of the traces drawn `beside` it, too.
    """
    names = trace.labels["class"]
    return _sorted(_summands(trace), names, [_ends(name, trace, *beside) for name in names])


def _sorted(values: np.ndarray, names: Sequence[str], ends: Sequence[tuple[float, float]]) -> Columns:
    """The rows of `terms` for summands (class, unit + 1), the bias last."""
    count, size = values.shape
    order = np.argsort(-values, axis=1, kind="stable")
    ranked = np.take_along_axis(values, order, axis=1)
    number = np.repeat(np.arange(count, dtype=np.int16), size)
    up, down = ranked.clip(min=0).sum(1), ranked.clip(max=0).sum(1)
    return {
        "class": Texts(number, names),
        "name": Texts(
            order.reshape(-1).astype(np.int16),
            [*(_("unit {unit}", unit=u) for u in range(size - 1)), _(BIAS)],
        ),
        "unit": np.where(order == size - 1, -1, order).reshape(-1).astype(np.int16),
        "rank": np.tile(np.arange(size, dtype=np.int16), count),
        "term": ranked.reshape(-1),
        "running": ranked.cumsum(1).reshape(-1),
        "kind": Texts((ranked > 0).reshape(-1).astype(np.int8), PUSHES),
        "total": Texts(
            number,
            [
                _(
                    "up {up}, down {down}: logit {logit}",
                    up=printed(u, "+.2f"),
                    down=printed(d, "+.2f"),
                    logit=printed(u + d, "+.2f"),
                )
                for u, d in zip(up, down, strict=True)
            ],
        ),
        "high": np.repeat([high for _, high in ends], size),
        "low": np.repeat([low for low, _ in ends], size),
    }


def piece_summands(trace: Trace, step: int, weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Translation: what adds up to the logits of the piece written and of the best other, (2, dim + 1).

    `weights` (vocab, dim) and `bias` (vocab) are the output layer's: the vector that the step reads out is
    compared with the embedding of every piece.
    """
    ids = list(_rivals(trace, step))
    return np.concatenate([weights[ids] * trace["readout.vector"][step], bias[ids, None]], axis=1)


def piece_terms(summands: np.ndarray, *beside: np.ndarray) -> Columns:
    """`terms` of `PIECES`, from `piece_summands`; the axis fits those drawn `beside` them, too."""
    every = (summands, *beside)
    ends = (float(min(one.min() for one in every)), float(max(one.max() for one in every)))
    return _sorted(summands, PIECES, [ends, ends])


def pieces_in_words(trace: Trace, step: int, summands: np.ndarray) -> str:
    """The two pieces with their logits, and the units that make the difference."""
    first, second = (shown(trace.labels["vocab"][number]) for number in _rivals(trace, step))
    difference = summands[0] - summands[1]
    most = np.argsort(-difference, kind="stable")[:3]
    names = [_("unit {unit}", unit=unit) if unit < len(difference) - 1 else _(BIAS) for unit in most]
    pushes = [f"{name} ({printed(difference[unit], '+.2f')})" for name, unit in zip(names, most, strict=True)]
    one, two = summands.sum(1)
    return _(
        "Step {step}: “{first}” was output with logit {one}; the best alternative is “{second}”, "
        "{two}. Largest contributions to the first and against the second: {pushes}.",
        step=step,
        first=first,
        one=printed(one),
        second=second,
        two=printed(two),
        pushes=", ".join(pushes),
    )


def _rivals(trace: Trace, step: int) -> tuple[int, int]:
    """The piece written at a step, and the most probable other one."""
    written, logits = trace.tokens["target"][step].id, trace["readout.logits"][step].copy()
    logits[written] = -np.inf
    return written, int(logits.argmax())


def _summands(trace: Trace) -> np.ndarray:
    """What adds up to every class's logit: the units' terms and, last, the bias, (class, unit + 1)."""
    return np.concatenate([trace["readout.terms"], trace["readout.bias"][:, None]], axis=1)


def _ends(name: str, *traces: Trace) -> tuple[float, float]:
    """The smallest and the largest summand of a class over traces, as far as they know it."""
    rows = [
        _summands(trace)[trace.labels["class"].index(name)]
        for trace in traces
        if name in trace.labels["class"]
    ]
    return float(min(row.min() for row in rows)), float(max(row.max() for row in rows))


def strongest(trace: Trace) -> str:
    """The class with the largest probability."""
    return trace.labels["class"][int(trace["readout.probabilities"].argmax())]


def verdicts(trace: Trace) -> Columns:
    """One row per token and class: step columns, ``class``, ``probability`` if the text ended there."""
    texts, names = step_texts(trace, "encoder"), trace.labels["class"]
    position = np.repeat(np.arange(len(texts), dtype=np.int16), len(names))
    return {
        "position": position,
        "tick": Texts(position, tick_texts(texts)),
        "token": Texts(position, texts),
        "class": Texts(np.tile(np.arange(len(names), dtype=np.int16), len(texts)), names),
        "probability": trace["readout.prefix_probabilities"].reshape(-1),
    }


def ends(trace: Trace) -> Columns:
    """One row per class: where its line of `verdicts` ends, and ``spot``, the place of its name beside it.

    Names that would lie on each other move apart, as little as needed, in the order of their lines. Of many
    classes the most probable ones are named.
    """
    texts, last = step_texts(trace, "encoder"), trace["readout.prefix_probabilities"][-1].astype(np.float64)
    named = np.sort(np.argsort(-last, kind="stable")[: int(1 / NAME)])
    names, last = [trace.labels["class"][number] for number in named], last[named]
    order = np.argsort(last, kind="stable")
    spot, rank = np.empty(len(last)), np.arange(len(last))
    # Less its place among the names, each must not fall behind the one below it: the nearest such row of
    # numbers is that of isotonic regression.
    spot[order] = (
        np.clip(_rising(last[order] - NAME * rank), NAME / 2, 1 - NAME * (len(last) - 0.5)) + NAME * rank
    )
    at = np.full(len(names), len(texts) - 1, dtype=np.int16)
    return {
        "position": at,
        "tick": Texts(np.zeros(len(names), dtype=np.int16), tick_texts(texts)[-1:]),
        "class": names,
        "probability": last,
        "spot": spot,
    }


def _rising(values: np.ndarray) -> np.ndarray:
    """The non-decreasing row nearest to `values` (pool adjacent violators)."""
    blocks: list[list[float]] = []
    for value in values:
        blocks.append([float(value)])
        while len(blocks) > 1 and np.mean(blocks[-2]) > np.mean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    return np.concatenate([np.full(len(block), np.mean(block)) for block in blocks])


def verdict_in_words(trace: Trace, position: int) -> str:
    """What it would say after one token and after the one before, and where the verdict moved most."""
    shares, names = trace["readout.prefix_probabilities"].astype(np.float64), trace.labels["class"]
    texts = step_texts(trace, "encoder")

    best = shares.argmax(1)

    def after(step: int) -> str:
        return _(
            "{answer} ({share:.1%}) after “{token}”",
            answer=_(names[best[step]]),
            share=shares[step, best[step]],
            token=texts[step],
        )

    if position:
        said = _(
            "The verdict is {verdict}; one token earlier it was {before}",
            verdict=after(position),
            before=after(position - 1),
        )
    else:
        said = _("The verdict is {verdict}", verdict=after(position))
    moved = np.abs(np.diff(shares, axis=0)).sum(1) / 2
    if len(moved):
        most = int(moved.argmax()) + 1
        said += _(
            ". Most moved at “{token}” (step {step}): {share:.1%} of the probability",
            token=texts[most],
            step=most,
            share=moved.max(),
        )
    return said + "."


def steps(trace: Trace) -> Columns:
    """Translation: one row per step of the decoder.

    ``probability`` of the piece it wrote, ``entropy`` of all pieces in bits, and ``choices``: over
    how many equally probable pieces a distribution would be as uncertain.
    """
    shares = trace["readout.probabilities"]
    written = [token.id for token in trace.tokens["target"]]
    bits = entropy(shares)
    return {
        **step_columns([shown(token.text) for token in trace.tokens["target"]]),
        "probability": shares[np.arange(len(written)), written],
        "entropy": bits,
        "choices": 2.0**bits,
    }


def candidates(trace: Trace, step: int, named: int = 12) -> Columns:
    """Translation: one row per piece of the vocabulary at one step, the most probable first.

    The chart needs every logit for an exact temperature, but names the first `named` pieces only.
    """
    logits = trace["readout.logits"][step]
    order = np.argsort(-logits, kind="stable")
    texts = [shown(trace.labels["vocab"][number]) for number in order[:named]]
    rank = np.arange(len(order), dtype=np.int32)
    return {
        "rank": rank,
        "piece": Texts(np.minimum(rank, len(texts)).astype(np.int8), [*texts, ""]),
        "logit": logits[order],
        "written": order == trace.tokens["target"][step].id,
    }


def named_candidates(trace: Trace, step: int, named: int = 12) -> Columns:
    """The named rows of `candidates` with their probabilities, for a table."""
    rows = candidates(trace, step, named)
    texts = rows["piece"]
    assert isinstance(texts, Texts)
    shares = np.sort(trace["readout.probabilities"][step])[::-1]
    cut: dict[str, np.ndarray | Sequence[str]] = {
        name: np.asarray(rows[name])[:named] for name in ("rank", "logit", "written")
    }
    return {**cut, "piece": list(texts.texts[:-1]), "probability": shares[:named]}


def candidates_in_words(trace: Trace, step: int) -> str:
    """What it output at a step, how sure it was, and the best pieces it did not write."""
    step = min(step, len(trace.tokens["target"]) - 1)
    shares, written = trace["readout.probabilities"][step], trace.tokens["target"][step]
    others = [number for number in np.argsort(-shares, kind="stable")[:4] if number != written.id][:3]
    rest = ", ".join(
        _("“{text}” {share:.1%}", text=shown(trace.labels["vocab"][number]), share=shares[number])
        for number in others
    )
    given = _("“{text}” ({share:.1%})", text=shown(written.text), share=shares[written.id])
    return _(
        "Step {step}: the decoder outputs {given}. Next best: {others}.", step=step, given=given, others=rest
    )
