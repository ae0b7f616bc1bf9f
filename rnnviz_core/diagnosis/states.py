"""Detectors that look at gates and states of a layer over all steps of all sequences."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rnnviz_core.cells.equations import Definition
from rnnviz_core.cells.expressions import Call
from rnnviz_core.tracing.trace import Trace, layer_site

from .symptoms import Symptom, some

ENOUGH = 20  # steps of all sequences together before anything is said of a unit
SHUT, OPEN = 0.02, 0.98  # a sigmoid beyond them passes back under 2 % of a gradient (f(1 - f) < 0.02)
SATURATED = 0.9  # share of a gate's values beyond them that is worth a word
DEAD, SAME = 1e-3, 1e-4  # of a state: never farther from 0; never farther from its first value
TWINS = 1e-4  # two units never differ by more than this share of their range
SHARE = 0.1  # share of units before dead, constant or equal ones are worth a word
NEAR_HALF = 0.04  # all forget gates this close to 0.5 on the mean: as with biases of 0 before training
LONG, SHORT = 30, 0.2  # steps from which a memory can be short; and how short, as a share of them
GROWTH, LARGE = 10.0, 1e3  # of the states of a relu cell: last quarter over first, and largest


@dataclass(frozen=True)
class View:
    """One layer in one direction over all sequences: name -> (all steps, unit)."""

    module: str
    layer: int
    reverse: bool
    cell: Definition
    rows: Sequence[Trace]

    @property
    def where(self) -> dict[str, str]:
        """Where to look."""
        site = layer_site("encoder", self.layer, "hidden", reverse=self.reverse).removesuffix(".hidden")
        return {"module": self.module, "site": site} if self.module else {"site": site}

    @property
    def place(self) -> str:
        """The same in words."""
        words = f"layer {self.layer}" + ", read backwards" * self.reverse
        return f"{self.module}, {words}" if self.module else words

    def all(self, name: str) -> np.ndarray:
        """One array of all sequences, one below the other."""
        site = layer_site("encoder", self.layer, name, reverse=self.reverse)
        return np.concatenate([trace[site] for trace in self.rows])

    def sigmoids(self) -> list[str]:
        """The gates that go through a sigmoid."""
        found = []
        for gate in self.cell.gate_names:
            expression = self.cell[gate].expression
            if isinstance(expression, Call) and expression.function == "sigmoid":
                found.append(gate)
        return found


def look(view: View) -> Iterator[Symptom]:
    """All findings on one layer."""
    hidden = view.all("hidden")
    if len(hidden) < ENOUGH:
        return
    dead = np.abs(hidden).max(0) < DEAD
    yield from _dead(view, dead)
    yield from _constant(view, hidden, dead)
    yield from _twins(view, hidden, dead)
    yield from _saturated(view)
    yield from _untrained(view)
    yield from _horizon(view)
    yield from _exploding(view)


def _dead(view: View, dead: np.ndarray) -> Iterator[Symptom]:
    if dead.mean() < SHARE:
        return
    units = np.flatnonzero(dead).tolist()
    relu = any("relu" in equation.code() for equation in view.cell.elementwise)
    yield Symptom(
        "dead units",
        f"{len(units)} of {len(dead)} units of {view.place} stay within {DEAD:g} of 0 at every step: "
        f"{some(units)}.",
        "They tell the layers above nothing on these sequences"
        + ("; a relu whose sum is never positive gets no gradient either." if relu else "."),
        "Look at other inputs first. If they stay dead: a smaller learning rate, another "
        "initialisation, or fewer units.",
        "likely" if relu else "possible",
        float(dead.mean()),
        {"units": len(units), "of": len(dead)},
        {**view.where, "units": units},
    )


def _constant(view: View, hidden: np.ndarray, dead: np.ndarray) -> Iterator[Symptom]:
    still = (np.ptp(hidden, axis=0) < SAME) & ~dead
    if still.mean() < SHARE:
        return
    units = np.flatnonzero(still).tolist()
    yield Symptom(
        "constant units",
        f"{len(units)} of {len(still)} units of {view.place} hold one value at every step: {some(units)}.",
        "Whatever is read, they say the same: a bias in a roundabout way.",
        "Check that the input varies and is scaled; large weights or biases shut tanh and sigmoid for good.",
        "likely",
        float(still.mean()),
        {"units": len(units), "of": len(still)},
        {**view.where, "units": units},
    )


def _twins(view: View, hidden: np.ndarray, dead: np.ndarray) -> Iterator[Symptom]:
    spread = np.ptp(hidden, axis=0)
    alive = np.flatnonzero(~dead & (spread > SAME))
    order = alive[np.argsort(hidden[-1, alive], kind="stable")]
    pairs = []
    for one, other in itertools.pairwise(order):  # equal units end side by side
        apart = np.abs(hidden[:, one] - hidden[:, other]).max()
        if apart <= TWINS * max(spread[one], spread[other]):
            pairs.append(sorted((int(one), int(other))))
    if not alive.size or len(pairs) / len(dead) < SHARE:
        return
    yield Symptom(
        "equal units",
        f"{len(pairs)} pairs of units of {view.place} are equal at every step, {pairs[0][0]} and "
        f"{pairs[0][1]} among them.",
        "Units that begin with the same weights get the same gradients and stay the same: the layer is "
        "narrower than it looks.",
        "Check the initialisation: weights that are all the same (zeros, ones) never part.",
        "certain",
        len(pairs) / len(dead),
        {"pairs": len(pairs), "of": len(dead)},
        {**view.where, "units": sorted({unit for pair in pairs for unit in pair})},
    )


def _saturated(view: View) -> Iterator[Symptom]:
    for gate in view.sigmoids():
        values = view.all(gate)
        beyond = (values < SHUT) | (values > OPEN)
        share = float(beyond.mean())
        if share < SATURATED:
            continue
        open_share = float((values > OPEN).mean())
        yield Symptom(
            "saturated gate",
            f"{share:.0%} of the {gate} gate's values in {view.place} lie below {SHUT:g} or above {OPEN:g} "
            f"({open_share:.0%} open).",
            "Such a gate hardly reacts to what is read, and passes back hardly any gradient. A "
            "saturated gate is not "
            "a fault by itself: a switch that is sure of itself looks the same.",
            "If training stands still: scale the input, look for large weights, a smaller learning "
            "rate, clipping.",
            "possible",
            share,
            {"share": share, "open": open_share},
            {**view.where, "gate": gate, "units": np.flatnonzero(beyond.mean(0) >= SATURATED).tolist()},
        )


def _untrained(view: View) -> Iterator[Symptom]:
    keeper = view.cell.keeper
    if keeper is None or "cell" not in view.cell.states or keeper not in view.sigmoids():
        return
    means = view.all(keeper).mean(0)
    if (
        len(means) < 4
        or np.abs(means - 0.5).max() > 2 * NEAR_HALF
        or abs(float(means.mean()) - 0.5) > NEAR_HALF
    ):
        return
    yield Symptom(
        "forget gates near 0.5",
        f"All {len(means)} {keeper} gates of {view.place} lie near 0.5 on the mean ({means.min():.2f} "
        f"to {means.max():.2f}).",
        "So they begin where biases are 0. Each step then halves the cell: after 10 steps a thousandth "
        "is left.",
        "If the network is trained: has it learnt anything? If it is about to be: begin with a forget "
        "bias of 1 "
        "(Jozefowicz et al., 2015).",
        "likely",
        1.0,
        {"mean": float(means.mean()), "least": float(means.min()), "most": float(means.max())},
        {**view.where, "gate": keeper},
    )


def _horizon(view: View) -> Iterator[Symptom]:
    keeper, memory = view.cell.keeper, view.cell.memory
    if keeper is None or memory is None or keeper not in view.sigmoids():
        return
    steps = max(
        len(trace[layer_site("encoder", view.layer, "hidden", reverse=view.reverse)]) for trace in view.rows
    )
    values = view.all(keeper).astype(np.float64)
    kept = values if memory.kept.code() == keeper else 1 - values
    rate = np.exp(np.log(np.clip(kept, 1e-12, 1 - 1e-12)).mean(0))  # what a step keeps, as a geometric mean
    horizons = -1 / np.log(rate)
    longest = float(horizons.max())
    if steps < LONG or longest > SHORT * steps:
        return
    yield Symptom(
        "short memory",
        f"The sequences of {view.place} have up to {steps} steps; its longest memory falls to 37 % within "
        f"{longest:.1f} steps (unit {int(horizons.argmax())}), the median within {np.median(horizons):.1f}.",
        "What the gates keep of the beginning is gone at the end. A state can also be passed on through "
        "the candidate, "
        "which this does not count.",
        "If early steps matter: a larger forget bias, shorter sequences, attention, or a readout of all "
        "steps.",
        "possible",
        1 - longest / steps,
        {"steps": steps, "longest": longest, "median": float(np.median(horizons))},
        {**view.where, "gate": keeper},
    )


def _exploding(view: View) -> Iterator[Symptom]:
    if view.cell.gate_names != ("candidate",) or "relu" not in view.cell["candidate"].code():
        return
    site = layer_site("encoder", view.layer, "hidden", reverse=view.reverse)
    for row, trace in enumerate(view.rows):
        sizes = np.linalg.norm(trace[site][:: -1 if view.reverse else 1].astype(np.float64), axis=1)
        quarter = len(sizes) // 4
        if quarter < 2 or sizes[-1] < LARGE:
            continue
        first, last = float(sizes[:quarter].mean()), float(sizes[-quarter:].mean())
        if last > GROWTH * max(first, 1e-9):
            factor = float(
                (sizes[-1] / max(sizes[len(sizes) // 2], 1e-9))
                ** (1 / max(1, len(sizes) - 1 - len(sizes) // 2))
            )
            yield Symptom(
                "exploding states",
                f"The states of {view.place} grow to a length of {sizes[-1]:.3g} in sequence {row}, "
                f"{factor:.2f} times at "
                "each step of the second half.",
                "A relu has no upper end: where the recurrent weights enlarge a state, it grows with "
                "every step, and the "
                "gradient with it.",
                "Begin with recurrent weights near the identity (Le et al., 2015), clip the gradient, "
                "or use tanh, a GRU "
                "or an LSTM.",
                "certain",
                1.0,
                {"length": float(sizes[-1]), "factor": factor},
                {**view.where, "sequence": row},
            )
            return
