"""Detectors that look at the states of a layer over all steps of all sequences."""

import itertools
import math
from collections.abc import Iterator

import numpy as np

from rnnviz_core.languages import _

from . import gates
from .evidence import row
from .symptoms import Measured, Symptom, some
from .view import View

ENOUGH = 20  # steps of all sequences together before anything is said of a unit
DEAD, SAME = 1e-3, 1e-4  # of a state: never farther from 0; never farther from its first value
TWINS = 1e-4  # two units never differ by more than this share of their range
SHARE = 0.1  # share of units before dead, constant or equal ones are worth a word
GROWTH, LARGE = 10.0, 1e3  # of the states of a relu cell: last quarter over first, and largest
BY_UNIT = (
    "dead units",
    "constant units",
    "equal units",
    "saturated gate",
    "forget gates near 0.5",
    "short memory",
)


def look(view: View) -> Iterator[Symptom | Measured]:
    """All findings on one layer."""
    hidden = view.all("hidden")
    if len(hidden) < ENOUGH:
        said = _(
            "units are looked at from {least} steps on; there are {count}", least=ENOUGH, count=len(hidden)
        )
        yield from (Measured(name, said, place=view.place) for name in BY_UNIT)
    else:
        dead = np.abs(hidden).max(0) < DEAD
        yield from _dead(view, hidden, dead)
        yield from _constant(view, hidden, dead)
        yield from _twins(view, hidden, dead)
        yield from gates.saturated(view)
        yield from gates.untrained(view)
        yield from gates.horizon(view)
    yield from _exploding(view)
    yield from _carried(view)


def _of_units(name: str, count: int, of: int, view: View) -> Measured:
    said = _("{count} of {of} units; from {limit:.0%} of them on", count=count, of=of, limit=SHARE)
    return Measured(name, said, count / of / SHARE, view.place)


def _dead(view: View, hidden: np.ndarray, dead: np.ndarray) -> Iterator[Symptom | Measured]:
    units = np.flatnonzero(dead).tolist()
    yield _of_units("dead units", len(units), len(dead), view)
    if dead.mean() < SHARE:
        return
    relu = any("relu" in equation.code() for equation in view.cell.elementwise)
    yield Symptom(
        "dead units",
        # Translators: {place} is a layer, like “the encoder, layer 1”; {listed} are numbers of units.
        _(
            "{count} of {of} units of {place} stay within {limit:g} of 0 at every step: {listed}.",
            count=len(units),
            of=len(dead),
            place=view.place,
            limit=DEAD,
            listed=some(units),
        ),
        _(
            "They tell the layers above nothing on these sequences; a relu whose sum is never positive gets "
            "no gradient either."
        )
        if relu
        else _("They tell the layers above nothing on these sequences."),
        _(
            "Look at other inputs first. If they stay dead: a smaller learning rate, another "
            "initialisation, or fewer units."
        ),
        "likely" if relu else "possible",
        float(dead.mean()),
        {"units": len(units), "of": len(dead)},
        {**view.where, "units": units},
        row(
            "unit", _("The largest value of each unit"), _("largest |h|"), np.abs(hidden).max(0), marked=units
        ),
    )


def _constant(view: View, hidden: np.ndarray, dead: np.ndarray) -> Iterator[Symptom | Measured]:
    spread = np.ptp(hidden, axis=0)
    still = (spread < SAME) & ~dead
    units = np.flatnonzero(still).tolist()
    yield _of_units("constant units", len(units), len(still), view)
    if still.mean() < SHARE:
        return
    yield Symptom(
        "constant units",
        _(
            "{count} of {of} units of {place} hold one value at every step: {listed}.",
            count=len(units),
            of=len(still),
            place=view.place,
            listed=some(units),
        ),
        _("Whatever is read, they say the same: a bias in a roundabout way."),
        _(
            "Check that the input varies and is scaled; large weights or biases shut tanh and sigmoid for "
            "good."
        ),
        "likely",
        float(still.mean()),
        {"units": len(units), "of": len(still)},
        {**view.where, "units": units},
        row("unit", _("How far each unit moves"), _("largest minus smallest h"), spread, marked=units),
    )


def _twins(view: View, hidden: np.ndarray, dead: np.ndarray) -> Iterator[Symptom | Measured]:
    spread = np.ptp(hidden, axis=0)
    alive = np.flatnonzero(~dead & (spread > SAME))
    order = alive[np.argsort(hidden[-1, alive], kind="stable")]
    pairs = []
    for one, other in itertools.pairwise(order):  # equal units end side by side
        apart = np.abs(hidden[:, one] - hidden[:, other]).max()
        if apart <= TWINS * max(spread[one], spread[other]):
            pairs.append(sorted((int(one), int(other))))
    yield Measured(
        "equal units",
        _(
            "{count} pairs among {of} units; from {limit:.0%} of them on",
            count=len(pairs),
            of=len(dead),
            limit=SHARE,
        ),
        len(pairs) / len(dead) / SHARE,
        view.place,
    )
    if not alive.size or len(pairs) / len(dead) < SHARE:
        return
    units = sorted({unit for pair in pairs for unit in pair})
    yield Symptom(
        "equal units",
        _(
            "{count} pairs of units of {place} are equal at every step, {one} and {other} among them.",
            count=len(pairs),
            place=view.place,
            one=pairs[0][0],
            other=pairs[0][1],
        ),
        _(
            "Units that begin with the same weights get the same gradients and stay the same: the layer is "
            "narrower than it looks."
        ),
        _("Check the initialisation: weights that are all the same (zeros, ones) never part."),
        "certain",
        len(pairs) / len(dead),
        {"pairs": len(pairs), "of": len(dead)},
        {**view.where, "units": units},
        row("unit", _("The last state of each unit"), _("h at the last step"), hidden[-1], marked=units),
    )


def _exploding(view: View) -> Iterator[Symptom | Measured]:
    """States of a relu cell that grow from step to step."""
    if view.cell.gate_names != ("candidate",) or "relu" not in view.cell["candidate"].code():
        return
    for number, trace in enumerate(view.rows):
        sizes = np.linalg.norm(
            trace[view.site("hidden")][:: -1 if view.reverse else 1].astype(np.float64), axis=1
        )
        quarter = len(sizes) // 4
        if quarter < 2:
            continue
        first, last = float(sizes[:quarter].mean()), float(sizes[-quarter:].mean())
        grown, large = last / max(first, 1e-9), float(sizes[-1])
        yield Measured(
            "exploding states",
            _(
                "from the first quarter to the last the states grow {grown:.2g} times, to {size:.3g}; from "
                "{least:g} times and {limit:g} on",
                grown=grown,
                size=large,
                least=GROWTH,
                limit=LARGE,
            ),
            max(
                0.0,
                min(
                    math.log(max(grown, 1.0)) / math.log(GROWTH), math.log(max(large, 1.0)) / math.log(LARGE)
                ),
            ),
            view.place,
        )
        if large < LARGE or grown <= GROWTH:
            continue
        middle = len(sizes) // 2
        factor = float((large / max(sizes[middle], 1e-9)) ** (1 / max(1, len(sizes) - 1 - middle)))
        yield Symptom(
            "exploding states",
            _(
                "The states of {place} grow to a length of {size:.3g} in sequence {number}, {factor:.2f} "
                "times at each step of the second half.",
                place=view.place,
                size=large,
                number=number,
                factor=factor,
            ),
            _(
                "A relu has no upper end: where the recurrent weights enlarge a state, it grows with every "
                "step, and the gradient with it."
            ),
            _(
                "Begin with recurrent weights near the identity (Le et al., 2015), clip the gradient, or "
                "use tanh, a GRU or an LSTM."
            ),
            "certain",
            1.0,
            {"length": large, "factor": factor},
            {**view.where, "sequence": number},
            row("step", _("Length of the state"), _("length of h"), sizes, limit=LARGE, log=True),
        )
        return


def _carried(view: View) -> Iterator[Symptom | Measured]:
    """Sequences that begin in the state in which the one before them ended."""
    if len(view.rows) < 2 or view.part != "encoder" or view.reverse:
        return
    last, first = view.site("hidden"), view.site("initial_hidden")
    if any(first not in trace for trace in view.rows):
        return
    carried = [
        number
        for number in range(1, len(view.rows))
        if np.any(view.rows[number][first])
        and len(view.rows[number - 1][last])
        and np.array_equal(view.rows[number][first], view.rows[number - 1][last][-1])
    ]
    yield Measured(
        "state carried over",
        _(
            "{count} of {of} sequences begin in the state in which the one before ended",
            count=len(carried),
            of=len(view.rows),
        ),
        float(bool(carried)),
        view.place,
    )
    if not carried:
        return
    yield Symptom(
        "state carried over",
        _(
            "{count} of {of} sequences of {place} begin in exactly the state in which the one before them "
            "ended, sequence {first} first.",
            count=len(carried),
            of=len(view.rows),
            place=view.place,
            first=carried[0],
        ),
        _(
            "That is right where one long sequence was cut into pieces, in their order. Where the sequences "
            "are unrelated, each is read in the light of another."
        ),
        _(
            "If they are unrelated: begin each with zeros (pass no state, reset_states() in Keras, "
            "stateful=False)."
        ),
        "possible",
        len(carried) / len(view.rows),
        {"sequences": len(carried), "of": len(view.rows), "first": carried[0]},
        {**view.where, "sequence": carried[0]},
        row(
            "position",
            _("The state in which each sequence begins"),
            _("length of h before the first step"),
            [float(np.linalg.norm(trace[first])) for trace in view.rows],
            marked=carried,
        ),
    )
