"""Chart templates, one module per view. A template takes options, never rows.

A chart names its datasets (``alt.NamedData``); the app sends the frames of the same view beside the
compiled template. `with_rows` joins the two for a notebook.
"""

from typing import TYPE_CHECKING, Any

import altair as alt

from . import theme

if TYPE_CHECKING:
    from ..frames.columns import Rows


def with_rows(template: Any, *, dark: bool = False, width: int = 760, **frames: "Rows") -> alt.Chart:
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
        Dataset name -> rows, as the docstring of the chart function lists them.
    """
    from ..frames.columns import frame

    spec = template.to_dict()
    spec["datasets"] = {name: frame(rows).to_dict("records") for name, rows in frames.items()}
    spec["background"] = theme.BACKGROUND[dark]
    for view in spec.get("vconcat", [spec]):
        view["width"] = width
    chart: alt.Chart = alt.Chart.from_dict(spec)
    return chart
