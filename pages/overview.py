"""Overview: the whole network on one sentence, each part opening its page."""

from rnnviz_core import ui
from rnnviz_core.charts import overview as charts
from rnnviz_core.frames import overview as frames

view = ui.page("overview")
trace = view.trace


def rows(part: str) -> tuple[charts.Row, ...]:
    """The rows of boxes of one part, with their titles."""
    return tuple(
        charts.Row(track.site, frames.title(track), track.kind, track.reverse)
        for track in frames.tracks(trace)
        if track.part == part
    )


columns = frames.columns(trace)
if trace.meta["task"] == "sentiment":
    ui.show(
        charts.sentiment(rows("encoder"), len(columns), trace.labels["class"], attention="weight" in columns),
        key="network",
        description=frames.describe(trace),
        cells=frames.cells(trace),
        columns=columns,
        verdicts=frames.verdicts(trace),
    )
    ui.explain(
        "Time runs from left to right: each token becomes a column of numbers (embedding), and the "
        "state mixes it with the state before. Blue is below zero, orange above; move the slider to read "
        "along, and watch the verdict change under it.",
        "At which token does the verdict settle? Change the word you would blame, and look again.",
    )
else:
    ui.show(
        charts.translation(rows("encoder"), rows("decoder"), len(trace.tokens["target"])),
        key="network",
        description=frames.describe(trace),
        cells=frames.cells(trace),
        columns=columns,
        written=frames.columns(trace, "decoder"),
        links=frames.links(trace),
    )
    ui.explain(
        "Above, the encoder reads the sentence; below, the decoder writes one piece per step, fed with the "
        "piece it wrote before. The lines show how strongly the chosen step reads each source token.",
        "Move the slider through the translation. Does the strongest line follow the word being translated?",
    )
ui.link_pages("embeddings", "gates", "states", "attention", "softmax")
