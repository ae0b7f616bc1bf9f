"""One cell of the gates page taken apart: drawn, in formulas, with the inputs behind a sum."""

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from rnnviz_core.cells.kinds import Cell
from rnnviz_core.charts import cell_drawing as drawing_charts
from rnnviz_core.charts import gates as charts
from rnnviz_core.charts import inspector as inspector_charts
from rnnviz_core.charts import matrices as matrix_charts
from rnnviz_core.frames import cell_drawing, first_look, gates, inspector, matrices
from rnnviz_core.frames.numbers import printed
from rnnviz_core.frames.tokens import spread, step_texts
from rnnviz_core.languages import N_, _
from rnnviz_core.ui.controls.choose import ALL_GATES, choose_one, choose_token, choose_unit, inside
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.shell.wording import download_rows, explain

from .maps import comparable, units_of

if TYPE_CHECKING:
    from rnnviz_core.cells.equations import Definition
    from rnnviz_core.frames.layer import Layer
    from rnnviz_core.ui.serving.view import View

SIGNS = N_(
    "Every other number follows from those on the wires into it: ×, +, 1 −, σ (the "
    "sigmoid) or tanh of them. A thick wire carries a number far from zero, orange above "
    "it and blue below."
)
SIGNS_NAMED = N_(
    "Every other number follows from those on the wires into it: ×, +, 1 −, or the function whose name "
    "stands in the box. A thick wire carries a number far from zero, orange above it and blue below."
)
READ_BARS = N_("Each bar is one of the two parts of a gate’s sum, or the sum itself.")
ENTERS = N_("Wx is what the input says, Uh what the old hidden state says, biases included.")
ENTERS_RNN = N_(
    "Wx is what the input says, “others” what the old states of all other units say, "
    "biases included. An RNN has no gate that keeps anything: a unit reads its own old "
    "state, too, through one weight."
)
ENTERS_ALONE = N_(
    "Wx is what the input says, biases included: the gates of this cell do not read the old state."
)
PEEPHOLE = N_("pc is what a gate sees of the cell state through its peephole: the weight p times the cell.")


def cell(view: "View", layer: "Layer") -> None:
    """One unit at one token, from its inputs to the new state."""
    with st.container(horizontal=True):
        position = choose_token(view, layer.part)
        unit = choose_unit(view, units_of(view, layer), first_look.unit(view.trace, layer, position))
    for shown in comparable(view, layer):
        _draw_cell(shown, layer, *_within(shown, layer, position, unit))
    explain(
        " ".join(map(_, _said(view.trace.definition(layer.part)))),
        _("Follow the wires from the old state to the new one: how much of it arrives?"),
    )
    names = gates.names(view.trace)
    views = [shown for shown in (view, view.other) if shown and layer.site("hidden") in shown.trace]
    terms = [_terms(shown, layer, *_within(shown, layer, position, unit)) for shown in views]
    bars = iter(gates.fit(*map(gates.term_bars, terms)))
    for shown, found in zip(comparable(view, layer, head=False), terms, strict=False):
        show(
            charts.cell_terms(gates.names(shown.trace), gates.term_names(shown.trace, layer.part)),
            key=shown.key("gates-terms"),
            description=_("Bars: {terms}.", terms=gates.terms_in_words(found)),
            terms=next(bars),
        )
    _equations(view, layer, position, unit)
    explain(
        _("Each formula of the cell stands first in letters, then with the numbers of this step and unit."),
        _(
            "Find a value near its lowest or highest. Was it the input that pushed it there, or "
            "the old state?"
        ),
    )
    download_rows(partial(gates.terms, view.trace, layer, names, position, unit), "gates-cell")
    _inputs(view, layer, position, unit)


def _said(cell: "Definition") -> tuple[str, ...]:
    """How the drawing is read, in sentences to be translated."""
    if cell_drawing.not_drawn(cell):
        return (READ_BARS,)
    return (*_enters(cell), SIGNS_NAMED if cell.name.endswith(cell_drawing.VARIANT) else SIGNS)


def _enters(cell: "Definition") -> tuple[str, ...]:
    """What enters the drawing of a cell, in sentences to be translated."""
    if len(cell.gates) == 1:
        return (ENTERS_RNN,)
    enters = ENTERS if cell.reads_state else ENTERS_ALONE
    return (enters, PEEPHOLE) if cell.peepholes else (enters,)


def _within(shown: "View", layer: "Layer", position: int, unit: int) -> tuple[int, int]:
    """The chosen cell, or the last one of a shorter text or a smaller network."""
    steps = len(step_texts(shown.trace, layer.part))
    return min(position, steps - 1), min(unit, units_of(shown, layer) - 1)


def _draw_cell(shown: "View", layer: "Layer", position: int, unit: int) -> None:
    definition = shown.trace.definition(layer.part)
    if why := cell_drawing.not_drawn(definition):
        st.info(why, icon=":material/info:")
        return
    nodes, wires = cell_drawing.drawing(shown.model, shown.trace, layer, position, unit)
    show(
        drawing_charts.cell_drawing(Cell.PEEPHOLE if definition.peepholes else definition.family),
        key=shown.key("gates-drawing"),
        description=_("The cell as a drawing: {drawing}.", drawing=cell_drawing.drawing_in_words(nodes)),
        nodes=nodes,
        wires=wires,
    )


def _terms(shown: "View", layer: "Layer", position: int, unit: int) -> pd.DataFrame:
    return gates.terms(shown.trace, layer, gates.names(shown.trace), position, unit)


def _equations(view: "View", layer: "Layer", position: int, unit: int) -> None:
    blocks = gates.worked(view.trace, layer, position, unit, inspector.of_unit(view.model, layer, unit))
    for pair in gates.in_rows(blocks, 2):
        for block, column in zip(pair, st.columns(2)):
            with column.container(border=True):
                title, value = charts.result_title(block.name), printed(block.value, ".3f")
                st.markdown(f"**{title}: {value}**  \n{_(block.meaning)}")
                st.latex(block.latex)


def _inputs(view: "View", layer: "Layer", position: int, unit: int) -> None:
    """The numbers behind one of the sums, and on demand the matrices that they come from."""
    names = gates.names(view.trace)
    gate = names[0]
    if len(names) > 1:
        titles = {name: charts.gate_title(name) for name in names}
        gate = choose_one("gate", _("The sum behind"), titles, others=ALL_GATES)
    views = [one for one in (view, view.other) if one and layer.site(gate) in one.trace]
    rows = [
        inspector.contributions(one.model, one.trace, layer, gate, *_within(one, layer, position, unit))
        for one in views
    ]
    fitted = iter(gates.fit(*rows))
    for shown in comparable(view, layer, head=False):
        if shown not in views:
            st.info(
                _("This network has no {gate}.", gate=inside(charts.gate_title(gate))), icon=":material/info:"
            )
            continue
        found = next(fitted)
        show(
            inspector_charts.contribution_bars(gate),
            key=shown.key("gates-contributions"),
            description=_(
                "Bars: the largest terms of the sum. {terms}.", terms=inspector.contributions_in_words(found)
            ),
            terms=found,
        )
    reads = view.trace.definition(layer.part).reads_state
    said = (
        N_(
            "The sum has one term per number of the input and of the old state: its weight times "
            "that number. The largest are named (“unit 3 before” is unit 3 of the old state), "
            "the others are added up. Together they give {total}."
        )
        if reads
        else N_(
            "The sum has one term per number of the input: its weight times that number. The "
            "largest are named, the others are added up. Together they give {total}."
        )
    )
    explain(
        _(said, total=printed(rows[0]["value"].iloc[-1], ".3f")),
        _("Does one number decide, or is it a vote of many small ones?"),
    )
    download_rows(rows[0], "gates-inputs")
    with st.expander(
        _("The matrices behind this gate"), icon=":material/grid_on:", key="gates-matrices", on_change="rerun"
    ) as opened:
        if opened.open:
            _matrices(view, layer, gate, unit)


def _matrices(view: "View", layer: "Layer", gate: str, unit: int) -> None:
    found = matrices.of_gate(view.model, view.trace, layer, gate)
    for (name, matrix), column in zip(found.items(), st.columns(2), strict=False):
        first, end = matrix.window(unit)
        words = matrices.in_words(name, matrix, unit)
        with column:
            show(
                matrix_charts.matrix(name, gate, end - first, matrix.values.shape[1]),
                key=f"gates-matrix-{name}",
                description=_(
                    "Heatmap of {name}, {words} Weights: {values}.",
                    name=name,
                    words=words,
                    values=spread(matrix.values),
                ),
                weights=matrices.rows(matrix, unit),
                chosen=matrices.chosen(unit),
            )
            st.caption(_("**{name}** is {words}", name=name, words=words))
    explain(
        _(
            "Each row of a matrix belongs to one unit, each column to one number that it reads. "
            "Where that number is above zero, orange weights push the sum up and blue ones down."
        ),
        _("Find a row that is pale everywhere: that unit’s gate hardly listens. Is it always half open?"),
    )
