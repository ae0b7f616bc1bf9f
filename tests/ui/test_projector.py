"""Projector view: a word in the address, larger type in every chart, and the way back."""

import json
from pathlib import Path

import altair as alt
from streamlit.testing.v1 import AppTest

from rnnviz_core.charts import theme
from rnnviz_core.ui.drawing.larger import FACTOR, larger

ROOT = Path(__file__).resolve().parents[2]


def open_gates(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params.update({"model": "sentiment-tiny-lstm", **query})
    app.switch_page("pages/gates.py")
    return app.run()


def sizes(app: AppTest) -> set[int]:
    """The sizes of labels that the charts of a page were sent with."""

    return {
        json.loads(chart.proto.spec)["config"]["axis"]["labelFontSize"]
        for chart in app.get("vega_lite_chart")
    }


def test_the_address_turns_it_on_and_a_click_leaves_it():
    app = open_gates(view="projector")
    assert not app.exception
    assert sizes(app) == {round(FACTOR * theme.LABEL)}
    marks = [block.value for block in app.html if 'class="rv-projector"' in block.value]
    assert len(marks) == 1
    app.button(key="projector-off").click().run()
    assert sizes(app) == {theme.LABEL}
    assert not [block for block in app.html if 'class="rv-projector"' in block.value]
    assert "view" not in app.query_params


def test_another_word_in_the_address_is_no_view():
    assert sizes(open_gates(view="<b>")) == {theme.LABEL}


def test_type_grows_and_what_is_muted_is_as_dark_as_text():
    spec = {
        "config": {"axis": {"labelFontSize": 12, "labelColor": {"expr": f"a ? '{theme.MUTED[0]}' : 1"}}},
        "mark": {"type": "text", "fontSize": {"expr": "datum.big ? 16 : 12"}, "limit": 100},
        "layer": [{"height": 40}],
    }
    assert larger(spec) == {
        "config": {"axis": {"labelFontSize": 16, "labelColor": {"expr": f"a ? '{theme.TEXT[0]}' : 1"}}},
        "mark": {"type": "text", "fontSize": {"expr": "1.3 * (datum.big ? 16 : 12)"}, "limit": 130},
        "layer": [{"height": 40}],
    }
    chart = alt.Chart(alt.NamedData("rows")).mark_text(fontSize=20).to_dict()
    alt.Chart.from_dict(larger(chart))  # is a chart still
