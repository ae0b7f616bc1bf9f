"""What the gates did: forgetting, how open each was, saturation, and the largest change of one unit."""

from collections.abc import Iterator

import numpy as np

from rnnviz_core.cells.definition import Definition
from rnnviz_core.cells.expressions import Call
from rnnviz_core.frames.layer import Layer
from rnnviz_core.tracing.trace import Trace

from .record import Finding, place
from .wording import apart, median, number, sentence, somewhere, units
from .wording import steps as steps_of

HALF = 0.5  # "more than half": the one threshold that needs no scale
KEPT = 0.9  # as good as open, the app's own line for a gate (frames.gate_summary)
SATURATED = 0.9  # of tanh: its slope there is below a fifth of that at 0
MANY = 0.25  # of the units: fewer than a quarter is what single units do at most words
MORE = 1.5  # times the median step: what is common to all words of a text does not stand out in it
GATE_RANGE = 0.1  # of a gate's mean, from 0 to 1: the tenth by which a gate is called shut or open
JUMP = 3.0  # times the median change of all units at all steps: five in a hundred of a normal spread


def before(trace: Trace, at: Layer, state: str) -> np.ndarray:
    """The state before every step, (steps, unit)."""
    values, first = trace[at.site(state)], trace[at.site(f"initial_{state}")][None]
    return np.concatenate([values[1:], first] if at.reverse else [first, values[:-1]])


def factors(trace: Trace, at: Layer, cell: Definition) -> tuple[np.ndarray, np.ndarray]:
    """What multiplies the old memory at each step, and what is added to it: (steps, unit) each."""
    memory = cell.memory
    assert memory is not None
    names = memory.kept.symbols() + memory.written.symbols()
    values = {name: trace[at.site(name)].astype(np.float64) for name in names}
    kept, written = memory.kept.evaluate(values), memory.written.evaluate(values)
    shape = trace[at.site(memory.state)].shape
    return np.broadcast_to(kept, shape), np.broadcast_to(written, shape)


def memory_words(cell: Definition) -> str:
    """What the memory is called in a claim: the cell of an LSTM, else the state."""
    return "cell" if cell.memory and cell.memory.state == "cell" else "old state"


def forgetting(trace: Trace, at: Layer) -> Iterator[Finding]:
    """Where many units threw away more than half of their memory, and where nearly all kept theirs."""
    cell = trace.definition(at.part)
    if cell.memory is None:
        return
    kept, _ = factors(trace, at, cell)
    old = before(trace, at, cell.memory.state)
    if kept.min(initial=0) < 0 or kept.max(initial=1) > 1:  # no share: nothing to say of halves
        return
    held, size, along = old != 0, old.shape[1], steps_of(trace, at)
    known = np.flatnonzero(held.any(1))  # before them there was nothing to forget
    if len(known) < 2:
        return
    lost = ((kept < HALF) & held).sum(1)
    typical = median(lost[known])
    most, *others = sorted(known, key=lambda step: (-lost[step], step))
    if lost[most] >= MANY * size and lost[most] > MORE * typical:
        yield _threw_away(trace, at, cell, lost, (int(most), int(others[0])), (1 - kept) * np.abs(old))
    whole = ((kept > KEPT) & held).sum(1)
    top = int(known[np.argmax(whole[known])])
    if whole[top] >= HALF * size and whole[top] > MORE * median(whole[known]):
        said = f"{along.at(top)} {units(int(whole[top]), size)} kept over 90 % of "
        said += f"{'its' if whole[top] == 1 else 'their'} {memory_words(cell)}"
        yield Finding(
            "keeping",
            sentence(somewhere(trace, at), said),
            {"units": int(whole[top]), "size": size},
            place(trace, at, "gates", "maps", top, along.texts[top]),
            0.5 * whole[top] / size,
            (top,),
        )


def _threw_away(
    trace: Trace, at: Layer, cell: Definition, lost: np.ndarray, steps: tuple[int, int], amounts: np.ndarray
) -> Finding:
    along, size, (most, second) = steps_of(trace, at), amounts.shape[1], steps
    many = int(lost[most])
    whose = "its" if many == 1 else "their"
    said = f"{along.at(most)} {units(many, size)} threw away more than half of {whose} {memory_words(cell)}"
    numbers = {"units": many, "size": size}
    named: tuple[int, ...] = (most,)
    if lost[second] >= MANY * size:
        said += f", {along.at(second)} {int(lost[second])}"
        numbers["units_second"], named = int(lost[second]), (most, second)
    unit = int(amounts[most].argmax())  # the one that lost the largest amount
    where = place(trace, at, "gates", "maps", most, along.texts[most], unit)
    strength = 0.35 + 0.6 * many / size
    return Finding("forgetting", sentence(somewhere(trace, at), said), numbers, where, strength, named)


def openness(trace: Trace, at: Layer) -> Iterator[Finding]:
    """For each gate, the steps at which its mean over the units was highest and lowest."""
    along, cell = steps_of(trace, at), trace.definition(at.part)
    for gate in cell.gate_names:
        values = trace[at.site(gate)].astype(np.float64)
        share = gate != "candidate" and values.min(initial=0) >= 0 and values.max(initial=1) <= 1
        if not share or len(along) < 2:  # "open" and "shut" are said of shares
            continue
        means = values.mean(1)
        high, low = int(means.argmax()), int(means.argmin())
        if means[high] - means[low] < GATE_RANGE:
            continue
        size = trace[at.site(gate)].shape[1]
        average = f" on average over {size} units" if size > 1 else ""
        said = (
            f"the {gate} gate is most open at {along.names[high]} ({number(means[high])}{average}) and most "
            f"shut at {along.names[low]} ({number(means[low])})"
        )
        numbers = {"highest": means[high], "lowest": means[low]} | ({"size": size} if size > 1 else {})
        yield Finding(
            f"{gate}_gate",
            sentence(somewhere(trace, at), said),
            numbers,
            place(trace, at, "gates", "summary", low, along.texts[low]),
            0.7 * (means[high] - means[low]),
            (low, high),
        )


def saturation(trace: Trace, at: Layer) -> Iterator[Finding]:
    """A cell without gates: where many units are near the ends of tanh or, of a relu, at zero."""
    cell = trace.definition(at.part)
    formula = cell["candidate"].expression if "candidate" in cell.names else None
    if cell.memory is not None or not isinstance(formula, Call):
        return
    values = np.abs(trace[at.site("candidate")])
    if formula.function == "tanh":
        count, state, kind = (values > SATURATED).sum(1), "saturated (beyond ±0.9)", "saturation"
    elif formula.function == "relu":
        count, state, kind = (values == 0).sum(1), "silent (zero after the relu)", "silence"
    else:
        return
    along, size = steps_of(trace, at), values.shape[1]
    high, low = int(count.argmax()), int(count.argmin())
    if len(along) < 2 or count[high] < MANY * size or count[high] - count[low] < GATE_RANGE * size:
        return
    are = "is" if count[high] == 1 else "are"
    said = f"{along.at(high)} {units(int(count[high]), size)} {are} {state}, {along.at(low)} "
    said += str(int(count[low])) if count[low] else "none"
    yield Finding(
        kind,
        sentence(somewhere(trace, at), said),
        {"units": int(count[high]), "size": size, "units_fewest": int(count[low])},
        place(trace, at, "gates", "maps", high, along.texts[high]),
        0.6 * count[high] / size,
        (high, low),
    )


def one_unit(trace: Trace, at: Layer) -> Iterator[Finding]:
    """The unit and the step at which a state changed most, with what was kept and what was written."""
    cell = trace.definition(at.part)
    state = cell.memory.state if cell.memory else "hidden"
    old, new = before(trace, at, state).astype(np.float64), trace[at.site(state)].astype(np.float64)
    change = np.abs(new - old)
    if len(change) < 2:
        return
    step, unit = (int(index) for index in np.unravel_index(change.argmax(), change.shape))
    was, became = float(old[step, unit]), float(new[step, unit])
    typical = median(change.reshape(-1))
    if change[step, unit] < JUMP * typical or not apart(was, became):
        return
    along, what = steps_of(trace, at), "cell" if state == "cell" else "state"
    at_step = along.at(step).rstrip(",")
    said = f"unit {unit} changed most, {at_step}: its {what} went from {number(was)} to {number(became)}"
    numbers: dict[str, float] = {"unit": unit, "before": was, "after": became}
    if cell.memory and was:
        kept, written = factors(trace, at, cell)
        numbers |= {"kept": float(kept[step, unit]), "written": float(written[step, unit])}
        said += f"; {number(numbers['kept'])} of the old was kept, {number(numbers['written'])} added"
    yield Finding(
        "one_unit",
        sentence(somewhere(trace, at), said),
        numbers,
        place(trace, at, "gates", "cell", step, along.texts[step], unit),
        0.35,
        (step,),
    )


KINDS = (forgetting, openness, saturation, one_unit)
