"""The LSTM with peepholes: its gates look at the cell, too (Gers & Schmidhuber, 2000; Gers et al., 2002)."""

from rnnviz_core.languages import N_

from .definition import CELL, HIDDEN, PREVIOUS_CELL, PREVIOUS_HIDDEN, Definition, Gate, Writer, state_weight
from .expressions import Square, Symbol, sigmoid, tanh

NAMED = N_("a peephole LSTM")


def define(*, bias: bool = True) -> Definition:
    """Input and forget gate look at the old cell, the output gate at the new one; each unit at its own.

    ``p`` is a weight per unit: peepholes connect a cell with its own gates only. The rows of the other
    weights stand in PyTorch's order of an LSTM.
    """
    i, f = Gate("input", "i", "i"), Gate("forget", "f", "f")
    g, o = Gate("candidate", "g", "g"), Gate("output", "o", "o")
    p_i, p_f, p_o = (Symbol(f"p_{gate.rows}", f"p_{{{gate.rows}}}") for gate in (i, f, o))
    write = Writer("peephole", i, f, g, o, bias=bias)
    total = "Input, old state and, through the peephole, the cell"
    take = write.gate(
        i,
        sigmoid(i.from_input + i.from_state + p_i * PREVIOUS_CELL),
        f"{i.meaning}.",
        total,
    )
    keep = write.gate(
        f,
        sigmoid(f.from_input + f.from_state + p_f * PREVIOUS_CELL),
        f"{f.meaning}.",
        total,
    )
    candidate = write.gate(g, tanh(g.from_input + g.from_state), f"{g.meaning}.")
    cell = write.state(
        CELL,
        keep * PREVIOUS_CELL + take * candidate,
        N_("The new cell: what is kept of the old one plus what is written."),
    )
    show = write.gate(
        o,
        sigmoid(o.from_input + o.from_state + p_o * cell),
        f"{o.meaning}.",
        total,
    )
    write.state(
        HIDDEN, show * tanh(cell), N_("The new state: tanh of the cell, as far as the output gate shows it.")
    )
    forgets, takes = PREVIOUS_CELL * keep * (1 - keep), candidate * take * (1 - take)
    write.derivative(CELL, PREVIOUS_CELL, (keep, None), (forgets * p_f, None), (takes * p_i, None))
    write.derivative(
        CELL,
        PREVIOUS_HIDDEN,
        (forgets, state_weight(f)),
        (takes, state_weight(i)),
        (take * (1 - Square(candidate)), state_weight(g)),
    )
    shows = tanh(cell) * show * (1 - show)
    out = show * (1 - Square(tanh(cell))) + shows * p_o
    write.derivative(HIDDEN, PREVIOUS_HIDDEN, (shows, state_weight(o)), (out, "cell"))
    write.derivative(HIDDEN, PREVIOUS_CELL, (out, "cell"))
    write.derivative(HIDDEN, CELL, (out, None))
    return write.definition()
