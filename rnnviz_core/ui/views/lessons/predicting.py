"""The widgets of a prediction. Each returns the answer as a short text, or None while there is none."""

import streamlit as st

from rnnviz_core.charts import predictions
from rnnviz_core.languages import _
from rnnviz_core.lessons import World, answers
from rnnviz_core.lessons.lesson import Choice, Curve, Point, Scale
from rnnviz_core.ui.drawing.still import show_still
from rnnviz_core.ui.shell.wording import plain

ACROSS = 6  # sliders of a curve side by side


def choice(step: Choice, world: World, key: str) -> str | None:
    """One of several answers."""
    texts = [world.fill(option.text, step, plain) for option in step.options]
    found = st.radio(
        _("Your prediction"),
        range(len(texts)),
        index=None,
        format_func=texts.__getitem__,
        key=key,
        label_visibility="collapsed",
    )
    return None if found is None else str(found)


def scale(step: Scale, key: str) -> str | None:
    """A number; there is none until the slider was moved, since its place before says nothing."""
    moved = f"{key}-moved"
    digits = answers.decimals(step.step)
    middle = step.low + round((step.high - step.low) / 2 / step.step) * step.step
    unit = answers.behind(step)

    def move() -> None:
        st.session_state[moved] = True

    found = st.slider(
        _("Your prediction"),
        step.low,
        step.high,
        middle,
        step.step,
        format=f"%.{digits}f{unit.replace('%', '%%')}",
        key=key,
        on_change=move,
        label_visibility="collapsed",
    )
    if step.left or step.right:
        st.caption(f"{plain(step.left)} ← → {plain(step.right)}")
    if not st.session_state.get(moved):
        st.caption(_("Move the slider."))
        return None
    return f"{found:.{digits}f}"


def point(step: Point, world: World, key: str) -> str | None:
    """A token."""
    texts = answers.tokens(world, step)
    found = st.pills(
        _("Your prediction"),
        range(len(texts)),
        format_func=lambda number: plain(texts[number]),
        key=key,
        label_visibility="collapsed",
    )
    return None if found is None else str(found)


def curve(step: Curve, world: World, key: str) -> str | None:
    """A number per token: a slider for each, and the curve that they make."""
    texts = answers.tokens(world, step)
    above = st.container()
    size = round((step.high - step.low) / 20, 6)
    middle = step.low + 10 * size
    moved, found = f"{key}-moved", []

    def move() -> None:
        st.session_state[moved] = True

    for start in range(0, len(texts), ACROSS):
        row = texts[start : start + ACROSS]
        for number, (column, text) in enumerate(zip(st.columns(ACROSS), row, strict=False), start=start):
            found.append(
                column.slider(
                    plain(text), step.low, step.high, middle, size, key=f"{key}-{number}", on_change=move
                )
            )
    with above:
        words = (step.label, _("Your curve"))
        show_still(
            lambda width: predictions.curves(texts, step.low, step.high, words, found, width=width),
            key=f"{key}-drawn",
        )
    if not st.session_state.get(moved):
        st.caption(_("Move the sliders until the curve is as you expect it."))
        return None
    return answers.JOIN.join(f"{value:g}" for value in found)
