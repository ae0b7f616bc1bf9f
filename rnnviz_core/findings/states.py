"""What became of the states: which token moved them, what is left of what was written, which unit ranges."""

from collections.abc import Iterator

import numpy as np

from rnnviz_core.frames.layer import Layer
from rnnviz_core.tracing.trace import Trace

from .gates import before, factors
from .record import Finding, place
from .wording import apart, median, number, sentence, somewhere
from .wording import steps as steps_of

MOVED = 1.5  # times the median token: what half of the tokens do is no event
WROTE = 1.25  # times the median token: lengths over many units vary less than single numbers
RANGES = 1.5  # times the median unit
WANDERS = 1.5  # times as far, or as near, as a random walk of the same steps ends (root of their squares)
LEFT = 2.0  # times as much left of one token as of another


def _memory(trace: Trace, at: Layer) -> tuple[str, np.ndarray, np.ndarray] | None:
    """The memory's name, what is kept at each step, and what is written; in the order of reading."""
    cell = trace.definition(at.part)
    if cell.memory is None:
        return None
    kept, written = factors(trace, at, cell)
    turned = slice(None, None, -1) if at.reverse else slice(None)
    return f"{cell.memory.state} state", kept[turned], written[turned]


def trail(trace: Trace, at: Layer) -> Iterator[Finding]:
    """The token that wrote most into the memory, where most of it was lost, and what is left at the end."""
    if (memory := _memory(trace, at)) is None:
        return
    state, kept, written = memory
    along = steps_of(trace, at)
    lengths = np.linalg.norm(written, axis=1)
    if len(lengths) < 2:
        return
    first = int(lengths[:-1].argmax())  # something must come after it
    if lengths[first] <= 0 or lengths[first] < WROTE * median(lengths):
        return
    rest = np.cumprod(np.concatenate([written[first][None], kept[first + 1 :]]), axis=0)
    remains = np.linalg.norm(rest, axis=1)  # after the token itself, after the next one, and so on
    drops = remains[:-1] - remains[1:]
    at_end, steepest = float(remains[-1]), int(drops.argmax()) + 1
    writer, loser = along.order[first], along.order[first + steepest]
    said = f"{along.names[writer]} wrote {number(lengths[first])} into the {state}"
    numbers = {"written": float(lengths[first]), "left_at_end": at_end}
    named: tuple[int, ...] = (writer,)
    if steepest < len(remains) - 1 and apart(remains[steepest], at_end) and drops[steepest - 1] > 0:
        said += f"; after {along.names[loser]} {number(remains[steepest])} of it is left"
        numbers["left_after"], named = float(remains[steepest]), (writer, loser)
        said += f", at the end {number(at_end)}"
    else:
        said += f"; at the end {number(at_end)} of it is left"
    lost = 1 - at_end / lengths[first]
    yield Finding(
        "trail",
        sentence(somewhere(trace, at), said),
        numbers,
        place(trace, at, "states", "ledger", named[-1], along.texts[named[-1]]),
        0.4 + 0.4 * abs(2 * lost - 1),  # most telling where nearly all, or next to nothing, was lost
        named,
    )


def shares_left(kept: np.ndarray, written: np.ndarray) -> np.ndarray:
    """What is left at the end of what each step wrote, (steps, unit), all in the order of reading."""
    after = np.concatenate([kept[1:], np.ones((1, kept.shape[1]))])
    return written * np.cumprod(after[::-1], axis=0)[::-1]


def left(trace: Trace, at: Layer) -> Iterator[Finding]:
    """Of which tokens before the last most and least is left when everything is read."""
    if (memory := _memory(trace, at)) is None:
        return
    state, kept, written = memory
    along = steps_of(trace, at)
    if len(written) < 2:
        return
    lengths = np.linalg.norm(written, axis=1)[:-1]  # of the last one all is left
    remains = np.linalg.norm(shares_left(kept, written), axis=1)[:-1]
    most, least = int(remains.argmax()), int(remains.argmin())
    if remains[most] < LEFT * remains[least] or not apart(remains[most], remains[least]):
        return
    one, other = along.order[most], along.order[least]
    said = (
        f"of all that was read before {along.names[along.last]}, the {state} holds most of "
        f"{along.names[one]} at the end ({number(remains[most])} of the {number(lengths[most])} it wrote), "
        f"least of {along.names[other]} ({number(remains[least])} of {number(lengths[least])})"
    )
    numbers = {
        "most": float(remains[most]),
        "most_written": float(lengths[most]),
        "least": float(remains[least]),
        "least_written": float(lengths[least]),
    }
    where = place(trace, at, "states", "ledger", along.last, along.texts[along.last])
    yield Finding("left", sentence(somewhere(trace, at), said), numbers, where, 0.45, (one, other))


def moves(trace: Trace, at: Layer, name: str = "hidden") -> np.ndarray:
    """How far each step moved a state, (steps)."""
    values = trace[at.site(name)].astype(np.float64)
    lengths: np.ndarray = np.linalg.norm(values - before(trace, at, name), axis=1)
    return lengths


def change(trace: Trace, at: Layer) -> Iterator[Finding]:
    """The token that moved the hidden state most."""
    far = moves(trace, at)
    typical, most = median(far), int(far.argmax())
    if len(far) < 3 or far[most] < MOVED * typical or not apart(far[most], typical):
        return
    along = steps_of(trace, at)
    said = (
        f"{along.names[most]} moved the hidden state most, by {number(far[most])}; half of the steps moved "
        f"it by {number(typical)} or less"
    )
    numbers = {"moved": float(far[most]), "median": typical}
    where = place(trace, at, "states", "changes", most, along.texts[most])
    strength = 0.3 + 0.15 * min(far[most] / max(typical, 1e-9) - 1, 2)
    yield Finding("change", sentence(somewhere(trace, at), said), numbers, where, strength, (most,))


def widest(trace: Trace, at: Layer) -> Iterator[Finding]:
    """The unit whose hidden state ranges most widely over the text."""
    values = trace[at.site("hidden")].astype(np.float64)
    ranges = np.ptp(values, axis=0)
    unit, typical = int(ranges.argmax()), median(ranges)
    low, high = int(values[:, unit].argmin()), int(values[:, unit].argmax())
    if len(ranges) < 2 or ranges[unit] < RANGES * typical or not apart(values[low, unit], values[high, unit]):
        return
    along = steps_of(trace, at)
    said = (
        f"unit {unit} ranges most widely: {number(values[low, unit])} after {along.names[low]}, "
        f"{number(values[high, unit])} after {along.names[high]}"
    )
    numbers = {"unit": unit, "lowest": float(values[low, unit]), "highest": float(values[high, unit])}
    where = place(trace, at, "states", "units", high, along.texts[high], unit)
    yield Finding("widest", sentence(somewhere(trace, at), said), numbers, where, 0.3, (high, low))


def way(trace: Trace, at: Layer) -> Iterator[Finding]:
    """How far the hidden state travelled, and how near to its beginning it ended."""
    along, values = steps_of(trace, at), trace[at.site("hidden")].astype(np.float64)
    far = moves(trace, at)
    travelled, random = float(far.sum()), float(np.sqrt((far**2).sum()))
    reached = float(np.linalg.norm(values[along.last] - trace[at.site("initial_hidden")]))
    near = random / WANDERS < reached < random * WANDERS
    if len(along) < 3 or near or not apart(reached, random):
        return
    said = (
        f"in {len(along)} steps the hidden state travelled {number(travelled)} and ended {number(reached)} "
        f"from where it began; steps as long in random directions end about {number(random)} away"
    )
    numbers = {"travelled": travelled, "steps": len(along), "reached": reached, "random": random}
    where = place(trace, at, "states", "path", along.last, along.texts[along.last])
    yield Finding("way", sentence(somewhere(trace, at), said), numbers, where, 0.25)


KINDS = (trail, left, change, widest, way)
