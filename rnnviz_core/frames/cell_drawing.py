"""Frames of the drawn cell: every number of one unit at one token, and the signs that make it of others.

A node holds a number. It enters the drawing (an embedding's share, an old state), or its sign makes it of
the numbers on the wires that lead into it. Nothing else happens in a cell, so whoever follows the wires
can compute every number that is drawn from those before it.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from rnnviz_core.cells.equations import PREVIOUS_CELL, Definition
from rnnviz_core.cells.expressions import ON_ARRAYS, Call
from rnnviz_core.languages import N_, _, pgettext
from rnnviz_core.tracing.trace import Trace

from .gates import cell_values
from .inspector import of_unit, weights
from .layer import Layer
from .numbers import printed
from .states import CELL_LIMIT

# What a node makes of the numbers on its wires; a state takes over what its one wire brings. The two hard
# sigmoids differ in their slope.
SIGNS = {"sigmoid": "σ", "hard_sigmoid": "hard σ ⅕", "hard_sigmoid_sixth": "hard σ ⅙", "exponential": "exp"}
CLEAR = 0.32  # a wire begins that far above the middle of a number without a box


class Node(NamedTuple):
    """One number of the drawing, on a plane of 10 x 7."""

    name: str
    x: float
    y: float
    kind: str  # of its box: a gate, candidate, hidden, cell, entry (a number alone), op (a sign)
    words: str  # drawn in the box
    about: str  # what the number is, for the tooltip
    sign: str = ""  # how it is made of the numbers on its wires
    after: tuple[str, ...] = ()  # the nodes whose wires lead into it


_STATES = {
    "hidden": (N_("old hidden state {state}"), N_("new hidden state {state}")),
    "cell": (N_("old cell state {state}"), N_("new cell state {state}")),
    "unprojected": (N_("old unprojected state {state}"), N_("new unprojected state {state}")),
}


def _op(name: str, x: float, y: float, sign: str, about: str, *after: str) -> Node:
    """A sign that makes one number of those on its wires."""
    return Node(name, x, y, "op" if len(sign) == 1 else "function", sign, about, sign, after)


def _entry(name: str, x: float, y: float, words: str, about: str) -> Node:
    """A number that enters the drawing."""
    return Node(name, x, y, "entry", words, about)


def _state(name: str, x: float, y: float, words: str, *after: str) -> Node:
    """An old state, which enters, or a new one, which takes over what its wire brings."""
    kind = name.removeprefix("previous_")
    old, new = _STATES[kind]
    return Node(name, x, y, kind, words, _(new if after else old, state=words), "=" * bool(after), after)


def _in_box(words: str) -> str:
    """A gate's name where there is room for eight letters."""
    match words:
        case "forget":
            return pgettext("eight letters at most", "forget")
        case "input":
            return pgettext("eight letters at most", "input")
        case "output":
            return pgettext("eight letters at most", "output")
        case "update":
            return pgettext("eight letters at most", "update")
        case "reset":
            return pgettext("eight letters at most", "reset")
    return _(words)


def _gate(name: str, x: float, cell: Definition, about: str, words: str) -> list[Node]:
    """A gate: what the token and the old state say, their sum, and the function it goes through."""
    about, words = _(about), _in_box(words)
    entries = [_entry(f"{name}_from_input", x - 0.42, 0.9, "Wx", f"{about}: {_part(cell, TOKEN)}")]
    if cell.reads_state:
        entries.append(_entry(f"{name}_from_state", x + 0.42, 0.3, "Uh", f"{about}: {_part(cell, STATE)}"))
    if name in cell.peepholes:
        which = "(t−1)" if cell.peepholes[name].right == PREVIOUS_CELL else "(t)"
        looks = _("{gate}: through the peephole, its weight p × c{which}", gate=about, which=which)
        entries.append(_entry(f"{name}_from_cell", x, -0.5, "pc", looks))
    parts = tuple(entry.name for entry in entries)
    total, sign = f"{name}_preactivation", _sign(cell, name)
    return [
        *entries,
        _op(total, x, 1.85, "+", _("{gate}: the sum", gate=about), *parts),
        Node(name, x, 3.1, name, words, about, sign, (total,)),
    ]


TOKEN = N_("from the token, W x")
STATE = N_("from the old hidden state, U h(t−1)")


def _part(cell: Definition, words: str) -> str:
    """One of a gate's two linear parts, with its bias where the cell has biases."""
    return _(words) + " + b" * bool(cell.biased)


def _sign(cell: Definition, name: str) -> str:
    """The function that an activation goes through; of a linear one nothing but its sum."""
    expression = cell[name].expression
    return _named(expression.function) if isinstance(expression, Call) else "="


def _named(function: str) -> str:
    """A function as it is drawn."""
    return SIGNS.get(function, function)


def _shown(cell: Definition) -> str:
    """The function through which an LSTM shows its cell: of imported ones it can be another than tanh."""
    return str(dict(cell.options).get("shown", "tanh"))


def _lstm(cell: Definition) -> list[Node]:
    projected = "unprojected" in cell.names  # the state mixes all units then: drawn is what this one gives
    end = ("unprojected", "u(t)") if projected else ("hidden", "h(t)")
    shown, coupled = _shown(cell), "forget" not in cell.names
    looks = _("output gate × tanh(c(t))")
    if shown != "tanh":
        looks = _("output gate × {function}(c(t))", function=_named(shown) if shown != "linear" else "")
    keeps = (
        [_op("open", 2.3, 4.0, "1 −", _("1 − input gate: what is kept"), "input")]
        if coupled
        else _gate("forget", 2.3, cell, N_("forget gate"), "forget")
    )
    kept = _("kept: (1 − input gate) × c(t−1)") if coupled else _("kept: forget gate × c(t−1)")
    return [
        _state("previous_cell", 0.6, 6.3, "c(t−1)"),
        *keeps,
        *_gate("input", 4.0, cell, N_("input gate"), "input"),
        *_gate("candidate", 5.8, cell, N_("candidate"), N_("cand.")),
        *_gate("output", 7.55, cell, N_("output gate"), "output"),
        _op("kept", 2.3, 6.3, "×", kept, "previous_cell", "open" if coupled else "forget"),
        _op("added", 4.9, 4.75, "×", _("written: input gate × candidate"), "input", "candidate"),
        _op("cell_sum", 4.9, 6.3, "+", _("kept + written"), "kept", "added"),
        _state("cell", 9.4, 6.3, "c(t)", "cell_sum"),
        _seen(shown),
        _op("shown", 7.55, 4.4, "×", looks, "output", "cell_tanh"),
        _state(end[0], 9.4, 4.4, end[1], "shown"),
    ]


def _seen(function: str) -> Node:
    """The new cell as the output gate gets it."""
    about = _("tanh of the new cell state")
    if function != "tanh":
        about = _("{function} of the new cell state", function=_named(function))
    sign = "=" if function == "linear" else _named(function)
    return Node("cell_tanh", 6.9, 5.5, "function", sign, about, sign, ("cell_sum",))


def _gru(cell: Definition) -> list[Node]:
    if "reset_hidden" in cell.names:
        return _gru_before(cell)
    entry, state, total, gate = _gate("candidate", 7.4, cell, N_("candidate"), N_("cand."))
    about = _("candidate: reset gate × what the old state says")
    return [
        _state("previous_hidden", 0.6, 6.3, "h(t−1)"),
        *_gate("update", 1.9, cell, N_("update gate"), "update"),
        *_gate("reset", 4.3, cell, N_("reset gate"), "reset"),
        entry._replace(x=7.9),
        state._replace(x=5.9),
        _op("candidate_reset", 5.9, 1.85, "×", about, "reset", state.name),
        total._replace(after=(entry.name, "candidate_reset")),
        gate,
        _op("kept", 1.9, 6.3, "×", _("kept: update gate × h(t−1)"), "previous_hidden", "update"),
        _op("open", 4.3, 4.75, "1 −", _("1 − update gate"), "update"),
        _op("added", 7.4, 4.75, "×", _("written: (1 − update gate) × candidate"), "open", "candidate"),
        _op("hidden_sum", 7.4, 6.3, "+", _("kept + written"), "kept", "added"),
        _state("hidden", 9.4, 6.3, "h(t)", "hidden_sum"),
    ]


def _gru_before(cell: Definition) -> list[Node]:
    """Of the first edition: reset acts on the old state, before the product mixes all units."""
    entry, _state_part, total, gate = _gate("candidate", 7.4, cell, N_("candidate"), N_("cand."))
    others = _("candidate: from the old states of all other units, each times its reset gate")
    left = _("what reset leaves: reset gate × h(t−1)")
    return [
        _state("previous_hidden", 0.6, 6.3, "h(t−1)"),
        *_gate("update", 1.9, cell, N_("update gate"), "update"),
        *_gate("reset", 4.1, cell, N_("reset gate"), "reset"),
        entry._replace(x=8.6, y=0.6),
        _op("reset_hidden", 4.1, 5.3, "×", left, "reset", "previous_hidden"),
        _entry("own_weight", 5.4, 0.6, _("weight"), _("the unit’s weight for its own old state, in U")),
        _op("own", 5.7, 2.2, "×", _("from the unit’s own old state"), "reset_hidden", "own_weight"),
        _entry("others", 6.9, 0.3, _("others"), others),
        total._replace(after=(entry.name, "own", "others")),
        gate,
        _op("kept", 1.9, 6.3, "×", _("kept: update gate × h(t−1)"), "previous_hidden", "update"),
        _op("open", 3.0, 4.4, "1 −", _("1 − update gate"), "update"),
        _op("added", 7.4, 4.75, "×", _("written: (1 − update gate) × candidate"), "open", "candidate"),
        _op("hidden_sum", 7.4, 6.3, "+", _("kept + written"), "kept", "added"),
        _state("hidden", 9.4, 6.3, "h(t)", "hidden_sum"),
    ]


def _rnn(cell: Definition) -> list[Node]:
    terms, total = ("own", "candidate_from_input", "others"), "candidate_preactivation"
    others = (
        _("from the old states of all other units, and the bias of U")
        if "b_h" in cell.biased
        else _("from the old states of all other units")
    )
    return [
        _state("previous_hidden", 0.6, 4.75, "h(t−1)"),
        _entry("own_weight", 2.4, 2.2, _("weight"), _("the unit’s weight for its own old state, in U")),
        _op("own", 2.4, 4.75, "×", _("from the unit’s own old state"), "previous_hidden", "own_weight"),
        _entry("candidate_from_input", 3.9, 2.2, "Wx", _part(cell, TOKEN)),
        _entry("others", 5.4, 2.2, _("others"), others),
        _op(total, 4.65, 4.75, "+", _("the sum"), *terms),
        Node(
            "candidate",
            7.0,
            4.75,
            "candidate",
            _("cand."),
            _("candidate"),
            _sign(cell, "candidate"),
            (total,),
        ),
        _state("hidden", 9.4, 4.75, "h(t)", "candidate"),
    ]


def _mingru(cell: Definition) -> list[Node]:
    token, sign = _part(cell, TOKEN), _sign(cell, "update")
    return [
        _state("previous_hidden", 0.6, 6.3, "h(t−1)"),
        _entry("update_from_input", 3.0, 0.9, "Wx", _("update gate: {part}", part=token)),
        Node("update", 3.0, 2.6, "update", _in_box("update"), _("update gate"), sign, ("update_from_input",)),
        _entry("candidate_from_input", 7.2, 0.9, "Wx", _("candidate: {part}", part=token)),
        Node("candidate", 7.2, 2.6, "candidate", _("cand."), _("candidate"), "=", ("candidate_from_input",)),
        _op("open", 3.0, 4.75, "1 −", _("1 − update gate"), "update"),
        _op("kept", 3.0, 6.3, "×", _("kept: (1 − update gate) × h(t−1)"), "previous_hidden", "open"),
        _op("added", 7.2, 4.75, "×", _("written: update gate × candidate"), "update", "candidate"),
        _op("hidden_sum", 7.2, 6.3, "+", _("kept + written"), "kept", "added"),
        _state("hidden", 9.4, 6.3, "h(t)", "hidden_sum"),
    ]


# How a cell is drawn, and which numbers it has in between.
DRAWINGS = {"lstm": _lstm, "peephole": _lstm, "gru": _gru, "mingru": _mingru, "rnn": _rnn}
VARIANT = "_variant"  # how the names of other libraries' cells end


def not_drawn(cell: Definition) -> str:
    """Why a cell is not drawn, in a sentence; empty where it is."""
    if _drawn_as(cell) not in DRAWINGS:
        return _("Nobody has laid out a drawing of this cell yet; its formulas below say all of it.")
    clip = float(dict(cell.options).get("clip", 0.0))
    if clip:
        return _(
            "This cell cuts its sums off at ±{clip:g} before their functions, which the drawing has no sign "
            "for; its formulas below say all of it.",
            clip=clip,
        )
    return ""


def _drawn_as(cell: Definition) -> str:
    return cell.name.removesuffix(VARIANT)


def nodes_of(cell: Definition) -> list[Node]:
    """The nodes of a cell's drawing, each after those it is made of; `not_drawn` says where there is none."""
    return DRAWINGS[_drawn_as(cell)](cell)


def numbers(model: Any, trace: Trace, place: Layer, position: int, unit: int) -> dict[str, float]:
    """The number of every node, by name: recorded ones as recorded, the others in between computed."""
    values, cell = cell_values(trace, place, position, unit), trace.definition(place.part)
    match _drawn_as(cell):
        case "lstm" | "peephole":
            for gate, peephole in cell.peepholes.items():
                values |= of_unit(model, place, unit)
                values[f"{gate}_from_cell"] = float(peephole.evaluate(values))
            values["open"] = 1 - values["input"]
            values["kept"] = values.get("forget", values["open"]) * values["previous_cell"]
            values["added"] = values["input"] * values["candidate"]
            values["cell_sum"] = values["cell"]
            function = ON_ARRAYS.get(_shown(cell), lambda value: value)  # else linear
            values["cell_tanh"] = float(function(np.asarray(values["cell"])))
            values["shown"] = values["unprojected" if "unprojected" in values else "hidden"]
        case "mingru":
            values["open"] = 1 - values["update"]
            values["kept"] = values["open"] * values["previous_hidden"]
            values["added"] = values["update"] * values["candidate"]
            values["hidden_sum"] = values["hidden"]
        case "gru":
            values["candidate_reset"] = values["reset"] * values["candidate_from_state"]
            if "reset_hidden" in values:
                values["own_weight"] = float(weights(model, place)["W_hn"][unit, unit])
                values["own"] = values["own_weight"] * values["reset_hidden"]
                values["others"] = values["candidate_from_state"] - values["own"]
            values["kept"] = values["update"] * values["previous_hidden"]
            values["open"] = 1 - values["update"]
            values["added"] = values["open"] * values["candidate"]
            values["hidden_sum"] = values["hidden"]
        case "rnn":
            values["own_weight"] = float(weights(model, place)["W_h"][unit, unit])
            values["own"] = values["own_weight"] * values["previous_hidden"]
            values["others"] = values["candidate_from_state"] - values["own"]
    return values


def drawing(
    model: Any, trace: Trace, place: Layer, position: int, unit: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The nodes and the wires of the drawn cell, with their numbers.

    Nodes: ``name``, ``x``, ``y``, ``kind``, ``words``, ``about``, ``sign``, ``value``. Wires: ``start`` and
    ``end`` (names of nodes), ``x``, ``y``, ``x2``, ``y2``, ``about``, ``value`` (of the node it starts
    from), ``size`` (how far from zero) and ``shade``, what the colour shows: the value, but as on the states
    page for what is a part of an LSTM's cell state.
    """
    found = nodes_of(trace.definition(place.part))
    values, at = numbers(model, trace, place, position, unit), {node.name: node for node in found}
    placed = [(*node[:7], values[node.name]) for node in found]
    wires = []
    for node in found:
        for start in (at[name] for name in node.after):
            y = start.y + CLEAR * (start.kind == "entry")
            wires.append((start.name, node.name, start.x, y, node.x, node.y, start.about, values[start.name]))
    nodes = pd.DataFrame(placed, columns=[*Node._fields[:7], "value"])
    lines = pd.DataFrame(wires, columns=["start", "end", "x", "y", "x2", "y2", "about", "value"])
    of_cell = lines["start"].isin(["previous_cell", "kept", "added", "cell_sum"]) & ("previous_cell" in at)
    shade = np.where(of_cell, lines["value"] / CELL_LIMIT, lines["value"])
    return nodes, lines.assign(size=lines["value"].abs(), shade=shade)


def drawing_in_words(nodes: pd.DataFrame) -> str:
    """`drawing`, for a reader who cannot see it: every number, in the order of computation."""
    return "; ".join(f"{row.about} {printed(row.value)}" for row in nodes.itertuples())
