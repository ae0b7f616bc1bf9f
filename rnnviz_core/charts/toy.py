"""Templates of a training that is watched, and of what trained networks can do at other lengths."""

from typing import Any

import altair as alt

from rnnviz_core.languages import N_, _, cached, pgettext

from . import building_blocks as parts
from . import spoken, theme
from .gradients import DASHES, DECADES, WRITTEN

HEIGHT = 210


def _updates() -> alt.X:
    return alt.X("update:Q", title=_("updates of the weights"), scale=alt.Scale(nice=False)).axis(
        format="d", tickMinStep=1, tickCount=5, labelOverlap="greedy", labelFlush=True
    )


def _log(field: str, title: str) -> alt.Y:
    return alt.Y(f"{field}:Q", title=title, scale=alt.Scale(type="log", nice=True)).axis(
        grid=True, labelExpr=WRITTEN, values=DECADES, labelOverlap="greedy"
    )


def _level(words: str) -> alt.LayerChart:
    """A dashed line with its name at the right end, where curves have left it. Dataset: ``level``."""
    base = alt.Chart(alt.NamedData("level"))
    rule = base.mark_rule(strokeDash=[5, 4], strokeWidth=1.4).encode(y="level:Q")
    name = base.mark_text(align="right", baseline="bottom", dx=-4, dy=-2, text=words).encode(
        y="level:Q", x=alt.value("width")
    )
    return alt.layer(rule, name)


@cached
def losses() -> alt.LayerChart:
    """The loss of every batch as dots, the mean of the last ones as a line.

    Dataset: ``losses`` (`frames.toy.losses`).
    """
    base = alt.Chart(alt.NamedData("losses")).encode(x=_updates())
    tips = [
        alt.Tooltip("update:Q", title=pgettext("of the weights", "update")),
        alt.Tooltip("loss:Q", title=_("loss of the batch"), format=".3~g"),
        alt.Tooltip("mean:Q", title=_("mean of the last 20"), format=".3~g"),
    ]
    dots = base.mark_point(filled=True, size=8, color=theme.OUTLINE, opacity=0.45).encode(
        y=_log("loss", _("loss")), tooltip=tips
    )
    line = base.mark_line(strokeWidth=2.2, color=theme.LINE_COLOURS[0]).encode(y="mean:Q")
    return theme.finish(
        alt.layer(dots, line).properties(
            title=parts.heading(_("Loss"), _("Dots: each batch; line: mean of the last 20")), height=HEIGHT
        )
    )


@cached
def norms(clips: bool) -> alt.LayerChart:
    """The norm of the gradient at every update and, where it `clips`, the limit above which it is cut.

    Datasets: ``norms`` (`frames.toy.norms`), ``level``.
    """
    kinds = [N_("as it is"), N_("cut to the limit")]
    dots = (
        alt.Chart(alt.NamedData("norms"))
        .mark_point(filled=True, size=14, opacity=0.9)
        .encode(
            x=_updates(),
            y=_log("norm", _("norm")),
            color=alt.Color(
                "clipped:N",
                title=None,
                sort=kinds,
                scale=alt.Scale(domain=kinds, range=[theme.LINE_COLOURS[0], theme.LINE_COLOURS[1]]),
                legend=alt.Legend(
                    orient="top", direction="horizontal", symbolOpacity=1, **spoken.labels(kinds)
                ),
            ),
            shape=alt.Shape(
                "clipped:N", sort=kinds, scale=alt.Scale(domain=kinds, range=["circle", "triangle-up"])
            ),
            tooltip=[
                alt.Tooltip("update:Q", title=pgettext("of the weights", "update")),
                alt.Tooltip("norm:Q", title=_("norm before clipping"), format=".3~g"),
            ],
        )
    )
    return theme.finish(
        alt.layer(dots, *([_level(_("limit"))] if clips else [])).properties(
            title=parts.heading(_("Gradient"), _("Norm before clipping")), height=HEIGHT
        )
    )


@cached
def accuracies(lengths: tuple[int, ...], trained: int) -> alt.LayerChart:
    """Accuracy over the updates, a line per length; that of training is the strongest.

    Datasets: ``accuracies`` (`frames.toy.accuracies`), ``level`` (chance).
    """
    kinds = [f"T = {steps}" for steps in lengths]
    colours = [theme.LINE_COLOURS[at % len(theme.LINE_COLOURS)] for at in range(len(kinds))]
    base = alt.Chart(alt.NamedData("accuracies")).encode(
        x=_updates(),
        y=_percent(pgettext("answered correctly", "right")),
        color=_kinds(kinds, colours, 3),
        strokeDash=_dashes(kinds),
        tooltip=[
            alt.Tooltip("update:Q", title=_("after update")),
            parts.tip("kind", _("sequences with"), "text"),
            alt.Tooltip("value:Q", title=_("right in %"), format=".1f"),
        ],
    )
    width = alt.condition(f"datum.steps == {trained}", alt.value(3.2), alt.value(1.6))
    return theme.finish(
        alt.layer(
            base.mark_line().encode(strokeWidth=width),
            base.mark_point(filled=True, size=18, opacity=1),
            _level(_("chance")),
        ).properties(
            title=parts.heading(
                _("Accuracy by T"), _("Trained at T = {steps}, tried at other lengths too", steps=trained)
            ),
            height=HEIGHT,
        )
    )


@cached
def beyond(names: tuple[str, ...]) -> alt.LayerChart:
    """Accuracy by T, a line per trained network.

    Datasets: ``beyond`` (`frames.toy.beyond`), ``level`` (chance).
    """
    colours = [theme.LINE_COLOURS[at % len(theme.LINE_COLOURS)] for at in range(len(names))]
    base = alt.Chart(alt.NamedData("beyond")).encode(
        x=alt.X("steps:Q", title=_("T, steps of the sequences"), scale=alt.Scale(nice=False, zero=True)).axis(
            format="d", tickCount=8, tickMinStep=1
        ),
        y=_percent(pgettext("answered correctly", "right")),
        color=_kinds(list(names), colours, 3),
        strokeDash=_dashes(list(names)),
        tooltip=[
            parts.tip("kind", _("network"), "text"),
            alt.Tooltip("steps:Q", title="T"),
            alt.Tooltip("value:Q", title=_("right in %"), format=".1f"),
        ],
    )
    return theme.finish(
        alt.layer(
            base.mark_line(strokeWidth=2.2),
            base.mark_point(filled=True, size=34, opacity=1),
            _level(_("chance")),
        ).properties(
            title=parts.heading(
                _("What your networks can do at other lengths"), _("1,000 new sequences of each length")
            ),
            height=HEIGHT,
        )
    )


def _percent(title: str) -> alt.Y:
    return alt.Y("value:Q", title=title, scale=alt.Scale(domain=[0, 100])).axis(
        grid=True, values=[0, 25, 50, 75, 100], labelExpr="datum.label + ' %'"
    )


def _kinds(kinds: list[str], colours: list[Any], columns: int) -> alt.Color:
    return alt.Color(
        "kind:N",
        title=None,
        sort=kinds,
        scale=alt.Scale(domain=kinds, range=colours),
        legend=alt.Legend(orient="top", direction="horizontal", symbolType="stroke", columns=columns),
    )


def _dashes(kinds: list[str]) -> alt.StrokeDash:
    dashes = [DASHES[at % len(DASHES)] for at in range(len(kinds))]
    return alt.StrokeDash("kind:N", sort=kinds, scale=alt.Scale(domain=kinds, range=dashes))
