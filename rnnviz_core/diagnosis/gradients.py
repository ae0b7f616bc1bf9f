"""Detectors that look at what comes back through time: the answer's gradient, and the states' Jacobians."""

import itertools
import math
from collections.abc import Iterator, Mapping

import numpy as np
import torch

from rnnviz_core.cells.jacobian import Step
from rnnviz_core.contracts.task import task_of
from rnnviz_core.derivatives.closed import steps_of
from rnnviz_core.derivatives.run import of_trace
from rnnviz_core.errors import RnnvizError
from rnnviz_core.languages import _, ngettext
from rnnviz_core.models.network import Network
from rnnviz_core.models.stacks import Stack
from rnnviz_core.tracing.trace import Trace, layer_site

from .evidence import row
from .symptoms import Measured, Symptom

STEPS = 10  # from which on a gradient has somewhere to vanish
EARLY = 0.1  # the first steps: this share of all
VANISHED = 1e-6  # of the strongest step's gradient; float32 rounds sums at 1e-7 of them
THOUSANDTH = 1e-3
EXPLODED = 1e3  # what a change of length 1 arrives as
BUDGET = 4e9  # multiplications for one layer: a second of one processor; of more, the last steps
TEXTS = 3  # that are differentiated: the longest
VANISHING, EXPLODING, IGNORED = "vanishing gradients", "exploding gradients", "readout ignores the state"


def of_network(model: Network, rows: list[Trace]) -> Iterator[Symptom | Measured]:
    """All findings on the gradients of one of this project's networks, on its longest recordings."""
    longest = sorted(rows, key=lambda trace: -len(trace["encoder.0.hidden"]))[:TEXTS]
    task = task_of(model)
    if task.rerun is None or task.quantities is None:
        yield Measured(VANISHING, _("this network names no number that could be differentiated"))
    else:
        yield from _answer(model, longest)
    for part, stack in model.stacks().items():
        for layer in range(stack.layers):
            for reverse in (False, True)[: stack.directions]:
                yield from of_layer(longest[0], stack, part, layer, reverse, vanishing=False)


def _answer(model: Network, rows: list[Trace]) -> Iterator[Symptom | Measured]:
    """What comes back from the answer; of several texts the one in which the least does is told."""
    direct: list[float] = []
    told: list[Symptom] = []
    for number, trace in enumerate(rows):
        try:
            found = of_trace(model, trace)
        except RnnvizError as error:
            yield Measured(VANISHING, _("not differentiated: {error}", error=error))
            return
        direct.append(outside(found))
        ends = ("embedding_gradient", "values_gradient")
        site = next((name for name in found if name.startswith("encoder.") and name.endswith(ends)), "")
        if not site:
            continue
        lengths = np.linalg.norm(found[site].reshape(len(found[site]), -1), axis=1)
        # Translators: {number} is what is differentiated, like “the logit of positive”; heads a claim.
        words = _("{number}, by what each step reads", number=_(found.meta["gradient"]["words"]))
        for one in of_lengths(lengths, words, {"site": "encoder.0"}, number if len(rows) > 1 else None):
            if isinstance(one, Symptom):
                told.append(one)
            else:
                yield one
    if told:
        yield max(told, key=lambda one: one.weight)
    yield Measured(
        IGNORED,
        _(
            "the answer's gradient by the states is {largest:.3g} at its largest; a finding is {limit:g}",
            largest=max(direct),
            limit=0,
        ),
        1.0 if max(direct) == 0 else 0.0,
    )
    if max(direct) == 0:
        yield ignored(_("On these inputs the answer's gradient by every state is exactly 0."), {})


def outside(found: Trace) -> float:
    """The largest derivative by a state of what reads the states from outside of their layers."""
    return max(
        (
            float(np.abs(found[name]).max(initial=0))
            for name in found
            if name.endswith("hidden_direct_gradient")
        ),
        default=0.0,
    )


def ignored(claim: str, where: dict[str, str], *, module: str = "", sure: str = "certain") -> Symptom:
    """The finding that the answer does not depend on a state; on those of `module`, inside a model."""
    return Symptom(
        IGNORED,
        claim,
        _(
            "The answer is made without the states of {module}: whatever the recurrent layers do, it stays "
            "what it is.",
            module=module,
        )
        if module
        else _(
            "The answer is made without the states: whatever the recurrent layers do, it stays what it is."
        ),
        _(
            "Check what the output layer reads (which of output, h_n and c_n, which step), whether its "
            "weights are 0, and whether something after it is saturated."
        ),
        sure,
        1.0,
        {},
        where,
    )


def of_lengths(
    lengths: np.ndarray, words: str, where: dict[str, str], sequence: int | None = None
) -> Iterator[Symptom | Measured]:
    """Whether a gradient vanishes towards the first steps.

    Parameters
    ----------
    lengths
        Of the derivative by what each step reads, (time).
    words
        Of what, by what.
    where, sequence
        Where to look.
    """
    if len(lengths) < STEPS:
        yield Measured(VANISHING, _few(len(lengths)))
        return
    early = max(1, int(len(lengths) * EARLY))
    strongest = float(lengths.max())
    if not np.isfinite(lengths).all() or strongest == 0:
        yield Measured(
            VANISHING,
            _("the gradient is 0 everywhere") if strongest == 0 else _("the gradient is not finite"),
        )
        return
    ratio = max(float(lengths[:early].max()) / strongest, 1e-300)
    yield Measured(
        VANISHING,
        ngettext(
            "the first step gets {ratio:.2g} of the strongest step's gradient at most; below {limit:g}",
            "the first {n} of {steps} steps get {ratio:.2g} of the strongest step's gradient at most; below "
            "{limit:g}",
            early,
            steps=len(lengths),
            ratio=ratio,
            limit=VANISHED,
        ),
        math.log(ratio) / math.log(VANISHED),
    )
    if ratio >= VANISHED:
        return
    reached = np.flatnonzero(lengths >= THOUSANDTH * strongest)
    back = len(lengths) - int(reached[0])
    words = f"{words[:1].upper()}{words[1:]}"
    yield Symptom(
        VANISHING,
        ngettext(
            "{what}: the first step gets at most {ratio:.1e} of what the strongest gets; no step before the "
            "last {back} gets more than a thousandth of it.",
            "{what}: the first {n} of {steps} steps get at most {ratio:.1e} of what the strongest gets; no "
            "step before the last {back} gets more than a thousandth of it.",
            early,
            what=words,
            steps=len(lengths),
            ratio=ratio,
            back=back,
        ),
        _(
            "Training hardly tells the network anything about steps that far back. Where the answer needs "
            "the last steps alone, it looks the same and is no fault."
        ),
        _(
            "If early steps matter: a larger forget bias, an LSTM or GRU in place of an RNN, attention, "
            "shorter sequences, or losses at more steps."
        ),
        "possible",
        min(1.0, math.log(ratio) / math.log(1e-16)),
        {"ratio": ratio, "steps": len(lengths), "reach": back},
        where if sequence is None else {**where, "sequence": sequence},
        row(
            "step",
            _("The gradient by what each step reads"),
            _("length of the gradient"),
            lengths,
            limit=VANISHED * strongest,
            log=True,
        ),
    )


def _few(count: int) -> str:
    """Why a short sequence is not looked at."""
    return _("looked at from {least} steps on; there are {count}", least=STEPS, count=count)


def of_layer(
    trace: Trace, stack: Stack, part: str, layer: int, reverse: bool, *, vanishing: bool, module: str = ""
) -> Iterator[Symptom | Measured]:
    """How a change of the state after each step arrives at the end of a recorded layer."""
    site = layer_site(part, layer, "hidden", reverse=reverse).removesuffix(".hidden")
    place, where = f"{module}, {site}" if module else site, {"site": site}
    if module:
        where["module"] = module
    if not trace.definition(part).jacobian:
        yield Measured(EXPLODING, _("the Jacobian of this cell is not written down"), place=place)
        return
    gains = gains_to_the_end(step_of(trace, stack, part, layer, reverse))
    if len(gains) < STEPS:
        yield Measured(EXPLODING, _few(len(gains)), place=place)
        return
    largest, at = float(gains.max()), int(gains.argmax())
    yield Measured(
        EXPLODING,
        _(
            "a change of length 1 of a state arrives at the end as {size:.3g} at most; from {limit:g} on",
            size=largest,
            limit=EXPLODED,
        ),
        max(0.0, math.log(max(largest, 1e-300)) / math.log(EXPLODED)) if np.isfinite(largest) else 99.0,
        place,
    )
    away = len(gains) - 1 - at
    if not largest < EXPLODED:
        rate = largest ** (1 / max(1, away))
        yield Symptom(
            EXPLODING,
            _(
                "A change of length 1 of the state of {place}, {steps} steps before the end, arrives there "
                "as {size:.3g}: {rate:.2f} times at each step.",
                place=place,
                steps=away,
                size=largest,
                rate=rate,
            ),
            _(
                "The gradient grows by the same factors on its way back: single batches throw the weights "
                "far, and a loss jumps or becomes NaN."
            ),
            _(
                "Clip the gradient's norm, lower the learning rate; smaller or orthogonal recurrent "
                "weights, a GRU or an LSTM in place of an RNN."
            ),
            "likely",
            min(1.0, math.log(largest) / math.log(1e12)) if np.isfinite(largest) else 1.0,
            {"gain": largest, "steps": away, "rate": rate},
            where,
            row(
                "step",
                _("What a change arrives as at the end"),
                _("length of a change of 1"),
                gains,
                limit=EXPLODED,
                log=True,
            ),
        )
    elif vanishing:
        words = _("the last state of {place}, by the state after each step", place=place)
        yield from of_lengths(gains, words, where)


def step_of(trace: Trace, stack: Stack, part: str, layer: int, reverse: bool) -> Step:
    """The Jacobians of a recorded layer, in double precision and in the order of reading."""
    cell = trace.definition(part)
    weights = {name: weight.detach().double().cpu() for name, weight in stack.weights(layer, reverse).items()}

    def read(name: str) -> np.ndarray:
        array = trace[layer_site(part, layer, name, reverse=reverse)].astype(np.float64)
        return np.ascontiguousarray(array[::-1] if reverse and array.ndim > 1 else array)

    states: Mapping[str, np.ndarray] = {name: read(name) for name in cell.states}
    initial = {name: read(f"initial_{name}") for name in cell.states}
    return steps_of(cell, weights, torch.from_numpy(read("layer_input")), states, initial)


def gains_to_the_end(step: Step) -> np.ndarray:
    """What a change of a state in a random direction arrives as in the last hidden state, for each step.

    The root mean square of its length, for a change of length 1: the Frobenius norm of the product of the
    Jacobians
    over the root of the width; of an LSTM the larger of cell and hidden state. Of a long sequence in a wide
    layer the last steps, as many as `BUDGET` reaches.
    """
    sizes = [step.width(state) for state in step.states]
    every, hidden = sum(sizes), step.states.index("hidden")
    start, width = sum(sizes[:hidden]), sizes[hidden]
    count = min(step.steps, max(2, int(BUDGET / (width * every * every))))
    reached = np.zeros((width, every))
    reached[:, start : start + width] = np.eye(width)
    gains, edges = np.empty(count), list(itertools.accumulate(sizes, initial=0))
    gains[-1] = 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        for back in range(1, count):
            reached = reached @ step.whole(step.steps - back)
            gains[-1 - back] = max(
                float(np.linalg.norm(reached[:, low:high])) / math.sqrt(high - low)
                for low, high in itertools.pairwise(edges)
            )
    return np.nan_to_num(gains, nan=np.inf)
