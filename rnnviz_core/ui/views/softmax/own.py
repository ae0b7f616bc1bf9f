"""The prediction of a network that somebody brought along; and what to say where a trace holds none."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from rnnviz_core.charts import what_goes_in as charts
from rnnviz_core.importing import predicted
from rnnviz_core.inputs.steps import printed_number
from rnnviz_core.languages import _, numerals
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.shell.compare import side_by_side
from rnnviz_core.ui.shell.wording import explain, plain

if TYPE_CHECKING:
    from rnnviz_core.ui.serving.view import View

SITE = "readout.prediction"
MOST = 200  # numbers drawn


def prediction(view: "View") -> None:
    """What comes out, and what the network ends in."""
    for shown in side_by_side(view):
        if SITE not in shown.trace:
            none(shown)
            continue
        values = np.asarray(shown.trace[SITE], np.float64).reshape(-1)
        drawn = values[:MOST]
        if len(values) > 1:
            show(
                charts.outputs(len(drawn)),
                key=shown.key("prediction"),
                description=_(
                    "Bars: {count} numbers, the largest is output {largest}.",
                    count=len(values),
                    largest=int(values.argmax()),
                ),
                outputs={
                    "name": [_("output {number}", number=number) for number in range(len(drawn))],
                    "order": np.arange(len(drawn), dtype=np.int16),
                    "value": drawn,
                },
            )
        ends = str(shown.trace.meta.get("activation", ""))
        st.markdown(_last(values, "" if ends == "linear" else plain(ends)))
    explain(
        _(
            "This is the output of the whole network, computed from its file and the input "
            "above. What the numbers mean, classes or units, its file does not say."
        ),
        _("Change one step of the input: which output moves?"),
    )


def _last(values: np.ndarray, ends: str) -> str:
    """What the last layer gives, and the function it ends in, if it ends in one."""
    if len(values) == 1:
        value = numerals(printed_number(values[0]))
        if ends:
            return _("The last layer gives output 0 is **{value}**, after {ends}.", value=value, ends=ends)
        return _("The last layer gives output 0 is **{value}**.", value=value)
    if ends:
        return _("The last layer gives {count} numbers, after {ends}.", count=len(values), ends=ends)
    return _("The last layer gives {count} numbers.", count=len(values))


def none(view: "View") -> None:
    """Several rows, a trace of recurrent layers alone, or a network of which not all can be run."""
    if rows := predicted.in_words(view.trace):
        told = _(
            "The prediction has several rows, and only one of a single row is drawn here: {rows}", rows=rows
        )
        st.info(plain(told), icon=":material/info:")
        return
    st.info(
        _(
            "There is no answer here: the trace holds recurrent layers alone, or a layer after "
            "them is not known, so the network was run as far as the layer before it."
        ),
        icon=":material/info:",
    )
