"""Charts as files, without a browser: vl-convert runs the same Vega-Lite as the app's pages.

It is an extra (``pip install "rnnviz[notebook]"``, 84 MB). Nothing is fetched: the rows travel in the chart,
and an address in it is refused.
"""

from pathlib import Path
from typing import Any

import altair as alt

from rnnviz_core.errors import SpecError, unknown_choice

ENDINGS = (".png", ".svg", ".html", ".json")
SCALE = 2.0  # PNG pixels per pixel of the chart
VEGA_LITE = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])  # as vl-convert names it: 6.4
MISSING = 'files of charts need vl-convert: pip install "rnnviz[notebook]" (or vl-convert-python alone)'


def save(chart: Any, path: str | Path, *, scale: float = SCALE) -> Path:
    """Write a chart that draws on its own (`charts.with_rows`) to a file, as its ending says.

    Parameters
    ----------
    chart
        A chart with its rows.
    path
        Ends in ``.png``, ``.svg``, ``.html`` (one file that opens without network, tooltips and clicks
        included) or ``.json`` (Vega-Lite). An existing file is replaced.
    scale
        Of a PNG: its pixels per pixel of the chart.

    Returns
    -------
    The path.

    Raises
    ------
    SpecError
        For another ending, or when vl-convert is not installed.

    Examples
    --------
    >>> save(charts.with_rows(template, cells=rows), "gates.svg")
    """
    path = check(path)
    if path.suffix == ".json":
        path.write_text(chart.to_json(), encoding="utf-8")
    elif path.suffix == ".png":
        path.write_bytes(_converter().vegalite_to_png(chart.to_dict(), scale=scale, **_OFFLINE))
    elif path.suffix == ".svg":
        path.write_text(_converter().vegalite_to_svg(chart.to_dict(), **_OFFLINE), encoding="utf-8")
    else:
        page = _converter().vegalite_to_html(chart.to_dict(), vl_version=VEGA_LITE, bundle=True)
        path.write_text(page, encoding="utf-8")
    return path


_OFFLINE: dict[str, Any] = {"vl_version": VEGA_LITE, "allowed_base_urls": []}


def check(path: str | Path) -> Path:
    """The path, if `save` can write it.

    Raises
    ------
    SpecError
        As `save`; to refuse before anything is computed.
    """
    path = Path(path)
    if path.suffix not in ENDINGS:
        raise SpecError(f"{path.name!r}: {unknown_choice('ending', path.suffix, ENDINGS)}")
    if path.suffix != ".json":
        _converter()
    return path


def _converter() -> Any:
    try:
        import vl_convert
    except ImportError as error:
        raise SpecError(MISSING) from error
    return vl_convert
