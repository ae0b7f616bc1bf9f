"""The long short-term memory, as PyTorch computes it."""

from rnnviz_core.languages import N_

from .definition import (
    CELL,
    HIDDEN,
    PREVIOUS_CELL,
    PREVIOUS_HIDDEN,
    UNPROJECTED,
    Definition,
    Gate,
    Writer,
    state_weight,
)
from .expressions import Linear, Square, Symbol, sigmoid, tanh
from .meanings import GATES

NAMED = N_("an LSTM")


def define(*, projection: bool = False, bias: bool = True) -> Definition:
    """PyTorch LSTM: rows in the order input, forget, candidate, output; no peepholes.

    Hochreiter & Schmidhuber (1997) with the forget gate of Gers et al. (2000); with `projection` the
    state is narrower than the cell (Sak et al., 2014).
    """
    i, f = Gate("input", "i", "i"), Gate("forget", "f", "f")
    g, o = Gate("candidate", "g", "g"), Gate("output", "o", "o")
    write = Writer("lstm", i, f, g, o, bias=bias, projection=projection)
    take = write.gate(i, sigmoid(i.from_input + i.from_state), f"{GATES['input']}.")
    keep = write.gate(f, sigmoid(f.from_input + f.from_state), f"{GATES['forget']}.")
    candidate = write.gate(g, tanh(g.from_input + g.from_state), f"{GATES['candidate']}.")
    show = write.gate(o, sigmoid(o.from_input + o.from_state), f"{GATES['output']}.")
    cell = write.state(
        CELL,
        keep * PREVIOUS_CELL + take * candidate,
        N_("The new cell: what is kept of the old one plus what is written."),
    )
    weight = Symbol("W_hr", "W_{hr}") if projection else None  # PyTorch's name
    out = show * (1 - Square(tanh(cell)))
    write.derivative(CELL, PREVIOUS_CELL, (keep, None))
    write.derivative(
        CELL,
        PREVIOUS_HIDDEN,
        (PREVIOUS_CELL * keep * (1 - keep), state_weight(f)),
        (candidate * take * (1 - take), state_weight(i)),
        (take * (1 - Square(candidate)), state_weight(g)),
    )
    write.derivative(
        HIDDEN, PREVIOUS_HIDDEN, (tanh(cell) * show * (1 - show), state_weight(o)), (out, "cell"), left=weight
    )
    write.derivative(HIDDEN, PREVIOUS_CELL, (out, "cell"), left=weight)
    write.derivative(HIDDEN, CELL, (out, None), left=weight)
    if weight is None:
        write.state(
            HIDDEN,
            show * tanh(cell),
            N_("The tanh of the cell, as far as the output gate shows it: the new state."),
        )
        return write.definition()
    unprojected = write.state(
        UNPROJECTED,
        show * tanh(cell),
        N_("The tanh of the cell, as far as the output gate shows it, before the projection."),
    )
    write.state(
        HIDDEN, Linear(weight, unprojected, None), N_("The new state: the same, mixed into fewer numbers.")
    )
    return write.definition()
