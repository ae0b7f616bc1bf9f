"""Which recurrent layer of a trace is looked at."""

from typing import NamedTuple

from rnnviz_core.languages import N_, _
from rnnviz_core.tracing.kept import kept_with_trace
from rnnviz_core.tracing.trace import Trace, layer_site

PARTS = {"encoder": N_("Encoder"), "decoder": N_("Decoder")}


class Layer(NamedTuple):
    """One recurrent layer of a trace in one direction of reading: ``Layer("encoder", 0, reverse=False)``."""

    part: str = "encoder"  # or decoder
    layer: int = 0  # from 0, the lowest
    reverse: bool = False  # whether it reads from right to left

    def site(self, name: str) -> str:
        """The site of this layer's array called `name`."""
        return layer_site(self.part, self.layer, name, reverse=self.reverse)

    def units(self, trace: Trace) -> int:
        """How many units its gates have; with a projection the hidden state has fewer numbers."""
        sites = (self.site(name) for name in ("hidden", "cell"))
        return max(int(trace[site].shape[1]) for site in sites if site in trace)

    @property
    def name(self) -> str:
        """As the address has it: ``encoder.0``, ``encoder.1.reverse``."""
        return f"{self.part}.{self.layer}" + ".reverse" * self.reverse

    @property
    def words(self) -> str:
        """As a person reads it; numbers count from 1."""
        part, number = _(PARTS.get(self.part, self.part.capitalize())), self.layer + 1
        if self.reverse:
            return _("{part}, layer {layer}, read backwards", part=part, layer=number)
        return _("{part}, layer {layer}", part=part, layer=number)


@kept_with_trace
def layers(trace: Trace) -> tuple[Layer, ...]:
    """Every recurrent layer of a trace, in the order in which they compute."""
    return tuple(
        Layer(part, number, reverse)
        for part in ("encoder", "decoder")
        for number in range(trace.layers(part))
        for reverse in ((False, True) if trace.reverses(part) else (False,))
    )
