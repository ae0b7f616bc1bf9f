"""The step player: first, back, forward, last, a slider, and a slow or fast walk through the steps.

The step is the chosen token (``token`` or ``step`` in the URL), so it is kept when the page changes.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core.frames import first_look
from rnnviz_core.frames.tokens import step_texts
from rnnviz_core.languages import _, pgettext
from rnnviz_core.ui.serving import guard

from . import url
from .choose import TOKEN_NAMES, whole

if TYPE_CHECKING:
    from rnnviz_core.ui.serving.view import View

SPEEDS = {"slow": 2.0, "normal": 1.2, "fast": 0.6}  # seconds per step
_PLAYING, _DUE, _SPEED = "player-on", "player-due", "player-speed"


def play(
    view: "View", part: str, draw: Callable[[int], None], *, by: int = 1, first: int | None = None
) -> None:
    """Draw the player, then what depends on its step: `draw` gets it.

    It walks forwards, or with ``by=-1`` from the last step to the first, and opens at `first`, else at the
    step that matters most.

    Choosing a step runs the whole page, as any choice does. While it plays, only the player and what
    `draw` draws run again.
    """
    opens = first_look.step(view.trace, part) if first is None else first
    walk = Walk(TOKEN_NAMES[view.trace.time_axis(part)], tuple(step_texts(view.trace, part)), opens, by)
    play_through(walk, view.page, view.model_id, draw)


@dataclass(frozen=True)
class Walk:
    """What the player walks through."""

    name: str  # of the step in the URL
    texts: tuple[str, ...]  # what each step is called
    opens: int  # the step that is shown at first
    by: int = 1  # -1: from right to left
    numbered: bool = True  # whether the slider says the step's number, too


def play_through(walk: Walk, page: str, model_id: str, draw: Callable[[int], None]) -> None:
    """`play` for what need not be a trace; an error's line in the log names `page` and `model_id`."""
    if st.session_state.get(_PLAYING):
        seconds = _seconds()
        alone = guard.fragment(_play, page, model_id, seconds=seconds, afterwards=stop)
        alone(walk, draw, seconds)
    else:
        _play(walk, draw, None)


def stop() -> None:
    """Stop playing. What failed at one step is not tried again every second: the next run draws the page."""
    st.session_state[_PLAYING] = False


def _play(walk: Walk, draw: Callable[[int], None], seconds: float | None) -> None:
    texts, name = walk.texts, walk.name
    last = len(texts) - 1
    step = whole(name, len(texts), walk.opens)
    if seconds and bool(st.session_state.get(_PLAYING)):
        step = _walk(name, step, last, seconds, walk.by)
    elif seconds:
        st.rerun()  # stopped: leave the fragment
    key = url.widget("player", step)

    def go(to: int) -> None:
        st.session_state[_PLAYING] = False
        st.session_state[key] = to
        url.put(name, str(to))

    with st.container(horizontal=True, vertical_alignment="bottom", gap="xxsmall"):
        if last:
            st.select_slider(
                _("Step"),
                range(len(texts)),
                format_func=lambda number: named(number, texts[number], walk.numbered),
                key=key,
                on_change=lambda: go(st.session_state[key]),
                width=300,
                label_visibility="collapsed",
            )
            _buttons(step, last, go, name, walk.by)
    draw(step)


def named(number: int, text: str, numbered: bool) -> str:
    """A step as the slider names it: ``3 · thin``, or its number alone where it has no other name."""
    return f"{number} · {text}" if numbered and text != str(number) else text


def _buttons(step: int, last: int, go: Callable[[int], None], in_url: str, by: int) -> None:
    """Play first: on a phone it stands beside the slider, and the others fill the row below."""
    playing = bool(st.session_state.get(_PLAYING))
    st.button(
        _("Pause") if playing else _("Play"),
        icon=":material/pause:" if playing else ":material/play_arrow:",
        key="player-play",
        help=_play_help(playing, by),
        on_click=_toggle,
        args=(in_url, step, last, by),
    )
    for icon, name, to, keys in (
        ("first_page", _("First step"), 0, None),
        ("chevron_left", _("Previous step"), step - 1, "Left"),
        ("chevron_right", _("Next step"), step + 1, "Right"),
        ("last_page", _("Last step"), last, None),
    ):
        st.button(  # its name is for those who hear it, and for the tip; what is drawn is the icon
            name,
            icon=f":material/{icon}:",
            key=f"player-{icon}",
            help=name,
            shortcut=keys,
            disabled=not 0 <= to <= last or to == step,
            on_click=go,
            args=(to,),
        )
    speeds = {
        "slow": pgettext("speed", "slow"),
        "normal": pgettext("speed", "normal"),
        "fast": pgettext("speed", "fast"),
    }
    st.selectbox(
        _("Speed"),
        list(speeds),
        index=1,
        format_func=lambda speed: speeds.get(speed, speed),
        key=_SPEED,
        label_visibility="collapsed",
        width=128,
    )


def _play_help(playing: bool, by: int) -> str:
    if playing:
        return _("Stop here")
    return _("Walk through the steps from right to left") if by < 0 else _("Walk through the steps")


def _toggle(name: str, step: int, last: int, by: int) -> None:
    """Start or stop; from the end it starts over."""
    playing = not st.session_state.get(_PLAYING)
    st.session_state[_PLAYING] = playing
    if playing:
        st.session_state[_DUE] = time.monotonic()
        start, end = (0, last) if by > 0 else (last, 0)
        if step == end:
            url.put(name, str(start))
            st.session_state[_DUE] += _seconds()


def _seconds() -> float:
    """How long a step stays. After a change of language the browser may report the old one's word."""
    return SPEEDS.get(st.session_state.get(_SPEED) or "normal", SPEEDS["normal"])


def _walk(name: str, step: int, last: int, seconds: float, by: int) -> int:
    """The step that is due; after the last one the walk ends."""
    if time.monotonic() < st.session_state[_DUE] - 0.3 * seconds:
        return step
    if not 0 <= step + by <= last:
        st.session_state[_PLAYING] = False
        st.rerun()
    st.session_state[_DUE] = time.monotonic() + seconds
    url.put(name, str(step + by))
    url.write()
    return step + by
