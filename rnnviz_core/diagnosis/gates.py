"""Detectors that look at the gates of a layer over all steps of all sequences."""

from collections.abc import Iterator

import numpy as np

from rnnviz_core.languages import _, terms

from .evidence import row
from .symptoms import Measured, Symptom
from .view import View

SHUT, OPEN = 0.02, 0.98  # a sigmoid beyond them passes back under 2 % of a gradient (f(1 - f) < 0.02)
SATURATED = 0.9  # share of a gate's values beyond them that is worth a word
NEAR_HALF = 0.04  # all forget gates this close to 0.5 on the mean: as with biases of 0 before training
LONG, SHORT = 30, 0.2  # steps from which a memory can be short; and how short, as a share of them


def saturated(view: View) -> Iterator[Symptom | Measured]:
    """Gates whose values nearly all lie where a sigmoid is flat."""
    for gate in view.sigmoids():
        values = view.all(gate)
        beyond = (values < SHUT) | (values > OPEN)
        share, open_share = float(beyond.mean()), float((values > OPEN).mean())
        yield Measured(
            "saturated gate",
            _(
                "{gate} gate: {share:.0%} of its values below {shut:g} or above {open:g}; from {limit:.0%} "
                "on",
                gate=terms.gate(gate),
                share=share,
                shut=SHUT,
                open=OPEN,
                limit=SATURATED,
            ),
            share / SATURATED,
            view.place,
        )
        if share < SATURATED:
            continue
        units = np.flatnonzero(beyond.mean(0) >= SATURATED).tolist()
        yield Symptom(
            "saturated gate",
            _(
                "{share:.0%} of the {gate} gate's values in {place} lie below {shut:g} or above {open:g} "
                "({open_share:.0%} open).",
                share=share,
                gate=terms.gate(gate),
                place=view.place,
                shut=SHUT,
                open=OPEN,
                open_share=open_share,
            ),
            _(
                "Such a gate hardly reacts to what is read, and passes back hardly any gradient. A "
                "saturated gate is not a fault by itself: a switch that is sure of itself looks the same."
            ),
            _(
                "If training stands still: scale the input, look for large weights, a smaller learning "
                "rate, clipping."
            ),
            "possible",
            share,
            {"share": share, "open": open_share},
            {**view.where, "gate": gate, "units": units},
            row(
                "unit",
                _("Saturated steps of the {gate} gate", gate=terms.gate(gate)),
                _("share of steps"),
                beyond.mean(0),
                marked=units,
                limit=SATURATED,
            ),
        )


def untrained(view: View) -> Iterator[Symptom | Measured]:
    """Forget gates of an LSTM that stand where they stood before training."""
    keeper = view.cell.keeper
    if keeper is None or "cell" not in view.cell.states or keeper not in view.sigmoids():
        return
    means = view.all(keeper).mean(0)
    if len(means) < 4:
        return
    mean = float(means.mean())
    apart = max(abs(mean - 0.5), float(np.abs(means - 0.5).max()) / 2)
    yield Measured(
        "forget gates near 0.5",
        _(
            "the {gate} gates are {mean:.2f} on the mean, from {least:.2f} to {most:.2f}; all within "
            "{limit:g} of {half:g}",
            gate=terms.gate(keeper),
            mean=mean,
            least=means.min(),
            most=means.max(),
            limit=2 * NEAR_HALF,
            half=0.5,
        ),
        min(1.0, NEAR_HALF / max(apart, 1e-9)),
        view.place,
    )
    if apart > NEAR_HALF:
        return
    yield Symptom(
        "forget gates near 0.5",
        _(
            "All {count} {gate} gates of {place} lie near {half:g} on the mean ({least:.2f} to {most:.2f}).",
            count=len(means),
            gate=terms.gate(keeper),
            place=view.place,
            half=0.5,
            least=means.min(),
            most=means.max(),
        ),
        _(
            "So they begin where biases are 0. Each step then halves the cell: after 10 steps a thousandth "
            "is left."
        ),
        _(
            "If the network is trained: has it learnt anything? If it is about to be: begin with a forget "
            "bias of 1 (Jozefowicz et al., 2015)."
        ),
        "likely",
        1.0,
        {"mean": mean, "least": float(means.min()), "most": float(means.max())},
        {**view.where, "gate": keeper},
        row(
            "unit",
            _("The {gate} gate of each unit", gate=terms.gate(keeper)),
            _("mean over all steps"),
            means,
            limit=0.5,
        ),
    )


def horizon(view: View) -> Iterator[Symptom | Measured]:
    """How many steps the gates keep a memory for, against the length of what is read."""
    keeper, memory = view.cell.keeper, view.cell.memory
    if keeper is None or memory is None or keeper not in view.sigmoids():
        return
    if view.part != "encoder":  # a decoder reads its last piece, and often the context, anew at every step
        return
    steps = view.longest
    if steps < LONG:
        yield Measured(
            "short memory",
            _("looked at from {least} steps on; the longest sequence has {steps}", least=LONG, steps=steps),
            place=view.place,
        )
        return
    values = view.all(keeper).astype(np.float64)
    kept = values if memory.kept.code() == keeper else 1 - values
    rate = np.exp(np.log(np.clip(kept, 1e-12, 1 - 1e-12)).mean(0))  # what a step keeps, as a geometric mean
    horizons = -1 / np.log(rate)
    longest, best = float(horizons.max()), int(horizons.argmax())
    yield Measured(
        "short memory",
        _(
            "the longest memory falls to 37 % within {longest:.1f} of {steps} steps; below {limit:.0f} steps",
            longest=longest,
            steps=steps,
            limit=SHORT * steps,
        ),
        min(SHORT * steps / longest, 99.0),
        view.place,
    )
    if longest > SHORT * steps:
        return
    yield Symptom(
        "short memory",
        _(
            "The sequences of {place} have up to {steps} steps; its longest memory falls to 37 % within "
            "{longest:.1f} steps (unit {unit}), the median within {median:.1f}.",
            place=view.place,
            steps=steps,
            longest=longest,
            unit=best,
            median=np.median(horizons),
        ),
        _(
            "What the gates keep of the beginning is gone at the end. A state can also be passed on through "
            "the candidate, which this does not count."
        ),
        _(
            "If early steps matter: a larger forget bias, shorter sequences, attention, or a readout of all "
            "steps."
        ),
        "possible",
        1 - longest / steps,
        {"steps": steps, "longest": longest, "median": float(np.median(horizons))},
        {**view.where, "gate": keeper, "units": [best]},
        row(
            "unit",
            _("Memory of each unit"),
            _("steps until 37 % is left"),
            horizons,
            marked=[best],
            limit=SHORT * steps,
        ),
    )
