"""Overview: the whole network on one sentence, each part opening its page."""

from rnnviz_core import ui
from rnnviz_core.charts import overview as charts
from rnnviz_core.frames import overview as frames

view = ui.page("overview")
traces = [shown.trace for shown in (view, view.other) if shown]
part = "encoder" if view.trace.meta["task"] == "sentiment" else "decoder"


def rows(trace: frames.Trace, part: str) -> tuple[charts.Row, ...]:
    """The rows of boxes of one part, with their titles."""
    return tuple(
        charts.Row(track.site, frames.title(track), track.kind, track.reverse)
        for track in frames.tracks(trace)
        if track.part == part
    )


def picture(step: int) -> None:
    """The network at one step."""
    for shown in ui.side_by_side(view):
        trace, columns = shown.trace, frames.columns(shown.trace)
        shared = {
            "key": shown.key("network"),
            "description": frames.describe(trace),
            "cells": frames.cells(trace, *traces),
            "columns": columns,
            "now": frames.now(trace, part, step),
        }
        if part == "encoder":
            chart = charts.sentiment(
                rows(trace, "encoder"), trace.labels["class"], attention="weight" in columns
            )
            ui.show(chart, verdicts=frames.verdicts(trace), **shared)
        else:
            chart = charts.translation(rows(trace, "encoder"), rows(trace, "decoder"))
            ui.show(chart, written=frames.columns(trace, "decoder"), links=frames.links(trace), **shared)


if part == "decoder":
    ui.choose_reference()
ui.play(view, part, picture)
if part == "encoder":
    ui.explain(
        "Time runs from left to right: each token becomes a column of numbers (embedding), and the "
        "state mixes it with the state before. Blue is below zero, orange above; walk through the steps "
        "(keys ← and →), and watch the verdict change under it.",
        "At which token does the verdict settle? Change the word you would blame, and look again.",
    )
else:
    ui.explain(
        "Above, the encoder reads the sentence; below, the decoder writes one piece per step, fed with the "
        "piece it wrote before. The lines show how strongly the chosen step reads each source token.",
        "Walk through the translation (keys ← and →). Does the strongest line follow the word being "
        "translated?",
    )
ui.link_pages("embeddings", "gates", "states", "attention", "softmax")
