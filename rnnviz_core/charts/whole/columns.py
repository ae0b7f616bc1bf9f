"""The columns of a layer seen whole: numbers that are read, units, gates, verdicts."""

import re
from collections.abc import Iterator

import numpy as np

from rnnviz_core.cells.meanings import state_in_words
from rnnviz_core.charts import theme
from rnnviz_core.charts.svg import box, element, escaped, shade, text
from rnnviz_core.languages import _, numerals
from rnnviz_core.languages.terms import class_name

from .layout import BOX, GATE, GUTTER, LINE, LIST, STACK, SUM, WIRES, Layout, letter, number

_NUMBER = "0"  # stands for any number


class Columns(Layout):
    """What stands in the columns."""

    def names(self) -> Iterator[str]:
        """The gutter: what each line is."""
        whole = self.whole
        for place, at in enumerate(whole.inputs):
            yield text(_short(whole.input_names[at]), GUTTER - 6, self.read(place) + 4, "m e")
        if whole.rest_x is not None:
            yield text(
                _("{count} others", count=whole.others[1]),
                GUTTER - 6,
                self.read(len(whole.inputs)) + 4,
                "m e",
            )
        marks = {"hidden": "h", "cell": "c", "gate": letter(whole.gate, whole.definition.name)}
        for row, unit in enumerate(whole.units):
            chosen = " b" * (unit == whole.unit)
            yield text(_("unit {unit}", unit=unit), 2, self.top(row) + 12.5, f"t{chosen}")
            for name in self.lines:
                yield text(marks[name], GUTTER - 6, self.line(row, name) + 4, f"e k{name}")
        if whole.rest_h is not None:
            others = _("{count} others,", count=whole.others[0])
            yield text(others, 2, self.top(len(whole.units)) + 12.5, "m")
            # Translators: the second of two lines: “12 others, / weighted”
            yield text(_("weighted"), 2, self.top(len(whole.units)) + 27, "m")
        if whole.verdicts is not None:
            # Translators: two short lines, one below the other: “verdict / so far”
            yield text(_("verdict"), 2, self.bottom + 14, "t")
            yield text(_("so far"), 2, self.bottom + 30, "m")

    def pick(self, at: int, row: int | None, content: str, words: str) -> str:
        """A part that can be clicked: it chooses a step, and a unit."""
        step = self.whole.steps[at]
        near = at == self.whole.at or row is None
        return element(
            "g",
            content,
            class_="pick",
            data_pick=f"{step}" if row is None else f"{step},{self.whole.units[row]}",
            role="button" if near else None,
            tabindex=0 if near else None,
            aria_label=words if near else None,
        )

    def numbers_read(self, at: int, x: float) -> str:
        """The list of numbers that a step reads."""
        values = [float(value) for value in self.whole.x[at]]
        found = [
            self.filled(x, self.read(place) - LIST / 2, LIST - 1, value) for place, value in enumerate(values)
        ]
        if self.whole.rest_x is not None:
            found.append(
                self.plain(x, self.read(len(values)) - LIST / 2, LIST - 1, float(self.whole.rest_x[at]))
            )
        return "".join(found)

    def filled(
        self, x: float, y: float, height: float, value: float, limit: float = 1.0, kind: str = ""
    ) -> str:
        """A number in a box of its colour."""
        colour = shade(value, limit)
        words = text(number(value), x + BOX / 2, y + height / 2 + 4.5, f"c w{colour}{kind}")
        return box(x, y, BOX, height, colour) + words

    def plain(self, x: float, y: float, height: float, value: float) -> str:
        """A number in a box without a colour: a sum, no state."""
        words = text(number(value), x + BOX / 2, y + height / 2 + 4.5, "c t")
        return box(x, y, BOX, height, "sum") + words

    def unit(self, at: int, row: int) -> str:
        """A unit's box at one step; at the chosen step with what makes it."""
        whole, x, y = self.whole, self.box(at), self.top(row)
        parts, told = [], []
        for name in self.lines:
            at_y = self.line(row, name) - LINE / 2
            if name == "gate":
                value = float(whole.gates[whole.gate][at, row])
                parts.append(self.bar(x, at_y, BOX, whole.gate, value, number(value)))
                told.append(f"{_(whole.gate)} {number(value)}")
                continue
            states = whole.hidden if name == "hidden" else whole.cell
            value = float(states[at, row])  # type: ignore[index]
            parts.append(
                self.filled(x, at_y, LINE, value, 3.0 if name == "cell" else 1.0, " b" * (name == "hidden"))
            )
            told.append(f"{state_in_words(name)} {number(value)}")
        chosen = at == whole.at and whole.units[row] == whole.unit
        frame = element(
            "rect", x=x, y=y, width=BOX, height=LINE * len(self.lines), rx=4, class_="box" + " on" * chosen
        )
        inner = "".join(parts) + frame
        if at == whole.at and row in whole.ends:
            inner = self.made(row) + element("g", inner, class_="last")
        words = _(
            "unit {unit} at {token}: {numbers}",
            unit=whole.units[row],
            token=whole.texts[whole.steps[at]],
            numbers=", ".join(told),
        )
        return self.pick(at, row, element("title", escaped(words)) + inner, words)

    def bar(self, x: float, y: float, width: float, name: str, value: float, words: str) -> str:
        """A gate's number, on a bar as long as it is open; a candidate's on the scale of states."""
        if name == "candidate":
            colour = shade(value)
            return box(x, y, width, LINE, colour) + text(words, x + width / 2, y + 12.5, f"c w{colour}")
        back = box(x, y, width, LINE, "gate")
        bar = element(
            "rect", x=x, y=y, width=width * value, height=LINE, fill=theme.GATE_COLOURS[name], opacity=0.3
        )
        return back + bar + text(words, x + width / 2, y + 12.5, "c t")

    def made(self, row: int) -> str:
        """Between the wires and the new state: the sum, all gates, what is kept and written."""
        whole, y = self.whole, self.first + row * self.pitch
        at, left, middle = (
            whole.at,
            self.start(whole.at) + 10 + BOX + WIRES,
            LINE * 2 if self.memory else LINE + 8,
        )
        chosen = " on" * (whole.units[row] == whole.unit)
        parts = [
            element("rect", x=left, y=y, width=SUM, height=middle, rx=8, class_="sum" + chosen),
            text(f"Σ {number(float(whole.sums[at, row]))}", left + SUM / 2, y + middle / 2 + 4.5, "c t"),
        ]
        if self.memory:
            for place, name in enumerate(self.gates):
                value = float(whole.gates[name][at, row])
                x = left + SUM + 6 + (place % 2) * (GATE + 2)
                chip = self.bar(
                    x,
                    y + (place // 2) * LINE,
                    GATE,
                    name,
                    value,
                    f"{letter(name, whole.definition.name)} {number(value)}",
                )
                mark = element(
                    "rect",
                    x=x,
                    y=y + (place // 2) * LINE,
                    width=GATE,
                    height=LINE,
                    class_="chip" + " on" * (name == whole.gate),
                    stroke=theme.GATE_COLOURS[name],
                )
                parts.append(element("g", chip + mark, class_="pick then", data_gate=name))
        return "".join(parts)

    def formulas(self) -> Iterator[str]:
        """The chosen unit's equations in numbers, in the free corner over the units."""
        whole = self.whole
        x, y = self.start(whole.at) + 10 + BOX + WIRES - (0 if self.memory else 12), 15.0
        yield text(_("unit {unit}", unit=whole.unit), x, y, "b t")
        for name, line, goes_on in self.equations:
            yield text(line, x + 18 * goes_on, y := y + LINE, "t" + " b" * (name == whole.gate))

    def rest(self, at: int) -> str:
        """What the units without a row add to the chosen unit's next sum."""
        if self.whole.rest_h is None:
            return ""
        row = len(self.whole.units)
        return self.plain(self.box(at), self.top(row), LINE, float(self.whole.rest_h[at]))

    def verdict(self, at: int) -> str:
        """The classes after a step: a stack; at the chosen step with their names and shares."""
        shares = self.whole.verdicts
        if shares is None:
            return ""
        names = tuple(map(class_name, self.whole.classes))
        colours = list(theme.class_colours(len(names), self.whole.ordered))
        x, y = self.box(at), self.bottom + 4.0
        if at == self.whole.at:
            return self.shares(shares[at], names, colours)
        parts = []
        for share, colour in zip(shares[at], colours, strict=True):
            height = STACK * float(share)
            parts.append(element("rect", x=x, y=y, width=BOX, height=height, fill=colour))
            y += height
        best = names[int(shares[at].argmax())]
        for number_, word in enumerate(best.split(" ", 1)):
            parts.append(text(word[:9], x + BOX / 2, self.bottom + STACK + 18 + 14 * number_, "c m"))
        return "".join(parts)

    def shares(self, shares: np.ndarray, names: tuple[str, ...], colours: list[str]) -> str:
        """The verdict at the chosen step, class by class."""
        left, right = self.start(self.whole.at) + 10, self.start(self.whole.at + 1)
        bar, parts = left + 96, []
        for place, (share, name, colour) in enumerate(zip(shares, names, colours, strict=True)):
            y, best = self.bottom + 4 + 14 * place, bool(share == shares.max())
            parts += [
                text(name[:15], left, y + 11, "t" + " b" * best),
                element(
                    "rect", x=bar, y=y + 1, width=(right - bar - 50) * float(share), height=12, fill=colour
                ),
                text(numerals(f"{share:.1%}"), right, y + 11, "e t" + " b" * best),
            ]
        return "".join(parts)


def _short(name: str) -> str:
    """A name of an input that fits into the gutter."""
    if name == _("the number read"):
        return "x"
    for long, short in (
        (_("embedding {number}", number=_NUMBER), "x {}"),
        (_("unit {unit}", unit=_NUMBER), _("unit {unit}", unit="{}")),  # the rest names its layer
    ):
        if found := re.match(re.escape(long).replace(_NUMBER, r"(\d+)"), name):
            return short.format(found[1])
    return name
