"""Sections of the attention page: the test with replaced weights, and the three kinds side by side."""

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ..charts import attention as charts
from ..charts import replaced as replaced_charts
from ..checkpoints import Entry
from ..errors import RnnvizError
from ..frames import attention as frames
from ..frames import replaced
from ..specs import Attention, TranslationSpec
from . import loaders
from .choose import beam
from .drawing import show
from .words import architecture, choose_model, explain, plain

if TYPE_CHECKING:
    from . import View

DEALS = 1000  # deals of the weights before they repeat


def _replaced(view: "View", deal: int) -> pd.DataFrame:
    """The answers with replaced weights: two runs of a small model, quicker than keeping them."""
    from .. import surgery

    trace, own = view.trace, view.trace["attention.weights"]
    others = {
        "all equal": surgery.with_weights(view.model, trace, surgery.uniform(own)),
        "shuffled": surgery.with_weights(view.model, trace, surgery.shuffled(own, deal)),
    }
    return (replaced.pieces if "target" in trace.tokens else replaced.classes)(trace, others)


def draw_test(view: "View") -> None:
    """The model run again with weights it did not choose."""
    st.subheader("What attention does not prove", anchor=False)
    st.markdown(
        "Attention shows where the network looked, not why it decided: each state already holds what was "
        "read before it, and other weights can give the same answer. The test: the same network, the same "
        "sentence, but with weights it did not choose."
    )
    deal = st.session_state.setdefault("attention-deal", 0)
    if st.button("Shuffle again", icon=":material/shuffle:", key="attention-shuffle"):
        deal = st.session_state["attention-deal"] = (deal + 1) % DEALS
    rows = _replaced(view, deal)
    translates = "target" in view.trace.tokens
    words = (replaced.pieces_in_words if translates else replaced.classes_in_words)(rows)
    show(
        (replaced_charts.replaced_pieces if translates else replaced_charts.replaced_classes)(),
        key="attention-replaced",
        description=f"Bars: the answer with replaced weights. {words}.",
        replaced=rows,
    )
    st.markdown(plain(words[:1].upper() + words[1:]) + ".")
    explain(
        ("The decoder is fed the same words as above. " if translates else "")
        + "“All equal” gives every token the same weight; “shuffled” deals the network’s own weights out to "
        "other tokens. Bars that hardly move: the weights were not needed for this answer.",
        "Find a sentence on which shuffling changes the answer, and one on which it does not.",
    )


def draw_kinds(view: "View") -> None:
    """None, Luong and Bahdanau on the same sentence, as far as they are installed."""
    spec = view.entry.spec
    if not isinstance(spec, TranslationSpec):
        return
    st.subheader("Three ways to look back", anchor=False)
    for column, kind in zip(st.columns(3), Attention):
        with column:
            st.markdown(f"**{ {'none': 'No attention'}.get(kind, kind.capitalize()) }**")
            entry = _entry(view, kind)
            if entry is None:
                st.caption(f"No {spec.source}→{spec.target} model of this kind is installed here.")
            else:
                _draw_kind(view, entry)
    explain(
        "The same sentence, read by one network of each kind. Without attention the decoder gets one fixed "
        "list of numbers; Luong looks back after each step of the decoder, Bahdanau before it.",
        "Make the sentence longer. Which kind is the first to lose its end?",
    )


def _entry(view: "View", kind: Attention) -> Entry | None:
    """The model of this kind for the same languages: the one chosen, else one with the same cell."""
    spec = view.entry.spec
    assert isinstance(spec, TranslationSpec)
    if spec.attention is kind:
        return view.entry
    found = [
        entry
        for entry in loaders.models().entries
        if isinstance(entry.spec, TranslationSpec)
        and entry.spec.attention is kind
        and (entry.spec.source, entry.spec.target) == (spec.source, spec.target)
    ]
    return min(found, key=lambda entry: (entry.spec.cell is not spec.cell, entry.id), default=None)


def _draw_kind(view: "View", entry: Entry) -> None:
    try:
        trace = view.trace if entry.id == view.model_id else loaders.trace(entry, view.text, beam())
    except RnnvizError as error:
        st.caption(plain(str(error)))
        return
    st.text(str(trace.meta["translation"]).strip() or "(nothing)")
    st.caption(plain(f"{entry.id} · {architecture(entry.spec)}"))
    if frames.has_attention(trace):
        rows = frames.alignment(trace)
        show(
            charts.small_alignment(),
            key=f"attention-kind-{entry.spec.attention}",
            description=f"{entry.id}: {frames.alignment_in_words(rows)}",
            alignment=rows,
        )
    else:
        context = frames.context(trace)
        show(
            charts.context_heatmap(len(trace["encoder.context"])),
            key=f"attention-kind-{entry.spec.attention}",
            description=f"{entry.id}: the one list of {len(context)} numbers that every step reads.",
            context=context,
        )
    if entry.id != view.model_id:
        st.button("Open this one", key=f"kind-{entry.id}", on_click=choose_model, args=(entry.id,))
