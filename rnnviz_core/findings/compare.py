"""Two traces side by side: what the change of text or of network did to the answer, and where they part."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

from rnnviz_core.frames.layer import Layer
from rnnviz_core.frames.series import forecasts
from rnnviz_core.frames.tokens import shown, step_texts
from rnnviz_core.languages import _, in_quotes, terms
from rnnviz_core.tracing.trace import Trace

from .record import Finding, Where
from .verdict import last_turn
from .wording import names, number, percent, sentence

STAYS = 0.5  # of the largest distance, when all is read: half of it is still there
MEETS = 0.1  # a tenth of it: hardly anything is
WORDS = 3  # tokens of a change that a claim quotes


@dataclass(frozen=True)
class Change:
    """How the other text differs from the first, where it does so in one place."""

    words: str  # what the other text reads: ``without “not”``, ``with “bad” for “good”``
    start: int  # the first token of the first text that the other does not share, or the one after it
    pairs: tuple[tuple[int, int], ...]  # tokens that both share, as (place in the first, place in the other)


def compare(trace: Trace, other: Trace) -> tuple[Finding, ...]:
    """What stands out between two traces, in the order of telling.

    Parameters
    ----------
    trace, other
        The first is the one that a claim begins with; ``where`` leads to it. They are of one network that
        read two texts, or of two networks that read one.

    Returns
    -------
    tuple of Finding
        Empty where the two cannot be compared: both the text and the network differ, or the tasks.
    """
    if trace.meta.get("task") != other.meta.get("task") or forecasts(trace) != forecasts(other):
        return ()
    same_text, same_model = trace.text == other.text, trace.model == other.model
    if same_text == same_model:
        return ()
    return tuple(_networks(trace, other) if same_text else _texts(trace, other))


def _texts(trace: Trace, other: Trace) -> Iterator[Finding]:
    """One network, two texts: the answers, and how far the states part."""
    axis = trace.time_axis("encoder")
    change = changed([t.text for t in trace.tokens[axis]], [t.text for t in other.tokens[axis]])
    # Translators: heads a clause, as “without “not”” does: “on the other text it writes the same”.
    other_reads = change.words if change else _("on the other text")
    apart = parting(trace, other, change) if change else None
    if "readout.logits" in trace and "class" in trace.labels:
        yield _answers(trace, other, other_reads, apart)
    elif "vocab" in trace.labels:
        yield _translations(trace, other, other_reads, apart)
    elif forecasts(trace):
        told, its = float(trace.meta["forecast"]), float(other.meta["forecast"])
        said = _(
            "on the other series it expects {other} next, on this one {own}",
            other=number(its),
            own=number(told),
        )
        numbers = {"forecast": told, "other": its}
        yield Finding("forecasts", sentence(said), numbers, Where("softmax", "forecast"), 0.9)


def changed(one: list[str], other: list[str]) -> Change | None:
    """The one place in which two lists of tokens differ; None where there are several."""
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    edits = [block for block in blocks if block[0] != "equal"]
    if len(edits) != 1:
        return None
    kind, start, end, left, right = edits[0]
    if max(end - start, right - left) > WORDS:
        return None
    gone, come = (in_quotes(shown("".join(part))) for part in (one[start:end], other[left:right]))
    # Translators: how the other text differs; heads a clause: “without “not” the verdict is positive”.
    if kind == "delete":
        words = _("without {gone}", gone=gone)
    elif kind == "insert":
        words = _("with {come} added", come=come)
    else:
        words = _("with {come} for {gone}", come=come, gone=gone)
    pairs = tuple(
        (place, place - begin + there)
        for name, begin, stop, there, _end in blocks
        if name == "equal"
        for place in range(begin, stop)
    )
    return Change(words, start, pairs)


def distances(trace: Trace, other: Trace, change: Change) -> list[tuple[int, float]]:
    """How far the states of the last layer are apart after each shared token that follows the change."""
    at = Layer("encoder", trace.layers("encoder") - 1)
    mine, its = (one[at.site("hidden")].astype(np.float64) for one in (trace, other))
    after = [pair for pair in change.pairs if pair[0] >= change.start]
    return [(place, float(np.linalg.norm(mine[place] - its[there]))) for place, there in after]


def parting(trace: Trace, other: Trace, change: Change) -> tuple[str, dict[str, float], int] | None:
    """Where the states are furthest apart behind the change, and at the end: words, numbers, step."""
    if not trace.layers("encoder") or trace.reverses("encoder"):
        return None
    if not (found := distances(trace, other, change)):
        return None
    step, most = max(found, key=lambda pair: pair[1])
    last, end = found[-1]
    if number(most) == "0.00":
        return None
    words = {"token": names(trace, "encoder")[step], "distance": number(most)}
    if step == last:
        said = _("the states are furthest apart after {token}, by {distance}", **words)
        return said, {"apart": most}, step
    words["end"] = number(end)
    if end >= STAYS * most:
        said = _(
            "the states are furthest apart after {token}, by {distance}, and stay apart ({end} at the end)",
            **words,
        )
    elif end <= MEETS * most:
        said = _(
            "the states are furthest apart after {token}, by {distance}, and come together again ({end} at "
            "the end)",
            **words,
        )
    else:
        said = _(
            "the states are furthest apart after {token}, by {distance}, and come nearer ({end} at the end)",
            **words,
        )
    return said, {"apart": most, "at_end": end}, step


def _best(trace: Trace) -> tuple[str, float]:
    """The answer, as a claim calls it, and its probability."""
    shares = trace["readout.probabilities"]
    best = int(shares.argmax())
    return terms.class_name(trace.labels["class"][best]), float(shares[best])


def _answers(
    trace: Trace, other: Trace, other_reads: str, apart: tuple[str, dict[str, float], int] | None
) -> Finding:
    (mine, own), (its, share) = _best(trace), _best(other)
    told = {
        "change": other_reads,
        "verdict": its,
        "share": percent(share),
        "here": mine,
        "here_share": percent(own),
    }
    if mine == its:
        said = _("{change} the verdict is still {verdict} ({share}; here {here}, {here_share})", **told)
    else:
        said = _("{change} the verdict is {verdict} ({share}; here {here}, {here_share})", **told)
    numbers = {"own": own, "other": share}
    where = Where("softmax", "classes")
    if apart:
        words, more, step = apart
        said, numbers = f"{said}; {words}", {**numbers, **more}
        where = Where("states", "path", "encoder", step, step_texts(trace, "encoder")[step])
    return Finding("texts", sentence(said), numbers, where, 1.0)


def _translations(
    trace: Trace, other: Trace, other_reads: str, apart: tuple[str, dict[str, float], int] | None
) -> Finding:
    mine, its = (str(one.meta["translation"]).strip() for one in (trace, other))
    if mine == its:
        said = _("{change} it outputs the same", change=other_reads)
    else:
        said = _("{change} it outputs “{translation}”", change=other_reads, translation=its)
    numbers: dict[str, float] = {}
    where = Where("softmax", "confidence", "decoder", axis="target")
    if apart:
        words, numbers, step = apart
        said = f"{said}; {words}"
        text = step_texts(trace, "encoder")[step]
        where = Where("states", "path", "encoder", step, text, axis=trace.time_axis("encoder"))
    return Finding("texts", sentence(said), numbers, where, 1.0)


def _networks(trace: Trace, other: Trace) -> Iterator[Finding]:
    """Two networks, one text: their answers, and from which token on they differ."""
    if (
        "readout.logits" in trace
        and "class" in trace.labels
        and trace.labels.get("class") == other.labels.get("class")
    ):
        yield _verdicts(trace, other)
    elif forecasts(trace):
        told, its = float(trace.meta["forecast"]), float(other.meta["forecast"])
        said = _(
            "{model} expects {forecast} next, {other_model} {other_forecast}",
            model=trace.model,
            forecast=number(told),
            other_model=other.model,
            other_forecast=number(its),
        )
        numbers = {"forecast": told, "other": its}
        yield Finding("forecasts", sentence(said), numbers, Where("softmax", "forecast"), 0.9)
    elif "vocab" in trace.labels:
        mine, theirs = (str(one.meta["translation"]).strip() for one in (trace, other))
        words = {"model": trace.model, "other_model": other.model, "translation": mine}
        if mine == theirs:
            said = _("{model} outputs “{translation}”, {other_model} the same", **words)
        else:
            said = _(
                "{model} outputs “{translation}”, {other_model} “{other_translation}”",
                other_translation=theirs,
                **words,
            )
        where = Where("softmax", "confidence", "decoder", axis="target")
        yield Finding("networks", f"{said}.", {}, where, 1.0)  # a network’s name keeps its small letter


def _verdicts(trace: Trace, other: Trace) -> Finding:
    (mine, own), (its, share) = _best(trace), _best(other)
    numbers: dict[str, float] = {"own": own, "other": share}
    where = Where("softmax", "verdicts")
    said = _(
        "{model} predicts {verdict} ({share}), {other_model} {other_verdict} ({other_share})",
        model=trace.model,
        verdict=mine,
        share=percent(own),
        other_model=other.model,
        other_verdict=its,
        other_share=percent(share),
    )
    paths = [one["readout.prefix_probabilities"].argmax(1) for one in (trace, other)]
    if len(paths[0]) == len(paths[1]):
        differ = np.flatnonzero(paths[0] != paths[1])
        step: int | None = None
        if mine != its:
            agreed = np.flatnonzero(paths[0] == paths[1])
            step = int(agreed[-1]) + 1 if len(agreed) else 0
            if step:
                token = names(trace, "encoder")[step]
                said = _("{claim}; they differ from {token} on", claim=said, token=token)
            else:
                said = _("{claim}; they differ after every token", claim=said)
        elif len(differ):
            said = _(
                "{claim}; on the way they differ after {differ} of {count} tokens",
                claim=said,
                differ=len(differ),
                count=len(paths[0]),
            )
            numbers |= {"differ": len(differ), "of": len(paths[0])}
            step = last_turn(trace)
        if step is not None:
            where = Where("softmax", "verdicts", "encoder", step, step_texts(trace, "encoder")[step])
    return Finding("networks", f"{said}.", numbers, where, 1.0)
