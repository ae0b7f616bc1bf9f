"""Colours, scales and the look of every chart. A colour means the same thing on every page.

One compiled template serves the light and the dark theme: what differs between them is written as a
Vega expression that looks at the brightness of the background the chart is drawn on (`either`). The
server need not know the theme, and the chart follows when a person switches it.
"""

from functools import cache
from typing import Any, TypeVar

import altair as alt

from rnnviz_core.languages import PER_CENT

from . import aria

Look = TypeVar("Look")

# Okabe and Ito's palette, safe for colour-blind readers.
GATE_COLOURS = {
    "input": "#009E73",
    "forget": "#D55E00",
    "candidate": "#CC79A7",
    "output": "#0072B2",
    "reset": "#E69F00",
    "update": "#56B4E9",
}
STATE_COLOURS = {"hidden": "#7B61C9", "cell": "#8A6D3B"}
TERM_COLOURS = ("#7F8C2B", "#7B61C9", "#767B83")  # from the input, from the state, their sum
LINE_COLOURS = ("#4F6FD0", "#B4552D", "#2A7F9E", "#B8477B", "#6B7F1E", "#1E8A6A")  # single units: no state's
ACCENT = "#2E86C1"  # bars that are neither a gate nor a state
OUTLINE = "#767B83"  # around pale marks and behind pale lines: at least 3:1 on both backgrounds
CHOSEN, CHOSEN_EDGE = "#FFFFFF", "#111418"  # the chosen cell: light inside dark, seen on any colour

# Low to high. Viridis is even in lightness, readable without colour, and no end melts into a background.
SEQUENTIAL = (
    "#440154",
    "#482878",
    "#3E4989",
    "#31688E",
    "#26828E",
    "#1F9E89",
    "#35B779",
    "#6ECE58",
    "#B5DE2B",
    "#FDE725",
)
# Below zero blue, above zero orange, at zero nearly the colour of the page: (light, dark).
DIVERGING = (
    ("#08427F", "#9CD0FF"),
    ("#1E5E9F", "#72AFEA"),
    ("#3482BF", "#468ED1"),
    ("#68A3D5", "#2F6AA1"),
    ("#AECBE4", "#284463"),
    ("#F5F3EF", "#20242C"),
    ("#F4CBA6", "#523A2D"),
    ("#F2A55F", "#8F542B"),
    ("#DD7C2B", "#C26E28"),
    ("#BA5C18", "#E3934E"),
    ("#9A3B00", "#FFC48A"),
)
# Classes from worst to best: blue is negative and orange positive, as in the scale above.
CLASS_COLOURS = ("#1D65AE", "#4A96CC", "#858B93", "#DD7C1C", "#A8480A")
# Classes without an order: far apart in OKLab, the first ones farthest, 3:1 and more on either background.
NAME_COLOURS = (
    *("#047AD1", "#F84331", "#2F9D01", "#C755E0", "#90601F", "#7B9593", "#AB3B79", "#047F62", "#7C52EC"),
    *("#A39005", "#C47581", "#8169AA", "#E942A2", "#B63C2E", "#7E80EE", "#0A9CCE", "#D07502", "#5C6E7C"),
    *("#D81459", "#637505"),
)
# What tells lines apart without their colour, in the order of their legend.
SHAPES = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")
# Classes from worst to best, seen in grey, too; of more than five the shapes and the dashes pair anew.
CLASS_SHAPES = ("triangle-down", "square", "circle", "diamond", "triangle-up")
CLASS_DASHES = ((1, 0), (7, 3), (2, 2), (7, 2, 2, 2), (12, 4))
NEGATIVE, POSITIVE = "#1D65AE", "#B4530A"
TEXT = ("#31333F", "#E6E8EC")  # (light, dark), like the pairs below
MUTED = ("#5B6069", "#B4BAC4")
GRID = ("#E3E5EA", "#33373F")
BETWEEN = ("#DDE0E6", "#3A404B")  # neither open nor closed
BACKGROUND = ("#FFFFFF", "#0E1117")  # of a notebook; in the app the page's own
LABEL = 12  # px; nothing in a chart is smaller
TITLE = 15  # px
DARK = "luminance(background) < 0.2"


def either(pair: tuple[str, str]) -> alt.ExprRef:
    """The first colour on a light background, the second on a dark one."""
    return alt.ExprRef(f"{DARK} ? '{pair[1]}' : '{pair[0]}'")


def sequential(high: float = 1.0) -> alt.Scale:
    """The one scale for what runs from 0 to `high`: gates, shares, weights."""
    return _scale(0.0, high, list(SEQUENTIAL))


def between(low: float, high: float) -> alt.Scale:
    """The colours of `sequential` for what runs from `low` to `high`: powers of ten."""
    return _scale(low, high, list(SEQUENTIAL))


def diverging(limit: float = 1.0) -> alt.Scale:
    """The one scale for what runs from -`limit` to `limit` with a meaning at 0."""
    return _scale(-limit, limit, [either(pair) for pair in DIVERGING])


def _scale(low: float, high: float, colours: list[Any]) -> alt.Scale:
    last = len(colours) - 1
    domain = [round(low + (high - low) * step / last, 6) for step in range(last + 1)]
    return alt.Scale(domain=domain, range=colours, clamp=True, interpolate="rgb")


def gate_scale(gates: tuple[str, ...]) -> alt.Scale:
    """The fixed colour of each gate, in the order given."""
    return alt.Scale(domain=list(gates), range=[GATE_COLOURS[gate] for gate in gates])


@cache
def class_colours(count: int, ordered: bool = True) -> tuple[str, ...]:
    """The fixed colours of `count` classes, each another one.

    Worst first: the five colours, or steps between them where there are more classes. Without an order:
    colours that tell apart and say nothing of better or worse.
    """
    if not ordered:
        return NAME_COLOURS[:count]
    last = len(CLASS_COLOURS) - 1
    places = [number * last / max(count - 1, 1) for number in range(count)]
    if count <= len(CLASS_COLOURS):
        return tuple(CLASS_COLOURS[round(place)] for place in places)
    return tuple(_between(min(int(place), last - 1), place) for place in places)


def _between(low: int, place: float) -> str:
    """The colour at a place between two neighbours of `CLASS_COLOURS`, as ``#RRGGBB``."""
    one, other = (
        [int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in CLASS_COLOURS[low : low + 2]
    )
    return "#" + "".join(f"{round(a + (place - low) * (b - a)):02X}" for a, b in zip(one, other, strict=True))


def class_scale(classes: tuple[str, ...], ordered: bool = True) -> alt.Scale:
    """The fixed colour of each class, worst first."""
    return alt.Scale(domain=list(classes), range=list(class_colours(len(classes), ordered)))


def class_looks(classes: tuple[str, ...]) -> tuple[list[str], list[list[int]]]:
    """The fixed shape of each class's dots and the dashes of its line, another pair for each, worst first."""
    count, last = len(classes), len(CLASS_SHAPES) - 1
    if count <= last + 1:
        pairs = [(round(number * last / max(count - 1, 1)),) * 2 for number in range(count)]
    else:
        turns = [divmod(number, last + 1) for number in range(count)]
        pairs = [(at, (at + turn) % (last + 1)) for turn, at in turns]
    return [CLASS_SHAPES[one] for one, _ in pairs], [list(CLASS_DASHES[two]) for _, two in pairs]


def numbers(decimal: str = ".", thousands: str = ",") -> dict[str, Any]:
    """How Vega writes numbers: with these signs, and per cent as the texts beside the chart do."""
    grouping, currency = [3], ["", ""]
    return {
        "decimal": decimal,
        "thousands": thousands,
        "grouping": grouping,
        "currency": currency,
        "percent": PER_CENT,
    }


def config() -> dict[str, Any]:
    """The Vega-Lite configuration of all charts."""
    words = {
        "labelFontSize": LABEL,
        "titleFontSize": LABEL,
        "titleFontWeight": "normal",
        "labelColor": either(TEXT),
        "titleColor": either(MUTED),
    }
    return {
        "locale": {"number": numbers()},
        "view": {"stroke": None},
        "title": {
            "fontSize": TITLE,
            "fontWeight": 600,
            "color": either(TEXT),
            "subtitleFontSize": LABEL + 1,
            "subtitleColor": either(MUTED),
            "subtitlePadding": 4,
            "anchor": "start",
            "frame": "bounds",
            "offset": 12,
        },
        "axis": {
            **words,
            "titlePadding": 8,
            "labelPadding": 5,
            "labelFlush": False,
            "grid": False,
            "ticks": False,
            "domain": False,
            "gridColor": either(GRID),
            "domainColor": either(MUTED),
        },
        "legend": {**words, "offset": 8, "padding": 0, "labelPadding": 4},
        "text": {"color": either(TEXT), "fontSize": LABEL},
        "rule": {"color": either(MUTED)},
    }


def finish(chart: Any) -> Any:
    """Make a template fill the width of the page and give it the look of all charts.

    Its height is that of the plot itself, so a heatmap's rows stay whole pixels.
    """
    aria.speak(chart)
    return chart.properties(
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        padding={"left": 2, "top": 5, "right": 5, "bottom": 5},
    ).configure(**config())
