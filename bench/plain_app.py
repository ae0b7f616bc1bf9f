"""One heatmap of one sentence, as a Streamlit app is usually written, or as ours is: see bench/plain.py."""

import os

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
import torch

from rnnviz_core import record
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.serving import loaders

MEASURES = os.environ["BENCH_MEASURES"] == "1"


def heatmap(rows: "alt.NamedData | pd.DataFrame") -> alt.Chart:
    return alt.Chart(rows).mark_rect().encode(x="position:O", y="unit:O", color="value:Q")


@st.cache_resource
def network() -> torch.nn.Module:
    return checkpoints.load(loaders.folder() / "sentiment-lstm")


@st.cache_resource
def template() -> alt.Chart:
    return heatmap(alt.NamedData("cells"))


if MEASURES:
    loaders.warm_up()
st.title("Overview")  # what the visitor of bench/client.py expects
text = st.text_area("Sentence", "A good film.")
st.query_params["text"] = text
values = record(network(), text)["encoder.0.forget"]
steps, units = values.shape
cells = {
    "position": np.repeat(np.arange(steps, dtype=np.int16), units),
    "unit": np.tile(np.arange(units, dtype=np.int16), steps),
    "value": values.reshape(-1),
}
if MEASURES:
    show(template(), key="map", description="The forget gate.", cells=cells)
else:
    st.altair_chart(heatmap(pd.DataFrame(cells)), width="stretch")
