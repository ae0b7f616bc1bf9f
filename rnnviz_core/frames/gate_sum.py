"""Every summand of a gate's sum, for a layer seen whole."""

from dataclasses import dataclass
from typing import Any

from rnnviz_core.languages import N_, _, ngettext

from . import inspector
from .gates import previous
from .seen_whole import Whole

INPUT, STATE, OWN = N_("from the input"), N_("from the old state"), N_("from its own memory")


@dataclass(frozen=True)
class Term:
    """One summand of a gate's sum: ``weight * number``, with `value`; a bias has its value alone."""

    name: str
    kind: str  # INPUT, STATE or OWN
    weight: float | None
    number: float | None
    value: float


def terms(model: Any, drawn: Whole) -> list[Term]:
    """Every summand of the chosen gate's sum in the chosen unit at the chosen step; they add up to it."""
    trace, place, cell = drawn.trace, drawn.place, drawn.definition
    weights = inspector.weights(model, place)
    size = trace[place.site(drawn.gate)].shape[1]
    line = cell.gate_names.index(drawn.gate) * size + drawn.unit
    x, h = trace[place.site("layer_input")][drawn.step], previous(trace, place, "hidden", drawn.step)
    found = [
        Term(name, INPUT, float(weight), float(number), float(weight) * float(number))
        for name, weight, number in zip(drawn.input_names, weights["W_i"][line], x, strict=True)
    ]
    if "b_i" in weights:
        found.append(Term(_("bias b_i"), INPUT, None, None, float(weights["b_i"][line])))
    damp = drawn.damp
    if "W_h" in weights:
        found += [
            Term(
                _("unit {unit} before", unit=unit),
                STATE,
                float(weight),
                float(number),
                damp * float(weight) * float(number),
            )
            for unit, (weight, number) in enumerate(zip(weights["W_h"][line], h, strict=True))
        ]
        if "b_h" in weights:
            found.append(Term(_("bias b_h"), STATE, None, None, damp * float(weights["b_h"][line])))
    total = float(drawn.sums[drawn.at, drawn.row])
    if f"{drawn.gate}_preactivation" in cell.names:
        read = set(cell[f"{drawn.gate}_preactivation"].symbols())
        if {"cell", "previous_cell"} & read:  # a peephole: what is left is what it adds
            found.append(
                Term(_("through the peephole"), OWN, None, None, total - sum(t.value for t in found))
            )
    return found


def strongest_first(found: list[Term], count: int) -> list[Term]:
    """The `count` largest terms, and one for the rest of each kind."""
    ranked = sorted(found, key=lambda term: -abs(term.value))
    head, tail = ranked[:count], ranked[count:]
    for kind in (INPUT, STATE):
        rest = [term.value for term in tail if term.kind == kind]
        if rest:
            name = (
                ngettext("{n} other input", "{n} other inputs", len(rest))
                if kind == INPUT
                else ngettext("{n} other unit", "{n} other units", len(rest))
            )
            head.append(Term(name, kind, None, None, sum(rest)))
    return head
