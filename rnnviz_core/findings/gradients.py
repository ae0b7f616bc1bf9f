"""What stands out in a gradient, on its way back, and in what words are said to be responsible for."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from rnnviz_core.frames.gradients import lengths, number, of_state, part_texts, road_lengths, shortcut, times
from rnnviz_core.frames.gradients import roads as both_roads
from rnnviz_core.frames.layer import Layer, layers
from rnnviz_core.languages import _, ngettext, numerals
from rnnviz_core.tracing.trace import Trace

from .record import Finding, Where, place
from .wording import median, names, of_layer, sentence
from .wording import steps as steps_of

PAGE = "gradients"
APART = 10.0  # times: a line of the grid; by less the words themselves differ
DEPENDS = 2.0  # times the median token
NARROWS = 0.5  # of what the median step leaves of a gradient's length
TWICE = 2.0  # one road beside the other
FADED = 0.1  # of a change: what is left is no more than a tenth
LASTS = 0.5  # of it: more than half is still there
AGREE = 2 / 3  # of the methods
EXPLODES = 100.0  # times as long as with its own weights: two lines of the grid


def findings(trace: Trace, gradient: Trace) -> Iterator[Finding]:
    """All that a gradient alone tells; `trace` is the recording, which may be the same object."""
    for part in ("encoder", "decoder"):
        if f"{part}.embedding_gradient" in gradient:
            yield from reach(trace, gradient, part)
    for at in layers(trace):
        if at.site("hidden_gradient") in gradient:
            yield from backwards(trace, gradient, at)
            yield from roads(trace, gradient, at)
            yield from straight(trace, gradient, at)


def reach(trace: Trace, gradient: Trace, part: str) -> Iterator[Finding]:
    """The token that the answer depends on most, and how the first one compares with the last."""
    values, called, texts = lengths(gradient, part), names(trace, part), part_texts(trace, part)
    if len(values) < 2:
        return
    where = Where(PAGE, "reach", part, axis=trace.time_axis(part))
    first, last, best = float(values[0]), float(values[-1]), int(values.argmax())
    low, high = sorted((first, last))
    if low > 0 and high >= APART * low:
        less, more = (0, len(values) - 1) if first < last else (len(values) - 1, 0)
        words = {
            "less": called[less],
            "times": times(high / low),
            "more": called[more],
            "low": number(low),
            "high": number(high),
        }
        # Translators: {times} is “12 times”.
        if less == 0:
            said = _(
                "a small change of {less}, the first step, moves the answer {times} less than one of {more}, "
                "the last ({low} against {high})",
                **words,
            )
        else:
            said = _(
                "a small change of {less}, the last step, moves the answer {times} less than one of {more}, "
                "the first ({low} against {high})",
                **words,
            )
        numbers = {"less": low, "more": high, "ratio": high / low}
        strength = min(0.9, 0.5 + 0.1 * float(np.log10(high / low)))
        yield Finding("vanished", sentence(said), numbers, _at(where, less, texts), strength, (less, more))
    typical = median(values)
    if len(values) > 2 and typical > 0 and values[best] >= DEPENDS * typical:
        said = _(
            "the answer depends most on {token}: a small change of it moves the answer {times} as much as "
            "one of the median step ({most} against {median})",
            token=called[best],
            times=times(values[best] / typical),
            most=number(float(values[best])),
            median=number(typical),
        )
        numbers = {"most": values[best], "median": typical, "ratio": values[best] / typical}
        yield Finding("depends", sentence(said), numbers, _at(where, best, texts), 0.5, (best,))


def _at(where: Where, step: int, texts: Sequence[str]) -> Where:
    return Where(where.page, where.section, where.part, step, texts[step], axis=where.axis)


def backwards(trace: Trace, gradient: Trace, at: Layer) -> Iterator[Finding]:
    """The step at which the gradient by the hidden state loses most on its way back."""
    along, values = steps_of(trace, at), of_state(gradient, at)
    order = list(along.order)
    way = values[order]
    if len(way) < 4 or not (way > 0).all():
        return
    kept = way[:-1] / way[1:]  # what each later step hands back
    step, typical = int(kept.argmin()), median(kept)
    if kept[step] > NARROWS * typical:
        return
    narrow, before = order[step + 1], order[step]
    said = _(
        "on its way back the gradient loses most where {token} was read: it is {after} long after that step "
        "and {before} after {token_before} before it",
        token=along.names[narrow],
        after=number(float(way[step + 1])),
        before=number(float(way[step])),
        token_before=along.names[before],
    )
    numbers = {"after": way[step + 1], "before": way[step], "kept": kept[step], "median": typical}
    where = place(trace, at, PAGE, "backwards", narrow, along.texts[narrow])
    yield of_layer(trace, at, "narrows", said, numbers, where, 0.5, (narrow, before))


def roads(trace: Trace, gradient: Trace, at: Layer) -> Iterator[Finding]:
    """By which of an LSTM's two roads more came back to the step that was read first."""
    if at.site("cell_gradient") not in gradient or trace.definition(at.part).extra:
        return
    ways = road_lengths(both_roads(trace, gradient, at))
    along = steps_of(trace, at)
    first = along.order[0]
    cell, hidden = (float(ways[name][first]) for name in ("through the cell alone", "by a hidden state"))
    said = _(
        "back to {token}, the step that is read first, {cell} came through the cell alone and {hidden} "
        "through the hidden state",
        token=along.names[first],
        cell=number(cell),
        hidden=number(hidden),
    )
    yield from _two(trace, at, "road", "roads", said, ("cell", cell), ("hidden", hidden), first)


def straight(trace: Trace, gradient: Trace, at: Layer) -> Iterator[Finding]:
    """Whether attention or the later states carried more back to the step that was read first."""
    if "attention.weights" not in trace or at.part != "encoder":
        return
    ways, along = shortcut(gradient, at), steps_of(trace, at)
    first = along.order[0]
    one, rest = (float(ways[name][first]) for name in ("straight", "through later states"))
    said = _(
        "to {token}, the step that is read first, {straight} comes straight back through attention and "
        "{later} through the later states",
        token=along.names[first],
        straight=number(one),
        later=number(rest),
    )
    yield from _two(trace, at, "straight", "shortcut", said, ("straight", one), ("later", rest), first)


def _two(
    trace: Trace,
    at: Layer,
    kind: str,
    section: str,
    said: str,
    one: tuple[str, float],
    other: tuple[str, float],
    step: int,
) -> Iterator[Finding]:
    """A claim on two lengths, where one is twice the other."""
    low, high = sorted((one[1], other[1]))
    if high <= 0 or high < TWICE * low or len(steps_of(trace, at)) < 2:
        return
    texts = steps_of(trace, at).texts
    where = place(trace, at, PAGE, section, step, texts[step])
    yield of_layer(trace, at, kind, said, dict((one, other)), where, 0.55, (step,))


def pairs(trace: Trace, at: Layer, gains: np.ndarray, state: str) -> Iterator[Finding]:
    """After how many steps a tenth of a change of the state is left, or that more than half stays."""
    middles = [float(np.median(np.diagonal(gains, -apart))) for apart in range(1, len(gains))]
    if not middles:
        return
    gone = next((apart for apart, left in enumerate(middles, 1) if left <= FADED), None)
    steps = len(middles)
    if gone is not None:
        left = middles[gone - 1]
        said = _faded(state, gone, number(left))
        numbers, strength = {"left": left, "steps": gone}, 0.5
    elif middles[-1] > LASTS:
        left = middles[-1]
        said = _lasting(state, steps, number(left))
        numbers, strength = {"left": left, "steps": steps}, 0.45
    else:
        return
    where = place(trace, at, PAGE, "pairs", None, "")
    said = _("{claim} (a change of length 1 in a random direction, median of all pairs)", claim=said)
    yield of_layer(trace, at, "fades", said, numbers, where, strength)


def _faded(state: str, steps: int, left: str) -> str:
    if state == "cell":
        return ngettext(
            "of a change of the cell state {left} is left after {n} step",
            "of a change of the cell state {left} is left after {n} steps",
            steps,
            left=left,
        )
    return ngettext(
        "of a change of the hidden state {left} is left after {n} step",
        "of a change of the hidden state {left} is left after {n} steps",
        steps,
        left=left,
    )


def _lasting(state: str, steps: int, left: str) -> str:
    words = {"left": left, "steps": steps}
    if state == "cell":
        return _("of a change of the cell state {left} is still there after all {steps} steps", **words)
    return _("of a change of the hidden state {left} is still there after all {steps} steps", **words)


def words(page: str, called: Sequence[str], values: Mapping[str, np.ndarray]) -> Iterator[Finding]:
    """The word that most methods name first, or that they name at least three different ones."""
    if len(called) < 2 or len(values) < 3:
        return
    best = [int(np.abs(row).argmax()) for row in values.values()]
    votes = {at: best.count(at) for at in best}
    most = max(votes, key=lambda at: votes[at])
    # The chosen word's place is one among words, not among the tokens of the address.
    where = Where(page, "words")
    numbers = {"votes": votes[most], "methods": len(best)}
    if votes[most] >= AGREE * len(best):
        told = {"count": len(best), "word": called[most]}
        odd = [name for name, at in zip(values, best, strict=True) if at != most]
        if not odd:
            said = _("all {count} methods name “{word}” first", **told)
        else:
            methods = _in_a_row([_(name) for name in odd])
            said = ngettext(
                "{votes} of {count} methods name “{word}” first; {methods} names another word",
                "{votes} of {count} methods name “{word}” first; {methods} name another word",
                len(odd),
                votes=votes[most],
                methods=methods,
                **told,
            )
        yield Finding("named", sentence(said), numbers, where, 0.5)
    elif len(votes) >= 3:
        said = _(
            "the {count} methods name {words} different words first; most of them “{word}”",
            count=len(best),
            words=len(votes),
            word=called[most],
        )
        yield Finding("split", sentence(said), {**numbers, "words": len(votes)}, where, 0.5)


def _in_a_row(names: Sequence[str]) -> str:
    """``occlusion and gradient``."""
    said, *more = names
    for name in more:
        said = _("{one} and {other}", one=said, other=name)
    return said


def exploding(trace: Trace, at: Layer, scaled: Mapping[str, float]) -> Iterator[Finding]:
    """The smallest factor at which the gradient by the recurrent weights explodes, or that none does it."""
    own, factors = scaled["1"], [name for name in scaled if float(name) > 1]
    if own <= 0 or not factors:
        return
    where = Where(PAGE, "exploding", at.part, layer=at.name, axis=trace.time_axis(at.part))
    for name in factors:
        if scaled[name] >= EXPLODES * own:
            said = _(
                "with its recurrent weights times {factor} the gradient by them is {times} as long ({scaled} "
                "against {own})",
                factor=numerals(name),
                times=times(scaled[name] / own),
                scaled=number(scaled[name]),
                own=number(own),
            )
            numbers = {"factor": float(name), "own": own, "scaled": scaled[name], "ratio": scaled[name] / own}
            yield Finding("explodes", sentence(said), numbers, where, 0.6)
            return
    longest = max(factors, key=lambda name: scaled[name])
    if scaled[longest] <= own:
        said = _(
            "no larger factor makes the gradient by the recurrent weights longer than its own weights do "
            "({own}): it does not explode",
            own=number(own),
        )
        yield Finding("held", sentence(said), {"own": own, "longest": scaled[longest]}, where, 0.5)
