"""What was predicted beside what is true, as SVG: a scale, a row of tokens, a curve.

One drawing for the page, the summary and the worksheet, where nothing is marked yet. `dark` is None on a
page, where the colours follow the theme.
"""

from collections.abc import Sequence
from typing import Any

from rnnviz_core.languages import N_, _, numerals

from . import theme
from .svg import element, paint, text

WIDTH, NARROW = 640, 340  # px of a drawing on paper and on a wide screen, and on a phone
YOURS, TRUE = ("#B4530A", "#F0955A"), ("#1D65AE", "#6FB1F0")  # on a light background, on a dark one
SAID = (N_("you"), N_("network"))
LETTER = 7.4  # px that a letter takes at most
ROW = 30  # px of a row of tokens
AXIS = 44  # px from the top at which a scale stands


def scale(
    low: float,
    high: float,
    names: tuple[str, str, str],
    yours: float | None = None,
    true: float | None = None,
    tolerance: float = 0.0,
    dark: bool | None = None,
    width: int = WIDTH,
) -> str:
    """A scale from `low` to `high` with both marks.

    Parameters
    ----------
    low, high
        Its ends.
    names
        What stands below its left end, its right end, and in words for those who cannot see it.
    yours, true
        Where the marks stand; None: none.
    tolerance
        How far around the true one an answer is right.
    dark
        The background; None: as the page.
    width
        Pixels.
    """
    left, right = 30.0, width - 30.0

    def at(value: float) -> float:
        return left + (min(max(value, low), high) - low) / (high - low) * (right - left)

    parts = []
    if true is not None and tolerance:
        start, end = at(true - tolerance), at(true + tolerance)
        parts.append(
            element(
                "rect",
                x=start,
                y=AXIS - 6,
                width=end - start,
                height=12,
                rx=6,
                fill=paint(TRUE, dark),
                opacity=0.25,
            )
        )
    parts.append(_line(left, AXIS, right, AXIS, paint(theme.MUTED, dark), 2))
    for value in (low, (low + high) / 2, high):
        parts.append(_line(at(value), AXIS - 5, at(value), AXIS + 5, paint(theme.MUTED, dark), 2))
        parts.append(text(_number(value), at(value), AXIS + 22, **_words(dark, "middle")))
    parts.append(text(names[0], left - 22, AXIS + 40, **_words(dark, "start", muted=True)))
    parts.append(text(names[1], right + 22, AXIS + 40, **_words(dark, "end", muted=True)))
    for place, colour, said, up in ((yours, YOURS, SAID[0], True), (true, TRUE, SAID[1], False)):
        if place is not None:
            parts.append(_mark(at(place), _(said), paint(colour, dark), up, width))
    return _drawing("".join(parts), width, AXIS + 48 if any(names[:2]) else AXIS + 30, names[2])


def _mark(x: float, said: str, colour: str, up: bool, width: int) -> str:
    """A triangle that points at the line from above, or a disc on it; its word above, clear of the other."""
    words = min(max(x, 34), width - 34)
    parts = [
        element("path", d=f"M{x:.1f} {AXIS - 2}l-6 -11h12z", fill=colour)
        if up
        else _line(x, 16, x, AXIS, colour, 1) + element("circle", cx=x, cy=AXIS, r=6, fill=colour),
        text(said, words, 28 if up else 12, fill=colour, font_size=13, font_weight=600, text_anchor="middle"),
    ]
    return "".join(parts)


def strip(
    tokens: Sequence[str],
    names: str,
    yours: int | None = None,
    true: int | None = None,
    dark: bool | None = None,
    width: int = WIDTH,
) -> str:
    """The tokens in rows; what was chosen has a frame, what is right a filled one."""
    parts, x, row = [], 2.0, 0
    for number, token in enumerate(tokens):
        room = max(len(token), 1) * LETTER + 18
        if x + room > width and x > 2:
            x, row = 2.0, row + 1
        y = row * (ROW + 20) + 20
        marks = [_(word) for word, place in zip(SAID, (yours, true), strict=True) if place == number]
        colour = (
            paint(TRUE if number == true else YOURS, dark)
            if marks
            else paint((theme.OUTLINE, theme.OUTLINE), dark)
        )
        fill = colour if number == true else "none"
        parts.append(
            element(
                "rect",
                x=x,
                y=y,
                width=room,
                height=ROW - 4,
                rx=6,
                fill=fill,
                fill_opacity=0.22 if number == true else None,
                stroke=colour,
                stroke_width=2.5 if marks else 1,
            )
        )
        parts.append(text(token, x + room / 2, y + 18, **_words(dark, "middle")))
        if marks:
            parts.append(
                text(
                    " = ".join(marks),
                    x + room / 2,
                    y - 5,
                    fill=colour,
                    font_size=12,
                    font_weight=600,
                    text_anchor="middle",
                )
            )
        x += room + 6
    return _drawing("".join(parts), width, row * (ROW + 20) + ROW + 24, names)


def curves(
    tokens: Sequence[str],
    low: float,
    high: float,
    names: tuple[str, str],
    yours: Sequence[float] = (),
    true: Sequence[float] = (),
    dark: bool | None = None,
    width: int = WIDTH,
) -> str:
    """A number per token as lines over the tokens.

    Parameters
    ----------
    tokens
        Below the axis.
    low, high
        Ends of the axis.
    names
        What the numbers are; and the drawing in words.
    yours, true
        A number per token each; empty: no line.
    dark
        The background; None: as the page.
    width
        Pixels.
    """
    left, right, top, bottom = 44.0, width - 8.0, 26.0, 190.0
    gap = (right - left) / max(len(tokens), 1)

    def y(value: float) -> float:
        return bottom - (min(max(value, low), high) - low) / (high - low) * (bottom - top)

    parts = [text(names[0], 2, 14, **_words(dark, "start", muted=True))]
    for value in (low, (low + high) / 2, high):
        parts.append(_line(left, y(value), right, y(value), paint(theme.GRID, dark), 1))
        parts.append(text(_number(value), left - 6, y(value) + 4, **_words(dark, "end")))
    longest = max(map(len, tokens), default=0)
    turned = longest * LETTER + 6 > gap
    for number, token in enumerate(tokens):
        x = left + (number + 0.5) * gap
        if turned:
            parts.append(
                text(
                    token,
                    x,
                    bottom + 14,
                    transform=f"rotate(-40 {x:.1f} {bottom + 14:.1f})",
                    **_words(dark, "end"),
                )
            )
        else:
            parts.append(text(token, x, bottom + 18, **_words(dark, "middle")))
    for values, colour, said, round_ in ((yours, YOURS, SAID[0], False), (true, TRUE, SAID[1], True)):
        if len(values):
            places = [(left + (n + 0.5) * gap, y(value)) for n, value in enumerate(values)]
            parts.append(_curve(places, paint(colour, dark), round_))
            word = left + (0 if said == SAID[0] else 60)
            parts.append(
                text(
                    ("▲ " if not round_ else "● ") + _(said),
                    right - 150 + word - left,
                    14,
                    fill=paint(colour, dark),
                    font_size=13,
                    font_weight=600,
                )
            )
    height = bottom + (longest * LETTER * 0.66 + 26 if turned else 28)
    return _drawing("".join(parts), width, height, names[1])


def _curve(places: Sequence[tuple[float, float]], colour: str, round_: bool) -> str:
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    parts = [
        element(
            "path",
            d=f"M{path}",
            fill="none",
            stroke=colour,
            stroke_width=2,
            stroke_dasharray=None if round_ else "6 3",
        )
    ]
    for x, y in places:
        parts.append(
            element("circle", cx=x, cy=y, r=4.5, fill=colour)
            if round_
            else element("path", d=f"M{x:.1f} {y - 5:.1f}l5 9h-10z", fill=colour)
        )
    return "".join(parts)


def _line(x: float, y: float, x2: float, y2: float, colour: str, width: float) -> str:
    return element("line", x1=x, y1=y, x2=x2, y2=y2, stroke=colour, stroke_width=width)


def _words(dark: bool | None, anchor: str, *, muted: bool = False) -> dict[str, Any]:
    return {
        "text_anchor": anchor,
        "font_size": 13,
        "fill": paint(theme.MUTED if muted else theme.TEXT, dark),
    }


def _number(value: float) -> str:
    return numerals(f"{value:g}").replace("-", "−")


def _drawing(content: str, width: int, height: float, words: str) -> str:
    return element(
        "svg",
        content,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height:.0f}",
        width="100%",
        style=f"max-width:{width}px;display:block;font-family:'Source Sans','Source Sans 3',sans-serif",
        role="img",
        aria_label=words,
    )
