"""A unit that was clicked among bars: chosen for every page, with the way to its arithmetic."""

from typing import TYPE_CHECKING

from rnnviz_core.frames.layer import layers
from rnnviz_core.frames.numbers import printed
from rnnviz_core.languages import _
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.controls.clicks import clicked
from rnnviz_core.ui.shell import routes

if TYPE_CHECKING:
    from rnnviz_core.ui.serving.view import View


def follow_unit(view: "View", key: str) -> None:
    """Take over a click on a bar of the chart with this `key`: the unit of the layer that is read last."""
    found = clicked(key)
    if not layers(view.trace):
        return
    last = layers(view.trace)[-1]
    size = view.trace[last.site("hidden")].shape[1]
    if found is None or not 0 <= int(found.get("unit", -1)) < size:
        return  # the bias, or a unit of the direction that reads backwards
    url.put("unit", str(int(found["unit"])))
    url.put("layer", last.name)
    url.write()


def name_unit(view: "View") -> None:
    """The chosen unit's state at the end, and the way to its page; nothing before one was chosen."""
    number = url.number(url.get("unit") or "")
    if number is None or not layers(view.trace):
        return
    last = layers(view.trace)[-1]
    states = view.trace[last.site("hidden")]
    if number >= states.shape[1]:
        return
    end = states[0 if last.reverse else -1, number]
    label = _(
        "**Unit {unit}** is {value} at the end: how it came about",
        unit=number,
        value=printed(float(end), ".3f"),
    )
    routes.link("gates", label)
