"""What became of the states: which token moved them, what is left of what was written, which unit ranges."""

from collections.abc import Iterator

import numpy as np

from rnnviz_core.frames.layer import Layer
from rnnviz_core.languages import _
from rnnviz_core.tracing.trace import Trace

from .gates import before, factors
from .record import Finding, place
from .wording import apart, median, number, of_layer
from .wording import steps as steps_of

MOVED = 1.5  # times the median token: what half of the tokens do is no event
WROTE = 1.25  # times the median token: lengths over many units vary less than single numbers
RANGES = 1.5  # times the median unit
WANDERS = 1.5  # times as far, or as near, as a random walk of the same steps ends (root of their squares)
LEFT = 2.0  # times as much left of one token as of another


def _memory(trace: Trace, at: Layer) -> tuple[str, np.ndarray, np.ndarray] | None:
    """The memory's state, what is kept at each step, and what is written; in the order of reading."""
    cell = trace.definition(at.part)
    if cell.memory is None:
        return None
    kept, written = factors(trace, at)
    turned = slice(None, None, -1) if at.reverse else slice(None)
    return cell.memory.state, kept[turned], written[turned]


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
    told = {"token": along.names[writer], "length": number(lengths[first])}
    if state == "cell":
        said = _("{token} wrote {length} into the cell state", **told)
    else:
        said = _("{token} wrote {length} into the hidden state", **told)
    numbers = {"written": float(lengths[first]), "left_at_end": at_end}
    named: tuple[int, ...] = (writer,)
    if steepest < len(remains) - 1 and apart(remains[steepest], at_end) and drops[steepest - 1] > 0:
        numbers["left_after"], named = float(remains[steepest]), (writer, loser)
        said = _(
            "{claim}; after {token} {left} of it is left, at the end {at_end}",
            claim=said,
            token=along.names[loser],
            left=number(remains[steepest]),
            at_end=number(at_end),
        )
    else:
        said = _("{claim}; at the end {at_end} of it is left", claim=said, at_end=number(at_end))
    lost = 1 - at_end / lengths[first]
    yield of_layer(
        trace,
        at,
        "trail",
        said,
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
    told = {
        "last": along.names[along.last],
        "one": along.names[one],
        "left": number(remains[most]),
        "written": number(lengths[most]),
        "other": along.names[other],
        "other_left": number(remains[least]),
        "other_written": number(lengths[least]),
    }
    if state == "cell":
        said = _(
            "of all that was read before {last}, the cell state holds most of {one} at the end ({left} of "
            "the {written} it wrote), least of {other} ({other_left} of {other_written})",
            **told,
        )
    else:
        said = _(
            "of all that was read before {last}, the hidden state holds most of {one} at the end ({left} of "
            "the {written} it wrote), least of {other} ({other_left} of {other_written})",
            **told,
        )
    numbers = {
        "most": float(remains[most]),
        "most_written": float(lengths[most]),
        "least": float(remains[least]),
        "least_written": float(lengths[least]),
    }
    where = place(trace, at, "states", "ledger", along.last, along.texts[along.last])
    yield of_layer(trace, at, "left", said, numbers, where, 0.45, (one, other))


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
    said = _(
        "{token} moved the hidden state most, by {distance}; half of the steps moved it by {median} or less",
        token=along.names[most],
        distance=number(far[most]),
        median=number(typical),
    )
    numbers = {"moved": float(far[most]), "median": typical}
    where = place(trace, at, "states", "changes", most, along.texts[most])
    strength = 0.3 + 0.15 * min(far[most] / max(typical, 1e-9) - 1, 2)
    yield of_layer(trace, at, "change", said, numbers, where, strength, (most,))


def widest(trace: Trace, at: Layer) -> Iterator[Finding]:
    """The unit whose hidden state ranges most widely over the text."""
    values = trace[at.site("hidden")].astype(np.float64)
    ranges = np.ptp(values, axis=0)
    unit, typical = int(ranges.argmax()), median(ranges)
    low, high = int(values[:, unit].argmin()), int(values[:, unit].argmax())
    if len(ranges) < 2 or ranges[unit] < RANGES * typical or not apart(values[low, unit], values[high, unit]):
        return
    along = steps_of(trace, at)
    said = _(
        "unit {unit} ranges most widely: {lowest} after {low_token}, {highest} after {high_token}",
        unit=unit,
        lowest=number(values[low, unit]),
        low_token=along.names[low],
        highest=number(values[high, unit]),
        high_token=along.names[high],
    )
    numbers = {"unit": unit, "lowest": float(values[low, unit]), "highest": float(values[high, unit])}
    where = place(trace, at, "states", "units", high, along.texts[high], unit)
    yield of_layer(trace, at, "widest", said, numbers, where, 0.3, (high, low))


def way(trace: Trace, at: Layer) -> Iterator[Finding]:
    """How far the hidden state travelled, and how near to its beginning it ended."""
    along, values = steps_of(trace, at), trace[at.site("hidden")].astype(np.float64)
    far = moves(trace, at)
    travelled, random = float(far.sum()), float(np.sqrt((far**2).sum()))
    reached = float(np.linalg.norm(values[along.last] - trace[at.site("initial_hidden")]))
    near = random / WANDERS < reached < random * WANDERS
    if len(along) < 3 or near or not apart(reached, random):
        return
    said = _(
        "in {steps} steps the hidden state travelled {way} and ended {reached} from where it began; steps as "
        "long in random directions end about {random} away",
        steps=len(along),
        way=number(travelled),
        reached=number(reached),
        random=number(random),
    )
    numbers = {"travelled": travelled, "steps": len(along), "reached": reached, "random": random}
    where = place(trace, at, "states", "path", along.last, along.texts[along.last])
    yield of_layer(trace, at, "way", said, numbers, where, 0.25)


KINDS = (trail, left, change, widest, way)
