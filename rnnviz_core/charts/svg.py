"""SVG as text: elements, curves, and colours that follow the page's theme.

The drawings that Vega-Lite has no marks for are written here: curved wires, boxes that are buttons, a strip
that scrolls. On a page a colour is a pair, ``light-dark(...)``; in a file it is one of the two.
"""

from functools import cache
from html import escape

from . import theme

SHADES = 20  # steps of a colour scale on either side of zero
Pair = tuple[str, str]  # on a light background, on a dark one


def element(name: str, content: str = "", /, **attributes: object) -> str:
    """One element; attributes without a value are left out, ``_`` becomes ``-``, and all text is escaped.

    `content` is SVG already: give it `text` for words.
    """
    told = ""
    for key, value in attributes.items():
        if value is not None:
            words = escape(value) if isinstance(value, str) else _short(value)
            told += f'{_attribute(key)}"{words}"'
    return f"<{name}{told}>{content}</{name}>" if content else f"<{name}{told}/>"


@cache
def _attribute(key: str) -> str:
    """The beginning of an attribute that Python calls `key`; the names are those in this package."""
    return f" {key.rstrip('_').replace('_', '-')}="


def escaped(words: str) -> str:
    """Words as the content of an element."""
    return escape(words, quote=False)


def text(words: str, x: float, y: float, kind: str = "", **attributes: object) -> str:
    """Words at a place; `kind` is their class, one of the drawing's own names."""
    if attributes or not kind or not words:
        return element("text", escaped(words), x=x, y=y, class_=kind or None, **attributes)
    return f'<text x="{_short(x)}" y="{_short(y)}" class="{kind}">{escaped(words)}</text>'


def box(x: float, y: float, width: float, height: float, kind: str) -> str:
    """A rectangle; `kind` is its class, one of the drawing's own names.

    A drawing has a thousand of these and of `text`: they are written here at once, without a look at each
    attribute.
    """
    return (
        f'<rect x="{_short(x)}" y="{_short(y)}" width="{_short(width)}" height="{_short(height)}" '
        f'class="{kind}"/>'
    )


def curve(x: float, y: float, x2: float, y2: float, bend: float = 0.5) -> str:
    """The path of a wire that leaves to the right and arrives from the left."""
    turn = (x2 - x) * bend
    return f"M{_short(x)} {_short(y)}C{_short(x + turn)} {_short(y)} {_short(x2 - turn)} {_short(y2)} " + (
        f"{_short(x2)} {_short(y2)}"
    )


def _short(value: object) -> str:
    """A number with a decimal at most; whatever else it is, without what SVG would read as its own."""
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return str(value) if isinstance(value, int) else escape(str(value))


def shade(value: float, limit: float = 1.0) -> str:
    """The class of a box that holds `value`, on the diverging scale up to ±`limit`."""
    place = round(max(-1.0, min(1.0, value / limit)) * SHADES)
    return f"d{place + SHADES}"


@cache
def shades() -> tuple[tuple[str, Pair, Pair], ...]:
    """Every class of `shade`: its name, its colours, and the colours of words on it."""
    found = []
    for place in range(2 * SHADES + 1):
        both = (_diverging(place, dark=False), _diverging(place, dark=True))
        found.append((f"d{place}", both, (_on(both[0]), _on(both[1]))))
    return tuple(found)


def _diverging(place: int, *, dark: bool) -> str:
    colours = [pair[dark] for pair in theme.DIVERGING]
    at = place / (2 * SHADES) * (len(colours) - 1)
    low = min(int(at), len(colours) - 2)
    one, other = (_channels(colour) for colour in colours[low : low + 2])
    return "#" + "".join(f"{round(a + (at - low) * (b - a)):02X}" for a, b in zip(one, other, strict=True))


def _on(colour: str) -> str:
    """Black or white words, whichever is read more easily on `colour`."""
    dark, light = "#000000", "#FFFFFF"
    return max((dark, light), key=lambda words: contrast(words, colour))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21, as WCAG 2 defines it."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def paint(pair: Pair, dark: bool | None = None) -> str:
    """A colour of CSS: on a page (`dark` is None) it follows the theme."""
    return f"light-dark({pair[0]}, {pair[1]})" if dark is None else pair[dark]
