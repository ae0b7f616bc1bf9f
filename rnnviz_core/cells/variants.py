"""Cells of other libraries: other functions in the gates, other biases, the GRU of the first edition.

Keras lets one choose the functions and has one bias where PyTorch has two; ONNX also clips the sums and
couples gates. The order of the rows is PyTorch's, whatever the file's was.
"""

from rnnviz_core.errors import SpecError, unknown_choice
from rnnviz_core.languages import N_, filled

from .definition import (
    CELL,
    HIDDEN,
    PREVIOUS_CELL,
    PREVIOUS_HIDDEN,
    Definition,
    Gate,
    Writer,
)
from .expressions import MEANT, ON_ARRAYS, Call, Clip, Expression, Linear, Symbol
from .meanings import GATES

BIASES = ("two", "one", "none")  # beside input and state, beside the input alone, nowhere
FUNCTIONS = (*ON_ARRAYS, "linear")


def _checked(bias: str, clip: float, *functions: str) -> tuple[bool, bool]:
    """Whether input and state have biases; a choice that does not exist is refused."""
    if bias not in BIASES:
        raise SpecError(unknown_choice("bias", bias, BIASES))
    for function in functions:
        if function not in FUNCTIONS:
            raise SpecError(unknown_choice("function", function, FUNCTIONS))
    if not isinstance(clip, int | float) or not clip >= 0:
        raise SpecError(f"clip is {clip!r}; it must be a number from 0")
    return bias != "none", bias == "two"


class _Variant:
    """Writes activations by the name of their function."""

    def __init__(self, write: Writer, clip: float) -> None:
        self.write, self.clip = write, clip

    def gate(self, gate: Gate, function: str, total: Expression, meaning: str) -> Symbol:
        """The sum of a gate, clipped where that is asked for, and the gate."""
        self.write.state(gate.preactivation, self._cut(total), f"Both added up: what goes into {function}.")
        said = f"{meaning}."
        if function in MEANT:
            said = filled(
                "{meaning}; {function}(a) = {formula}.",
                meaning=filled(meaning),
                function=function,
                formula=filled(MEANT[function]),
            )
        return self.write.state(gate.activation, called(function, gate.preactivation), said)

    def _cut(self, total: Expression) -> Expression:
        return Clip(total, float(self.clip)) if self.clip else total


def called(function: str, argument: Expression) -> Expression:
    """The function of an argument; `linear` leaves it as it is."""
    return argument if function == "linear" else Call(function, argument)


def lstm(
    *,
    gates: str = "sigmoid",
    content: str = "tanh",
    shown: str = "tanh",
    bias: str = "two",
    peephole: bool = False,
    coupled: bool = False,
    clip: float = 0.0,
) -> Definition:
    """An LSTM with functions of one's choice.

    Keras: `gates` is its ``recurrent_activation``, `content` and `shown` its ``activation``, `bias` is one.
    ONNX: the three functions f, g, h; `peephole`, `clip`, and `coupled` (``input_forget``), where the forget
    gate is one minus the input gate.
    """
    of_input, of_state = _checked(bias, clip, gates, content, shown)
    i, f = Gate("input", "i", "i"), Gate("forget", "f", "f")
    g, o = Gate("candidate", "g", "g"), Gate("output", "o", "o")
    rows = (i, g, o) if coupled else (i, f, g, o)
    write = Writer(
        "lstm_variant",
        *rows,
        bias=of_input,
        state_bias=of_state,
        gates=gates,
        content=content,
        shown=shown,
        peephole=peephole,
        coupled=coupled,
        clip=clip,
    )
    write.options = (*write.options[:-1], ("bias", bias))
    made = _Variant(write, clip)

    def total(gate: Gate, seen: Symbol) -> Expression:
        plain = gate.from_input + gate.from_state
        return plain + Symbol(f"p_{gate.rows}", f"p_{{{gate.rows}}}") * seen if peephole else plain

    take = made.gate(i, gates, total(i, PREVIOUS_CELL), GATES["input"])
    if coupled:
        keep: Expression = 1 - take
    else:
        keep = made.gate(f, gates, total(f, PREVIOUS_CELL), GATES["forget"])
    candidate = made.gate(g, content, g.from_input + g.from_state, GATES["candidate"])
    cell = write.state(
        CELL,
        keep * PREVIOUS_CELL + take * candidate,
        N_("The new cell: what is kept of the old one plus what is written."),
    )
    show = made.gate(o, gates, total(o, cell), GATES["output"])
    write.state(
        HIDDEN,
        show * called(shown, cell),
        filled("The {function} of the cell, as far as the output gate shows it.", function=shown),
    )
    return write.definition()


def gru(
    *,
    gates: str = "sigmoid",
    content: str = "tanh",
    bias: str = "two",
    before: bool = False,
    clip: float = 0.0,
) -> Definition:
    """A GRU with functions of one's choice; update = 1 keeps the old state.

    With `before` the reset gate acts on the old state before the matrix product (Cho et al., arXiv
    1406.1078v3; Keras's ``reset_after=False``, ONNX's ``linear_before_reset=0``), otherwise after it, as in
    PyTorch.
    """
    of_input, of_state = _checked(bias, clip, gates, content)
    r, z, n = Gate("reset", "r", "r"), Gate("update", "z", "z"), Gate("candidate", "n", "n")
    write = Writer(
        "gru_variant",
        r,
        z,
        n,
        bias=of_input,
        state_bias=of_state,
        gates=gates,
        content=content,
        before=before,
        clip=clip,
    )
    write.options = (*write.options[:-1], ("bias", bias))
    made = _Variant(write, clip)
    if before:  # the candidate reads another state than the gates: its part is written below
        write.linear = [one for one in write.linear if one.symbol != n.from_state]
    reset = made.gate(r, gates, r.from_input + r.from_state, GATES["reset"])
    update = made.gate(z, gates, z.from_input + z.from_state, GATES["update"])
    if before:
        left = write.state(
            Symbol("reset_hidden", "s_t"),
            reset * PREVIOUS_HIDDEN,
            N_("What reset leaves of the old state, before the product."),
        )
        weight = Symbol("W_hn", "W_{hn}")
        offset = Symbol("b_hn", "b_{hn}") if of_state else None
        back: Expression = write.state(
            n.from_state, Linear(weight, left, offset), N_("What that says about the candidate values.")
        )
    else:
        back = reset * n.from_state
    candidate = made.gate(
        n,
        content,
        n.from_input + back,
        N_("The new content: the token, and what reset lets through of the past"),
    )
    write.state(
        HIDDEN,
        (1 - update) * candidate + update * PREVIOUS_HIDDEN,
        N_("The new state: a blend of new content and old state, set by update."),
    )
    return write.definition()


def rnn(*, content: str = "tanh", bias: str = "two", clip: float = 0.0) -> Definition:
    """A plain RNN with a function of one's choice."""
    of_input, of_state = _checked(bias, clip, content)
    new = Gate("candidate", "g", "h")
    write = Writer("rnn_variant", new, bias=of_input, state_bias=of_state, content=content, clip=clip)
    write.options = (*write.options[:-1], ("bias", bias))
    candidate = _Variant(write, clip).gate(
        new, content, new.from_input + new.from_state, N_("The new content: token and old state added up")
    )
    write.state(
        HIDDEN, candidate, N_("The new state is the candidate: everything is rewritten at every step.")
    )
    return write.definition()
