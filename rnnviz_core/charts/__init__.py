"""Chart templates, one module per view. A template takes options, never rows.

A chart names its datasets (``alt.NamedData``); the app sends the frames of the same view beside the
compiled template. `with_rows` joins the two for a notebook.
"""

from typing import Any

import altair as alt

from . import theme


def with_rows(template: Any, *, dark: bool = False, width: int = 760, **frames: Any) -> alt.Chart:
    """A chart that draws on its own, in a notebook: the template, its rows, its background.

    Parameters
    ----------
    template
        What a function of this package returned.
    dark
        Whether the chart will stand on a dark page.
    width
        Pixels; the app instead fills the page.
    frames
        Dataset name -> what a function of `rnnviz_core.frames` returned: a DataFrame, or plain columns.
    """
    spec = template.to_dict()
    spec["datasets"] = {name: _records(rows) for name, rows in frames.items()}
    spec["background"] = theme.BACKGROUND[dark]
    for view in spec.get("vconcat", [spec]):
        view["width"] = width
    chart: alt.Chart = alt.Chart.from_dict(spec)
    return chart


def _records(rows: Any) -> list[dict[str, Any]]:
    if not hasattr(rows, "to_dict"):
        columns = [_values(column) for column in rows.values()]
        return [dict(zip(rows, row, strict=True)) for row in zip(*columns, strict=True)]
    records: list[dict[str, Any]] = rows.to_dict("records")
    return records


def _values(column: Any) -> list[Any]:
    """The values of a column: an array, texts, or codes with the texts that they stand for."""
    if hasattr(column, "codes"):
        return [column.texts[code] for code in column.codes]
    return list(column.tolist() if hasattr(column, "tolist") else column)
