"""A GRU as other textbooks write it."""

from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core.charts import inspector as inspector_charts
from rnnviz_core.frames import inspector
from rnnviz_core.frames.tokens import axis_of
from rnnviz_core.languages import N_, _
from rnnviz_core.ui.controls.choose import choose_one, current_token
from rnnviz_core.ui.controls.clicks import follow
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.shell.wording import download_rows, explain

from .maps import comparable, marked

if TYPE_CHECKING:
    from rnnviz_core.frames.layer import Layer
    from rnnviz_core.ui.serving.view import View

CONVENTIONS = {
    "flipped": N_("z the other way round"),
    "same_weights": N_("z the other way, same weights"),
    "before": N_("reset before the product"),
}
CONVENTION_TEXTS = {
    "flipped": N_(
        "Chung et al. (2014, arXiv 1412.3555) let z = 1 take the new content: h = z · n + (1 "
        "− z) · h. Cho et al. (2014, arXiv 1406.1078), who proposed the unit, let z = 1 keep "
        "the old state, and so does PyTorch. Turn the sign of the update gate’s weights and "
        "biases round, and the state is the same."
    ),
    "same_weights": N_(
        "The same formula, h = z · n + (1 − z) · h, with PyTorch’s weights as they are: "
        "keeping and rewriting change places, and the network is another one."
    ),
    "before": N_(
        "Cho et al. (2014) in version 3 of arXiv 1406.1078, and Chung et al. (2014, arXiv "
        "1412.3555), reset the old state before the matrix product: U (r · h). Version 1 of "
        "Cho et al. resets after it, r · (U h), and so does PyTorch. The same weights give "
        "another candidate."
    ),
}


def conventions(view: "View", layer: "Layer") -> None:
    """A GRU as other textbooks write it: where h is the same, and by how much it differs."""
    follow(view, layer.part, *(f"gates-convention-{kind}" for kind in CONVENTIONS))
    position = current_token(view, layer.part)
    kind = choose_one("convention", _("Convention"), {name: _(words) for name, words in CONVENTIONS.items()})
    st.markdown(_(CONVENTION_TEXTS[kind]))
    views = [one for one in (view, view.other) if one and one.trace.meta["cell"] == "gru"]
    rows = [
        inspector.conventions(one.model, one.trace, layer)
        for one in views
        if layer.site("hidden") in one.trace
    ]
    most = max(frame[kind].max() for frame in rows)
    found = iter(rows)
    for shown in comparable(view, layer):
        if shown not in views:
            st.info(_("This network is not a GRU."), icon=":material/info:")
            continue
        frame = next(found).assign(most=most)
        largest = frame[kind].max()
        st.markdown(_("**Largest difference over this text: {largest:.2g}.**", largest=largest))
        show(
            inspector_charts.convention_bars(kind, axis_of(shown.trace, layer.part)),
            key=shown.key(f"gates-convention-{kind}"),
            description=_("Bars: difference of h per token, at most {largest:.2g}.", largest=largest),
            select=None if shown.second else "cell",
            conventions=frame,
            chosen=marked(shown, layer, position),
        )
    explain(
        _(
            "A bar is the largest difference over all units between this h and the recorded one, "
            "the whole text being read by the other formula. Differences near 1e-7 are rounding."
        ),
        _("Which convention may you change without training again, and which not?"),
    )
    download_rows(rows[0], "gates-conventions")
