import streamlit as st

from rnnviz_core import ui
from rnnviz_core.charts import states as charts
from rnnviz_core.frames import gates, states
from rnnviz_core.frames.tokens import spread
from rnnviz_core.ui import sections_states as sections
from rnnviz_core.ui.clicks import follow

view = ui.page("states")
layer = ui.choose_layer(view)
trace, place = view.trace, gates.Place(*layer)
names = states.names(trace, place)
steps, units = trace[place.site("hidden")].shape
follow(view, layer.part, *(f"states-{name}" for name in names))

maps = st.container()  # drawn after the widgets below, which they show
for shown in ui.side_by_side(view):
    if place.site("hidden") not in shown.trace:
        st.info("This network has no such layer.", icon=":material/info:")
        continue
    rows, kinds = states.changes(shown.trace, place), states.names(shown.trace, place)
    about = f"Bars: how far each token moved the state. {states.changes_in_words(rows)}"
    ui.show(
        charts.change_bars(kinds, layer.part),
        key=shown.key("states-changes"),
        description=about,
        changes=rows,
    )
ui.explain(
    "A bar is the length of the difference between the state after a token and the state before it; "
    "the token that is read first is measured from the initial state.",
    "Which words move the state most: those that judge, or those that only hold the sentence together?",
)

st.subheader("Single units", anchor=False)
left, right = st.columns(2)
with left:
    position = ui.choose_token(view, layer.part)
with right:
    unit = ui.choose_unit(view, units)
name = (
    st.segmented_control("State", names, default="hidden", key="states-which") if len(names) > 1 else "hidden"
)
name = name or "hidden"
chosen = gates.chosen_cell(trace, layer.part, position, unit)
sections.draw_units(view, layer, name, unit, units)
sections.draw_memory(view, layer, position, unit)
sections.draw_path(view, layer, name)

with maps:
    columns = st.columns(2 if steps <= 30 and len(names) > 1 else 1)
    for number, state in enumerate(names):
        with columns[number % len(columns)]:
            ui.show(
                charts.state_heatmap(state, units, layer.part),
                key=f"states-{state}",
                description=f"{state.capitalize()} state, {units} units: {spread(trace[place.site(state)])}.",
                select="cell",
                cells=states.states(trace, place, state),
                chosen=chosen,
            )
    ui.explain(
        "Each column is the state after a token, each row one unit; blue is below zero, orange above. "
        "Click a cell to follow its unit below." + states.clipped_in_words(trace, place),
        "Look for rows that keep one colour over many tokens: the network remembers something there.",
    )
if "cell" not in names:
    ui.offer_models(
        f"There is no cell state here: a {view.entry.spec.cell.upper()} keeps all it remembers in its hidden "
        "state. An LSTM has a second, inner memory, the cell state, and shows only a part of it outside.",
        lambda spec: spec.cell == "lstm" and spec.task == view.entry.spec.task,
    )
