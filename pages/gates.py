import streamlit as st

from rnnviz_core import ui
from rnnviz_core.frames import gates as frames
from rnnviz_core.ui import sections_gates as sections
from rnnviz_core.ui.clicks import follow

view = ui.page("gates")
layer = ui.choose_layer(view)
trace, place = view.trace, frames.Place(*layer)
names = frames.names(trace)
steps, units = trace[place.site("hidden")].shape
follow(view, layer.part, *(f"gates-{name}" for name in names))

order = sections.choose_order(view, layer)
maps = st.container()  # drawn after the widgets below, which it shows
sections.draw_summary(view, layer)

st.subheader("One cell, number by number", anchor=False)
left, right = st.columns(2)
with left:
    position = ui.choose_token(view, layer.part)
with right:
    unit = ui.choose_unit(view, units)
with maps:
    chosen = frames.chosen_cell(trace, layer.part, position, unit)
    sections.draw_maps(view, layer, order, chosen, wide=steps > 30)
sections.draw_cell(view, layer, position, unit)
sections.draw_conventions(view, layer)

if names == ("candidate",):
    task = view.entry.spec.task
    ui.offer_models(
        "Gates are found in GRU and LSTM networks.", lambda spec: spec.cell != "rnn" and spec.task == task
    )
