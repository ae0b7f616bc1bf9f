"""What the gates did: forgetting, how open each was, saturation, and the largest change of one unit."""

from collections.abc import Iterator

import numpy as np

from rnnviz_core.cells.definition import Definition
from rnnviz_core.cells.expressions import Call
from rnnviz_core.frames.layer import Layer
from rnnviz_core.languages import _, ngettext, terms
from rnnviz_core.tracing.kept import kept_for_latest_trace
from rnnviz_core.tracing.trace import Trace

from .record import Finding, place
from .wording import apart, median, number, of_layer, units
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


@kept_for_latest_trace
def factors(trace: Trace, at: Layer) -> tuple[np.ndarray, np.ndarray]:
    """What multiplies the old memory at each step, and what is added to it: (steps, unit) each.

    The cell must have a memory (`Definition.memory`). Callers share the arrays and must not change them.
    """
    memory = trace.definition(at.part).memory
    assert memory is not None
    names = memory.kept.symbols() + memory.written.symbols()
    values = {name: trace[at.site(name)].astype(np.float64) for name in names}
    kept, written = memory.kept.evaluate(values), memory.written.evaluate(values)
    shape = trace[at.site(memory.state)].shape
    return np.broadcast_to(kept, shape), np.broadcast_to(written, shape)


def in_a_cell(cell: Definition) -> bool:
    """Whether the memory is the cell of an LSTM, and no state that goes outside."""
    return cell.memory is not None and cell.memory.state == "cell"


def forgetting(trace: Trace, at: Layer) -> Iterator[Finding]:
    """Where many units threw away more than half of their memory, and where nearly all kept theirs."""
    cell = trace.definition(at.part)
    if cell.memory is None:
        return
    kept, _written = factors(trace, at)
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
        many = int(whole[top])
        yield of_layer(
            trace,
            at,
            "keeping",
            _kept(cell, many, along.at(top), units(many, size)),
            {"units": many, "size": size},
            place(trace, at, "gates", "maps", top, along.texts[top]),
            0.5 * whole[top] / size,
            (top,),
        )


def _kept(cell: Definition, many: int, at_token: str, of_units: str) -> str:
    if in_a_cell(cell):
        return ngettext(
            "{at_token} {units} kept over 90 % of its cell",
            "{at_token} {units} kept over 90 % of their cell",
            many,
            at_token=at_token,
            units=of_units,
        )
    return ngettext(
        "{at_token} {units} kept over 90 % of its old state",
        "{at_token} {units} kept over 90 % of their old state",
        many,
        at_token=at_token,
        units=of_units,
    )


def _lost(cell: Definition, many: int, at_token: str, of_units: str) -> str:
    if in_a_cell(cell):
        # Translators: {at_token} is “at “but””, {units} is “3 of 64 units”; the forms go by the 3.
        return ngettext(
            "{at_token} {units} threw away more than half of its cell",
            "{at_token} {units} threw away more than half of their cell",
            many,
            at_token=at_token,
            units=of_units,
        )
    return ngettext(
        "{at_token} {units} threw away more than half of its old state",
        "{at_token} {units} threw away more than half of their old state",
        many,
        at_token=at_token,
        units=of_units,
    )


def _threw_away(
    trace: Trace, at: Layer, cell: Definition, lost: np.ndarray, steps: tuple[int, int], amounts: np.ndarray
) -> Finding:
    along, size, (most, second) = steps_of(trace, at), amounts.shape[1], steps
    many = int(lost[most])
    said = _lost(cell, many, along.at(most), units(many, size))
    numbers = {"units": many, "size": size}
    named: tuple[int, ...] = (most,)
    if lost[second] >= MANY * size:
        # Translators: {claim} is the whole clause before; “…, at “but” 12” means 12 units there.
        said = _(
            "{claim}, {at_token} {count}", claim=said, at_token=along.at(second), count=int(lost[second])
        )
        numbers["units_second"], named = int(lost[second]), (most, second)
    unit = int(amounts[most].argmax())  # the one that lost the largest amount
    where = place(trace, at, "gates", "maps", most, along.texts[most], unit)
    strength = 0.35 + 0.6 * many / size
    return of_layer(trace, at, "forgetting", said, numbers, where, strength, named)


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
        told = {
            "gate": terms.gate(gate),
            "open_at": along.names[high],
            "highest": number(means[high]),
            "shut_at": along.names[low],
            "lowest": number(means[low]),
        }
        if size > 1:
            said = _(
                "the {gate} gate is most open at {open_at} ({highest} on average over {size} units) and most "
                "shut at {shut_at} ({lowest})",
                size=size,
                **told,
            )
        else:
            said = _(
                "the {gate} gate is most open at {open_at} ({highest}) and most shut at {shut_at} ({lowest})",
                **told,
            )
        numbers = {"highest": means[high], "lowest": means[low]} | ({"size": size} if size > 1 else {})
        yield of_layer(
            trace,
            at,
            f"{gate}_gate",
            said,
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
        count, kind = (values > SATURATED).sum(1), "saturation"
    elif formula.function == "relu":
        count, kind = (values == 0).sum(1), "silence"
    else:
        return
    along, size = steps_of(trace, at), values.shape[1]
    high, low = int(count.argmax()), int(count.argmin())
    if len(along) < 2 or count[high] < MANY * size or count[high] - count[low] < GATE_RANGE * size:
        return
    said = _flat(kind, int(count[high]), along.at(high), units(int(count[high]), size))
    if count[low]:
        said = _("{claim}, {at_token} {count}", claim=said, at_token=along.at(low), count=int(count[low]))
    else:
        # Translators: {claim} is the whole clause before; “…, at “but” none” means no unit there.
        said = _("{claim}, {at_token} none", claim=said, at_token=along.at(low))
    yield of_layer(
        trace,
        at,
        kind,
        said,
        {"units": int(count[high]), "size": size, "units_fewest": int(count[low])},
        place(trace, at, "gates", "maps", high, along.texts[high]),
        0.6 * count[high] / size,
        (high, low),
    )


def _flat(kind: str, many: int, at_token: str, of_units: str) -> str:
    if kind == "saturation":
        return ngettext(
            "{at_token} {units} is saturated (beyond ±{limit:g})",
            "{at_token} {units} are saturated (beyond ±{limit:g})",
            many,
            at_token=at_token,
            units=of_units,
            limit=SATURATED,
        )
    return ngettext(
        "{at_token} {units} is silent (zero after the relu)",
        "{at_token} {units} are silent (zero after the relu)",
        many,
        at_token=at_token,
        units=of_units,
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
    along = steps_of(trace, at)
    told = {
        "unit": unit,
        "at_token": along.at(step, alone=True),
        "was": number(was),
        "became": number(became),
    }
    if state == "cell":
        said = _("unit {unit} changed most, {at_token}: its cell went from {was} to {became}", **told)
    else:
        said = _("unit {unit} changed most, {at_token}: its state went from {was} to {became}", **told)
    numbers: dict[str, float] = {"unit": unit, "before": was, "after": became}
    if cell.memory and was:
        kept, written = factors(trace, at)
        numbers |= {"kept": float(kept[step, unit]), "written": float(written[step, unit])}
        said = _(
            "{claim}; {kept} of the old was kept, {written} added",
            claim=said,
            kept=number(numbers["kept"]),
            written=number(numbers["written"]),
        )
    yield of_layer(
        trace,
        at,
        "one_unit",
        said,
        numbers,
        place(trace, at, "gates", "cell", step, along.texts[step], unit),
        0.35,
        (step,),
    )


KINDS = (forgetting, openness, saturation, one_unit)
