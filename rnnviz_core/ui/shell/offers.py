"""Another model, offered where the chosen one has nothing to show."""

from collections.abc import Callable

import streamlit as st

from rnnviz_core.languages import _
from rnnviz_core.models.specs import ModelSpec
from rnnviz_core.ui.serving import loaders

from . import sidebar
from .wording import architecture, plain


def offer_models(reason: str, needs: Callable[[ModelSpec], bool]) -> None:
    """This page does not apply to the chosen model: say why, offer those that have it, and stop."""
    st.info(reason, icon=":material/info:")
    entries = [entry for entry in loaders.models().entries if needs(entry.spec)]
    if entries:
        st.markdown(_("These models have it. Choose one and you stay on this page:"))
    else:
        st.markdown(_("No model that is installed here has it."))
    with st.container(horizontal=True, gap="small"):
        for entry in entries:
            label = f"{plain(entry.id)} · {plain(architecture(entry.spec))}"
            st.button(label, key=f"offer-{entry.id}", on_click=choose_model, args=(entry.id,))
    st.stop()


def choose_model(model_id: str) -> None:
    """Change to a model, as if it had been picked in the sidebar."""
    sidebar.change_model(model_id)
