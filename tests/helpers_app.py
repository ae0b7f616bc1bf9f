"""What a page of the app shows, as its tests ask for it."""

import json
from typing import Any

import pandas as pd
import pyarrow as pa
from streamlit.testing.v1 import AppTest

from rnnviz_core.ui.shell.routes import route


def rows_of(app: AppTest, data: str, chart: int = 0) -> pd.DataFrame:
    """The rows that a chart on the page was sent under the name `data`."""
    datasets = {one.name: one for one in app.get("vega_lite_chart")[chart].proto.datasets}
    table = pa.ipc.open_stream(datasets[data].data.data).read_all()
    plain = [
        column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        for column in table.columns
    ]
    return pa.table(plain, table.column_names).to_pandas()


def datasets_of(app: AppTest, chart: int = 0) -> set[str]:
    """The names of what a chart on the page was sent."""
    return {one.name for one in app.get("vega_lite_chart")[chart].proto.datasets}


def words(app: AppTest) -> str:
    """The page's Markdown."""
    return " ".join(block.value for block in app.markdown)


def in_url(app: AppTest, name: str) -> str | None:
    """What the address of the page says."""
    value = app.query_params.get(name)
    return value[0] if isinstance(value, list) else value


def described(chart: Any) -> str:
    """What a person who cannot see the chart is told."""
    return str(json.loads(chart.proto.spec).get("description", "")).strip()


def assert_drawn(app: AppTest, page: str, model: str) -> None:
    """The page's own title, the model, the proof, and a chart or a reason why there is none."""
    assert not app.exception
    assert not app.error
    assert [title.value for title in app.title] == [route(page).title]
    header = "".join(block.value for block in app.html)
    assert f"<strong>{model}</strong>" in header
    assert "largest difference" in header
    charts = app.get("vega_lite_chart")
    assert charts or app.info, "neither a chart nor a word on why there is none"
    for chart in charts:
        assert described(chart), "a chart without a text alternative"
    if charts:
        assert "How to read this" in words(app)
        assert "Try this" in words(app)
