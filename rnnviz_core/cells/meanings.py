"""What each gate means, in one line: the equations, the charts' headings and the glossary all say it so."""

from rnnviz_core.languages import N_, _

GATES = {
    "input": N_("How much of the new content is written"),
    "forget": N_("How much of the old cell state is kept"),
    "output": N_("How much of the cell state is shown outside"),
    "reset": N_("How much of the old state the candidate sees"),
    "update": N_("How much of the old state is kept"),
    "candidate": N_("The new content, before any gate"),
}
# Names by themselves, as legends and tables have them; in the frames they stay as they are here.
NAMES = (
    # Translators: the gates of a cell, one word each: the forget gate, the input gate ...
    N_("input"),
    N_("forget"),
    N_("output"),
    N_("reset"),
    N_("update"),
    N_("candidate"),
    # Translators: the two states of a cell, one word each: the hidden state, the cell state
    N_("hidden"),
    N_("cell"),
)
_GATES_NAMED = {
    "input": N_("input gate"),
    "forget": N_("forget gate"),
    "output": N_("output gate"),
    "reset": N_("reset gate"),
    "update": N_("update gate"),
}
_STATES_NAMED = {"hidden": N_("hidden state"), "cell": N_("cell state")}


def gate_in_words(name: str) -> str:
    """``forget gate``, in the language of the run; a gate of another name likewise."""
    return _(_GATES_NAMED[name]) if name in _GATES_NAMED else _("{name} gate", name=name)


def state_in_words(name: str) -> str:
    """``cell state``, in the language of the run."""
    return _(_STATES_NAMED[name]) if name in _STATES_NAMED else _("{name} state", name=name)


def translated_meaning(meaning: str) -> str:
    """An equation's meaning in the language of the run: a sentence, or a gate's line with its full stop."""
    said = _(meaning)
    if said != meaning or not meaning.endswith("."):
        return said
    return f"{_(meaning[:-1])}."
