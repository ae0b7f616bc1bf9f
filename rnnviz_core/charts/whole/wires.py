"""The wires of a layer seen whole: into the chosen step, and between all others."""

import zlib
from collections.abc import Iterator
from functools import cached_property

from rnnviz_core.charts.svg import curve, element, escaped, text
from rnnviz_core.languages import _

from .columns import Columns
from .layout import BOX, GATE, LINE, SUM, THICKEST, THINNEST, WIRES, number


class Wires(Columns):
    """What runs between the boxes."""

    def kept(self, row: int) -> str:
        """The memory's line through the chosen step: what it is multiplied with, what is added."""
        whole, at = self.whole, self.whole.at
        assert self.memory is not None
        assert whole.kept is not None
        assert whole.written is not None
        kept, written = float(whole.kept[at, row]), float(whole.written[at, row])
        y, left = self.line(row, self.memory), self.start(at) + 10 + BOX + WIRES
        found = []
        for x, words in (
            (left + SUM / 2, f"× {number(kept)}"),
            (left + SUM + 6 + GATE, ("+ " if written >= 0 else "− ") + number(abs(written))),
        ):
            found.append(element("rect", x=x - 27, y=y - 8, width=54, height=16, rx=8, class_="op"))
            found.append(text(words, x, y + 4.5, "c t"))
        return element("g", "".join(found), class_="then")

    def wires(self, at: int) -> Iterator[str]:
        """The wires of the chosen gate into every sum, and the numbers that run along them."""
        whole, left = self.whole, self.start(at)
        into = left + 10 + BOX + WIRES
        for end, row in enumerate(whole.ends):
            if self.memory is not None and whole.kept is not None:
                yield self.memory_line(at, row, left, self.box(at))
                yield self.kept(row)
            y = self.first + row * self.pitch
            near = whole.units[row] == whole.unit
            for place in range(len(whole.inputs)):
                path = curve(
                    left + 10 + BOX, self.read(place), into, y + 3 + 15 * (place + 0.5) / self.inputs
                )
                yield self.wire(path, float(whole.W_i[end, place]), float(whole.x[at, place]), near)
            if whole.rest_x is not None:
                path = curve(left + 10 + BOX, self.read(len(whole.inputs)), into, y + 17)
                yield element("path", d=path, class_="rest")
            if whole.W_h is None:
                continue
            before, low = whole.before("hidden"), 13 if self.memory else 6
            for place in range(len(whole.units)):
                target = y + (19 if self.memory else 18) + low * (place + 0.5) / self.rows
                path = curve(left, self.line(place, "hidden"), into, target, 0.6)
                yield self.wire(path, float(whole.W_h[end, place]), whole.damp * float(before[place]), near)
            if whole.rest_h is not None:
                path = curve(left, self.top(len(whole.units)) + LINE / 2, into, y + 31, 0.6)
                yield element("path", d=path, class_="rest")

    def wire(self, path: str, weight: float, value: float, near: bool) -> str:
        """A wire as thick as its weight, and what it carries: a dash as thick as the product."""
        side = "p" if weight >= 0 else "n"
        told = _(
            "weight {weight} × {value} = {product}",
            weight=number(weight),
            value=number(value),
            product=number(weight * value),
        )
        line = element(
            "path",
            element("title", escaped(told)),
            d=path,
            stroke_width=self.thick(weight),
            class_=f"wire {side}" + " far" * (not near),
        )
        if abs(weight * value) < 0.005:
            return line
        run = element(
            "path",
            d=path,
            pathLength=100,
            stroke_width=round(2.5 + 6 * min(abs(weight * value), 1), 1),
            class_=f"run {'p' if weight * value >= 0 else 'n'}",
        )
        return line + run

    def thick(self, weight: float) -> float:
        """The width of a wire."""
        return round(THINNEST + (THICKEST - THINNEST) * abs(weight) / self.whole.widest, 2)

    @cached_property
    def bundle(self) -> str:
        """The wires between two steps: the same at every step."""
        whole = self.whole
        if whole.W_h is None:
            return ""
        return "".join(
            element(
                "path",
                d=curve(0, self.line(place, "hidden"), self.gap, self.line(row, "hidden")),
                stroke_width=round(self.thick(float(whole.W_h[end, place])) / 2, 2),
                class_="wire far " + ("p" if whole.W_h[end, place] >= 0 else "n"),
            )
            for end, row in enumerate(whole.ends)
            for place in range(len(whole.units))
        )

    @cached_property
    def bundle_id(self) -> str:
        """The bundle's name: two drawings may stand on one page."""
        return f"hh{zlib.crc32(self.bundle.encode()):x}"

    def far_wires(self) -> str:
        """What runs between the steps that are not chosen: wires, and the memory's lines."""
        found = []
        for at in range(len(self.whole.steps)):
            if at == self.whole.at:
                others = sorted(set(range(len(self.whole.units))) - set(self.whole.ends))
                if self.memory:
                    found += [self.memory_line(at, row, self.start(at), self.box(at)) for row in others]
                continue
            later = "later" if at > self.known else None
            parts = ""
            if self.bundle and at:
                parts = element("use", href=f"#{self.bundle_id}", x=self.start(at), y=0)
            if self.memory:
                for row in range(len(self.whole.units)):
                    parts += self.memory_line(at, row, self.start(at), self.box(at))
            found.append(element("g", parts, class_=later) if parts else "")
        return "".join(found)

    def memory_line(self, at: int, row: int, left: float, right: float) -> str:
        """The memory from one step to the next, as thick as the share that is kept."""
        assert self.memory is not None
        assert self.whole.kept is not None
        kept, y = float(self.whole.kept[at, row]), self.line(row, self.memory)
        told = element("title", escaped(_("{share} of the memory is kept", share=number(kept))))
        path = f"M{left:.1f} {y:.1f}H{right:.1f}"
        return element(
            "path", told, d=path, class_=f"keep {self.memory}", stroke_width=round(1 + 10 * kept, 1)
        )
