"""What the gradients page differentiates, and the proof that it is right."""

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.contracts.task import task_of_spec
from rnnviz_core.frames.numbers import printed
from rnnviz_core.languages import N_, _
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.serving import derivatives
from rnnviz_core.ui.shell.wording import plain

if TYPE_CHECKING:
    from rnnviz_core.ui.serving.view import View

MARGIN, INFO = "margin", ":material/info:"
NO_FORM = N_("The Jacobian of this cell is not written down, so there is only the gradient itself to show.")
LOCAL = N_(
    "A gradient is local: it says what a small change would do. It does not say what "
    "made the answer, and where a gate is saturated a large change may do what a small "
    "one does not."
)


def quantities(entry: Entry, trace: Trace) -> dict[str, str]:
    """What can be differentiated, name -> words; what is usual first."""
    offered = task_of_spec(entry.spec).quantities
    found = {one.name: _(one.words) for one in offered(trace).values()} if offered else {}
    order = sorted(found, key=lambda name: name != MARGIN)  # the same number for every network: comparable
    return {name: found[name] for name in order}


def chosen_quantity(view: "View") -> str | None:
    """What the address asks for, else what is usual; None where nothing is offered."""
    offered = quantities(view.entry, view.trace)
    asked = url.get("of")
    return asked if asked in offered else next(iter(offered), None)


def choose_quantity(view: "View") -> str:
    """The number that is differentiated, kept as ``of`` in the address."""
    offered = quantities(view.entry, view.trace)
    if not offered:
        st.info(_("This network names no number of its answer that could be differentiated."), icon=INFO)
        st.stop()
    default = next(iter(offered))
    if url.get("of") not in offered:  # another text or network has other steps and classes
        url.put("of", None)
        url.write()
    chosen = url.checked("of", url.one_of(tuple(offered)), default, shown=offered[default])
    key = url.widget("of", chosen)
    st.selectbox(
        _("Gradient of"),
        list(offered),
        format_func=lambda name: offered[name][:1].upper() + offered[name][1:],
        key=key,
        on_change=lambda: url.put("of", st.session_state[key]),
        width=460,
    )
    return chosen


def same_quantity(entry: Entry, trace: Trace, of: str) -> str:
    """The quantity of this name for another network, else what is usual for it."""
    offered = quantities(entry, trace)
    return of if of in offered else next(iter(offered))


def gradient_of(view: "View", of: str) -> Trace:
    """The gradient of a view, computed once and kept."""
    return derivatives.gradient(view.entry, view.trace, same_quantity(view.entry, view.trace, of))


def proof(gradient: Trace) -> None:
    """Both checks in one line."""
    about = gradient.meta["gradient"]
    said = (
        _(
            "The step loop in double precision gives the recorded states to {states:.1e}.",
            states=about["states"],
        )
        if about["closed_form"] is None
        else _(
            "The step loop in double precision gives the recorded states to {states:.1e}, and "
            "autograd’s gradient and that of the closed-form Jacobians differ by "
            "{difference:.1e} of the largest number.",
            states=about["states"],
            difference=about["closed_form"],
        )
    )
    tip, head = escape(_("Both checks of this gradient")), escape(_("Gradient checked"))
    st.html(
        '<div class="rv-head"><div class="rv-facts"><details class="rv-badge">'
        f'<summary title="{tip}"><b aria-hidden="true">✓</b>'
        f"<span> {head}</span></summary>"
        f"<p>{escape(said)}</p></details></div></div>"
    )


def value_in_words(gradient: Trace) -> str:
    """``The margin: ... is 3.78.``"""
    about = gradient.meta["gradient"]
    words = _(about["words"])  # kept with the gradient, in English
    words = f"{words[:1].upper()}{words[1:]}"
    return plain(_("{quantity} is {value}.", quantity=words, value=printed(float(about["value"]))))
