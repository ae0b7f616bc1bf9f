"""Six questions of somebody who sees such a network for the first time, each answered from the trace.

The answers are findings where something stands out, else a plain fact. `ui.views.start` shows them.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from rnnviz_core.frames import memory
from rnnviz_core.frames.layer import Layer, layers
from rnnviz_core.frames.series import forecasts
from rnnviz_core.frames.tokens import shown, step_texts
from rnnviz_core.languages import _, ngettext, terms
from rnnviz_core.tracing.trace import Trace

from .collect import findings
from .record import Where, place
from .wording import number, of_words, percent, sentence, steps

VERDICTS = "readout.prefix_probabilities"
MOST = 2  # sentences of an answer
STRIP = 24  # steps whose numbers stand in one strip


@dataclass(frozen=True)
class Answer:
    """One question, what the trace says to it, and where the app shows it."""

    question: str
    claims: tuple[str, ...]  # one or two sentences
    where: Where
    try_this: str
    strip_title: str = ""  # what `strip` holds
    strip: tuple[tuple[str, float], ...] = ()  # a number for every step of a text that is not long


def first_steps(trace: Trace) -> dict[str, Answer]:
    """The six questions by name: ``type``, ``step``, ``gate``, ``memory``, ``attention``, ``softmax``.

    Parameters
    ----------
    trace
        One that a network of this project made. Every claim holds for this trace.
    """
    return {name: make(trace) for name, make in STEPS.items()}


def _told(trace: Trace, *kinds: str) -> list[tuple[str, Where]]:
    """The strongest finding of each kind that there is, in the order of the kinds."""
    found = []
    for kind in kinds:
        one = next((one for one in findings(trace) if one.kind == kind), None)
        if one:
            found.append((one.claim, one.where))
    return found


def _answer(
    question: str, found: "list[tuple[str, Where]]", fact: "Iterator[tuple[str, Where]]", try_this: str
) -> Answer:
    """What stands out, else the plain fact."""
    told = found[:MOST] or [next(fact)]
    return Answer(question, tuple(dict.fromkeys(claim for claim, _where in told)), told[0][1], try_this)


def _with_strip(answer: Answer, title: str, names: "Iterable[str]", values: "Iterable[float]") -> Answer:
    """An answer with a number for every step; of a long text without."""
    strip = tuple((name, float(value)) for name, value in zip(names, values, strict=True))
    return replace(answer, strip_title=title, strip=strip) if len(strip) <= STRIP else answer


def _written_layer(trace: Trace) -> Layer:
    """The first recurrent layer: what reads the input itself."""
    return layers(trace)[0]


def read(trace: Trace) -> Answer:
    """What the network reads."""
    vectors, question = trace["encoder.embedding"], _("What does the network read?")
    count, size = vectors.shape
    if forecasts(trace):
        said = _("{count} numbers, one per step", count=count) if count > 1 else _("one number")
        where = Where("embeddings", "numbers", "encoder", 0, "", axis=trace.time_axis("encoder"))
        return Answer(question, (sentence(said),), where, _("Change the last number."))
    said = ngettext(
        "{n} token; each becomes a vector of {size} numbers, its embedding",
        "{n} tokens; each becomes a vector of {size} numbers, its embedding",
        count,
        size=size,
    )
    where = Where("embeddings", "vectors", "encoder", None, "", axis=trace.time_axis("encoder"))
    return Answer(
        question,
        (sentence(said),),
        where,
        _("Type a sentence of your own, then put one word in another place."),
    )


def moved(trace: Trace) -> Answer:
    """Which step changes most."""

    def fact() -> Iterator[tuple[str, Where]]:
        if not layers(trace):
            yield _("Nothing is carried from step to step."), Where("embeddings", "vectors")
            return
        at = _written_layer(trace)
        values, along = trace[at.site("hidden")].astype(np.float64), steps(trace, at)
        first = trace[at.site("initial_hidden")][None].astype(np.float64)
        order = list(along.order)
        way = np.diff(np.concatenate([first, values[order]]), axis=0)
        far = np.linalg.norm(way, axis=1)
        step = order[int(far.argmax())]
        said = _(
            "the hidden state moves most {at_token} by {distance}",
            at_token=along.at(step),
            distance=number(far.max()),
        )
        yield sentence(said), place(trace, at, "states", "changes", step, along.texts[step])

    kinds = ("turn", "steady", "change", "hesitated", "sure", "furthest_off")
    answer = _answer(
        _("What changes from step to step?"),
        _told(trace, *kinds),
        fact(),
        _("Step through the picture with ← and →, and watch where it changes."),
    )
    if VERDICTS not in trace:
        return answer
    label = int(trace["readout.logits"].argmax())
    title = _(
        "Probability of {class_name} after each token",
        class_name=terms.class_name(trace.labels["class"][label]),
    )
    return _with_strip(answer, title, step_texts(trace, "encoder"), trace[VERDICTS][:, label])


def gates(trace: Trace) -> Answer:
    """What the gates did; that a plain RNN has none."""
    question = _("What do the gates do?")
    if not layers(trace):
        said = _("this network has no cell, and so it has no gates: it averages the embeddings of all tokens")
        where = Where("gates", "maps")
        return Answer(question, (sentence(said),), where, _("Choose an LSTM or a GRU instead."))
    at = _written_layer(trace)
    cell = trace.definition(at.part)
    names = tuple(name for name in cell.gate_names if name != "candidate")
    if not names:
        where = place(trace, at, "gates", "maps", None, "")
        said = _("this is a plain RNN: it has no gates, and computes its whole state anew at every step")
        return Answer(question, (sentence(said),), where, _("Choose an LSTM or a GRU instead."))

    def fact() -> Iterator[tuple[str, Where]]:
        name = names[0]
        mean = float(trace[at.site(name)].astype(np.float64).mean())
        said = _(
            "over all steps and units the {gate} gate is open {mean} on average (0 shut, 1 open)",
            gate=terms.gate(name),
            mean=number(mean),
        )
        yield sentence(said), place(trace, at, "gates", "maps", None, "")

    kinds = ("forgetting", *(f"{name}_gate" for name in reversed(names)), "keeping")
    found = [
        (one.claim, one.where)
        for kind in kinds
        for one in findings(trace)
        if one.kind == kind and one.where.layer == at.name
    ]
    answer = _answer(question, found, fact(), _("Replace that word: does its gate open again?"))
    name = next((name for name in ("forget", "update") if name in names), names[0])
    values = trace[at.site(name)].astype(np.float64)
    title = _(
        "The {gate} gate at each step, mean over {count} units", gate=terms.gate(name), count=values.shape[1]
    )
    return _with_strip(answer, title, step_texts(trace, at.part), values.mean(1))


def kept(trace: Trace) -> Answer:
    """What is left of what was read."""
    question = _("What is remembered?")
    if not layers(trace):
        said = _("this network has no memory apart from the mean of what it read: order is lost")
        where = Where("softmax", "verdicts")
        return Answer(question, (sentence(said),), where, _("Put the words in another order."))
    at = _written_layer(trace)
    if memory.state_name(trace, at.part) is None:
        where = place(trace, at, "states", "maps", None, "")
        said = _(
            "a plain RNN has no memory apart from its state: all of it goes through the cell at every step"
        )
        return Answer(question, (sentence(said),), where, _("Compare it with an LSTM."))

    def fact() -> Iterator[tuple[str, Where]]:
        along = steps(trace, at)
        found = memory.in_norm(memory.ledger(trace, at, along.last))
        first = next(iter(along.order))
        row = list(found["position"]).index(first) if first in found["position"] else 0
        share = float(found["share"][row])
        said = _(
            "of what {token} wrote, {share} is left after the last step",
            token=along.names[first],
            share=percent(share),
        )
        yield sentence(said), place(trace, at, "states", "ledger", along.last, along.texts[along.last])

    found = [
        (one.claim, one.where)
        for kind in ("trail", "left", "reach")
        for one in findings(trace)
        if one.kind == kind and one.where.layer == at.name
    ]
    return _answer(question, found, fact(), _("Write a longer beginning: what is still left of it?"))


def looked(trace: Trace) -> Answer:
    """Where attention looks; what is read where there is none."""
    question = _("Where does it look back?")
    if "attention.weights" not in trace:
        if trace.layers("decoder"):
            said = _(
                "this network has no attention: every step of the decoder is made from the encoder’s last "
                "state"
            )
        elif layers(trace):
            said = _("this network has no attention: its answer is made from the encoder’s last state")
        else:
            said = _("this network has no attention: its answer is made from the mean of all embeddings")
        where = Where("attention", "instead", "encoder", None, "", axis=trace.time_axis("encoder"))
        try_this = _("Choose a model with attention, if there is one.")
        return Answer(question, (sentence(said),), where, try_this)

    def fact() -> Iterator[tuple[str, Where]]:
        weights = np.atleast_2d(trace["attention.weights"]).astype(np.float64)
        step, at = np.unravel_index(int(weights.argmax()), weights.shape)
        one = trace["attention.weights"].ndim == 1
        axis = "time" if one else "source"
        name = of_words(trace, axis)[int(at)]
        said = _(
            "the largest attention weight is that of {token}: {share}",
            token=name,
            share=percent(float(weights.max())),
        )
        if one:
            yield sentence(said), Where("attention", "weights", "encoder", int(at), "", axis=axis)
        else:
            yield sentence(said), Where("attention", "alignment", "decoder", int(step), "", axis="target")

    answer = _answer(
        question,
        _told(trace, "looked", "heaviest", "spread"),
        fact(),
        _("A weight says where it looked, not why it decided: see the ablation on that page."),
    )
    weights = trace["attention.weights"].astype(np.float64)
    if weights.ndim == 1:
        title = _("Attention weight of each token")
        return _with_strip(answer, title, step_texts(trace, "encoder"), weights)
    read = [shown(token.text) for token in trace.tokens["source"]]
    pairs = zip(trace.tokens["target"], weights.argmax(1), strict=True)
    names = [f"{shown(token.text)} ← {read[best]}" for token, best in pairs]
    return _with_strip(
        answer, _("Each target token, and the source token it looked at most"), names, weights.max(1)
    )


def chosen(trace: Trace) -> Answer:
    """How the numbers become an answer."""

    def fact() -> Iterator[tuple[str, Where]]:
        shares = trace["readout.probabilities"].astype(np.float64).max(-1)
        step = int(np.atleast_1d(shares).argmin())
        said = _(
            "its least sure step has a most probable token with {share}", share=percent(float(np.min(shares)))
        )
        yield sentence(said), Where("softmax", "confidence", "decoder", step, "", axis="target")

    return _answer(
        _("How sure is the answer?"),
        _told(trace, "choice", "hesitated", "sure", "expects"),
        fact(),
        _("Find the smallest change of the input that turns the answer."),
    )


STEPS: dict[str, Callable[[Trace], Answer]] = {
    "type": read,
    "step": moved,
    "gate": gates,
    "memory": kept,
    "attention": looked,
    "softmax": chosen,
}
