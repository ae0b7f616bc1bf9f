"""A layer seen whole, as SVG: columns of time, a row per unit, the chosen step drawn wide with all its wires.

Unlike the charts this drawing is made from its frame (`frames.seen_whole.Whole`), because a wire is as thick
as its weight and ends where the number stands. Nothing is computed here: every number is one of the frame's.
"""

from typing import NamedTuple

from rnnviz_core.charts import theme
from rnnviz_core.charts.svg import element, escaped, text
from rnnviz_core.languages import _

from .layout import BOX, GUTTER
from .layout import Whole as Whole
from .style import rules
from .wires import Wires


class Drawn(NamedTuple):
    """The two parts of the drawing, and where the chosen step lies in the second one."""

    names: str  # the gutter, which stays where it is
    strip: str  # the columns, which scroll
    left: float
    right: float


def draw(whole: Whole, *, description: str = "", known: int | None = None) -> Drawn:
    """The drawing as two pieces of SVG, side by side on a page whose theme the colours follow.

    Parameters
    ----------
    whole
        What to draw.
    description
        What a person who cannot see it is told.
    known
        The last step that has been read, one of those drawn; later ones are faded. None: all.
    """
    made = _Drawing(whole, known, None)
    names, strip = ("".join(made.names()), made.strip())
    left, right = made.start(whole.at), made.start(whole.at + 1)
    return Drawn(
        _svg(names, GUTTER, made.height, aria_hidden="true"),
        _svg(strip, made.width, made.height, role="group", aria_label=description),
        left,
        right,
    )


def document(whole: Whole, *, dark: bool = False) -> str:
    """The drawing as one SVG file."""
    made = _Drawing(whole, None, dark)
    width = GUTTER + made.width
    back = element("rect", width=width, height=made.height, fill=theme.BACKGROUND[dark])
    inner = "".join(made.names()) + element("g", made.strip(), transform=f"translate({GUTTER} 0)")
    head = {"xmlns": "http://www.w3.org/2000/svg", "font_family": "sans-serif"}
    return _svg(back + inner, width, made.height, **head)


def _svg(content: str, width: float, height: float, **attributes: object) -> str:
    size = {"width": width, "height": height, "viewBox": f"0 0 {width:.0f} {height:.0f}"}
    return element("svg", content, **size, **attributes)


class _Drawing(Wires):
    """The whole drawing."""

    def strip(self) -> str:
        """All columns, with the wires behind them."""
        columns = "".join(self.column(at) for at in range(len(self.whole.steps)))
        left, right = self.start(self.whole.at), self.start(self.whole.at + 1)
        band = element(
            "rect", x=left + 2, y=0, width=right - left + 2, height=self.height, rx=6, class_="band"
        )
        bundle = element("defs", element("g", self.bundle, id=self.bundle_id)) if self.bundle else ""
        return element("style", rules(self.dark)) + bundle + band + self.far_wires() + columns

    def column(self, at: int) -> str:
        """One step: its token, the numbers it reads, its units, the verdict after it."""
        whole, chosen = self.whole, at == self.whole.at
        step, x = whole.steps[at], self.box(at) if not chosen else self.start(at) + 10
        name = whole.texts[step]
        room = 60 if chosen else int((self.gap + BOX - 4) / 6.6)
        label = text(
            name if len(name) <= room else name[: room - 1] + "…",
            x + (0 if chosen else BOX / 2),
            15,
            "b t" + " c" * (not chosen),
        )
        parts = [
            self.pick(
                at,
                None,
                element("title", escaped(name)) + label + self.numbers_read(at, x),
                _("token {token}", token=name),
            ),
            *(self.wires(at) if chosen else ()),
            *(self.formulas() if chosen else ()),
            *(self.unit(at, row) for row in range(len(whole.units))),
            self.rest(at),
            self.verdict(at),
        ]
        return element("g", "".join(parts), class_="later" if at > self.known else None)
