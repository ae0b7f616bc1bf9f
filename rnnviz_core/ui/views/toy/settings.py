"""What a person chooses before a training: the problem, the cell, T, and how it is trained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from rnnviz_core.cells.equations import definition
from rnnviz_core.cells.kinds import Cell
from rnnviz_core.languages import N_, _, numerals, pgettext
from rnnviz_core.models.toy_spec import Problem, ToySpec
from rnnviz_core.tasks.toy.problems import PROBLEMS
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.controls.choose import choose_one, whole
from rnnviz_core.ui.shell.wording import plain

CELLS = {
    cell.value: cell.words for cell in (Cell.LSTM, Cell.GRU, Cell.RNN, Cell.PEEPHOLE, Cell.MINGRU)
}  # the first is the default
STEPS = ("5", "10", "20", "30", "50", "75", "100", "150")
UNITS = ("8", "16", "32", "64")
RATES = ("0.001", "0.003", "0.01", "0.03", "0.1", "0.3")
LIMITS = {"1": "1", "0.25": "0.25", "5": "5", "none": N_("no clipping")}
UNCLIPPED = 1e3  # a norm that is never reached: the loop takes no “none”
OPTIMIZERS = {"adam": "Adam", "rmsprop": "RMSprop", "sgd": N_("SGD, momentum 0.9")}
BIASES = {"1": "1", "0": "0", "-2": "−2", "5": "5"}
DROPOUTS = {"0": N_("no dropout"), "0.2": "0.2", "0.5": "0.5"}
LENGTHS = {"exact": N_("exactly T"), "varied": N_("up to T")}
SEEDS = 100


@dataclass(frozen=True)
class Chosen:
    """One training, as it was chosen."""

    spec: ToySpec
    settings: dict[str, Any]  # of its `TrainingConfig`


def choose() -> Chosen:
    """Widgets in three rows; all of it stands in the address."""
    titles = {one.value: _(PROBLEMS[one].title) for one in PROBLEMS}
    problem = Problem(choose_one("problem", _("Task"), titles))
    st.caption(_(PROBLEMS[problem].says) + " " + _("Symbols: {symbols}", symbols=_symbols(problem)))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        cell = choose_one("cell", pgettext("of a network", "Cell"), CELLS)
        steps = _slide("steps", _("T, steps to remember"), STEPS, "20")
        units = _slide("size", _("Units"), UNITS, "32")
    with st.expander(_("More settings"), icon=":material/tune:", key="toy-more"):
        settings, rest = _more(Cell(cell))
    spec = ToySpec(Cell(cell), problem=problem, steps=int(steps), hidden=int(units), **rest)
    return Chosen(spec, settings)


def _told(options: Mapping[str, str]) -> dict[str, str]:
    """The words of options, and their numbers, as the language has them."""
    return {
        value: numerals(words) if words.replace(".", "").isdecimal() else _(words)
        for value, words in options.items()
    }


def _symbols(problem: Problem) -> str:
    return plain("  ".join(PROBLEMS[problem].symbols))


def _more(cell: Cell) -> tuple[dict[str, Any], dict[str, Any]]:
    """How it is trained, and what else its spec says."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        optimizer = choose_one("optimizer", _("Optimizer"), _told(OPTIMIZERS))
        rate = _slide("rate", _("Learning rate"), RATES, "0.003")
        clip = choose_one("clip", _("Clip at"), _told(LIMITS))
        bias = "1"
        if "forget" in definition(cell).gate_names:
            bias = choose_one("bias", _("Forget bias at the start"), BIASES)
        dropout = choose_one("dropout", _("Dropout"), _told(DROPOUTS))
        lengths = choose_one("lengths", _("Training sequences"), _told(LENGTHS))
        seed = _seed()
    settings = {
        "optimizer": optimizer,
        "rate": float(rate),
        "clip": UNCLIPPED if clip == "none" else float(clip),
        "seed": seed,
    }
    rest = {"forget_bias": float(bias), "dropout": float(dropout), "varied": lengths == "varied"}
    return settings, rest


def _slide(name: str, label: str, options: Sequence[str], default: str) -> str:
    chosen = url.checked(name, url.one_of(options), default, shown=default)
    key = url.widget(name, chosen)
    st.select_slider(
        label,
        options,
        format_func=numerals,
        key=key,
        on_change=lambda: url.put(name, st.session_state[key]),
        width=180,
    )
    return chosen


def _seed() -> int:
    chosen = whole("seed", SEEDS, 0)
    key = url.widget("seed", chosen)
    st.number_input(
        _("Seed"),
        0,
        SEEDS - 1,
        step=1,
        key=key,
        width=170,
        on_change=lambda: url.put("seed", str(st.session_state[key])),
    )
    return chosen
