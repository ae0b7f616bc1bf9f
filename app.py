"""RNNViz: type a sentence and see what a trained recurrent network computes on it."""

import streamlit as st

from rnnviz_core import places

st.set_page_config(
    page_title="RNNViz", page_icon=places.data_address(places.MARK), layout="wide", initial_sidebar_state=336
)

from rnnviz_core import startup  # noqa: E402

if gone := startup.missing():
    st.error(gone)
    st.stop()

from rnnviz_core import ui  # noqa: E402 - the page config comes first, whatever importing may do

ui.run()
