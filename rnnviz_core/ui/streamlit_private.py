"""Everything that relies on how Streamlit works inside: on names, elements and orders it never promised.

Nothing else in the app may. ``tests/ui/test_streamlit_private.py`` holds a contract test for each function
here, which fails when a new version of Streamlit changes what it relies on, silently or not.
"""

import asyncio
import contextlib
import copy
import functools
import hashlib
import json
import logging
import os
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import streamlit as st
from streamlit import config, file_util, runtime
from streamlit.commands import logo
from streamlit.elements import vega_charts
from streamlit.elements.lib.form_utils import current_form_id
from streamlit.elements.lib.layout_utils import LayoutConfig
from streamlit.elements.lib.utils import compute_and_register_element_id
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Html_pb2 import Html
from streamlit.proto.VegaLiteChart_pb2 import VegaLiteChart
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.runtime import Runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner, ScriptRunnerEvent
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext, ThreadState
from streamlit.runtime.state import register_widget
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.runtime.uploaded_file_manager import UploadedFile as UploadedFile
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

TOGETHER = 0.025  # seconds that a message of a run waits for the next ones
MARKED_BY_STREAMLIT = 9_000  # bytes; messages from 10,000 on a browser keeps, and Streamlit refers to them
PORTION = 64  # messages that are handed on at once, at most: a connection's queue holds 500

# Rules that the theme has no setting for. They name Streamlit's elements by their test ids and classes,
# which it uses in its own tests only.
STYLE = """
[data-testid="stCaptionContainer"] { color: inherit !important; opacity: 0.8; }
[data-testid="stHeader"] { height: 2.5rem; min-height: 2.5rem; }
.stMainBlockContainer { padding: 2.6rem 3rem 4rem; }
[data-testid="stMain"] [data-testid="stVerticalBlock"] { gap: 0.7rem; }
[data-testid="stPageLink"] a, [data-testid="stPageLink"] a * { white-space: normal; }
.stElementContainer:has(> .stHtml > script) { display: none; }
.st-key-head [data-testid="stAlertContainer"] { padding: 0.3rem 0.7rem; }
/* Read out, not seen: the names of the player's buttons */
[class*="st-key-player-"] button [data-testid="stMarkdownContainer"] { position: absolute;
  width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
/* The model's score and the sentence stand in the sidebar; where that is closed, in the page */
.stApp:has([data-testid="stSidebar"][data-collapsed="false"]) :is(.rv-score,
  [class*="st-key-choice-page-text"]) {
  display: none; }
/* Where the page's script is at work, Enter applies */
.rv-keys :is([class*="st-key-choice-page-text"], [class*="st-key-choice-text"])
  [data-testid="InputInstructions"] { font-size: 0; }
.rv-keys :is([class*="st-key-choice-page-text"], [class*="st-key-choice-text"])
  [data-testid="InputInstructions"]::after {
  font-size: 0.75rem; content: "Press Enter to apply"; }
/* Six steps in one line, that a phone scrolls */
.st-key-start { flex-wrap: nowrap; }
.st-key-start > :is(:first-child, :last-child) { flex: 0 0 auto; }
.st-key-start > :has(.stButtonGroup) { flex: 0 0 auto; width: max-content; max-width: none; }
.st-key-start .stButtonGroup > label { display: none; }
.st-key-start .stButtonGroup { flex-direction: row !important; width: max-content; }
.st-key-start .stButtonGroup [role] { flex-wrap: nowrap; }
.st-key-start .stButtonGroup button { padding: 0.05rem 0.42rem; min-height: 1.8rem; flex: 0 0 auto; }
.st-key-start .stButtonGroup [role] { gap: 0.2rem; }
.st-key-start :is(p, button p) { font-size: 0.8rem; white-space: nowrap; }
.st-key-head-top > :is(:has(> .stHtml > .rv-top), :has(> .st-key-start), .st-key-start) { flex: 1 1 0;
  min-width: 0; }
.st-key-head-top:has(.st-key-start) > :has(> .stHtml > .rv-top) { flex: 0 0 auto; width: auto; order: 2; }
.st-key-start-off button [data-testid="stMarkdownContainer"] { position: absolute;
  width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.st-key-start-answer button { text-align: left; }
/* Longer words than the English ones leave no room for the strip's own name on a small laptop */
@media (min-width: 900px) and (max-width: 1350px) {
  html:not([lang="en"]) .st-key-start > :first-child { display: none; }
  .st-key-start { overflow-x: auto; scrollbar-width: none; } }
/* The menu in two columns: below it the sentence must be in sight on a laptop */
[data-testid="stSidebarNavItems"], [data-testid="stSidebarNavItems"] > div { display: grid;
  grid-template-columns: repeat(2, minmax(0, 1fr)); column-gap: 0.25rem; }
[data-testid="stSidebarNavItems"] > div, [data-testid="stNavSectionHeader"] { grid-column: 1 / -1; }
[data-testid="stSidebarNavItems"] > div { margin-top: 0.35rem; padding: 0; }
[data-testid="stSidebarNavLink"] { gap: 0.3rem; padding: 0 0.15rem 0 0.35rem; margin: 0; height: 1.7rem; }
[data-testid="stNavSectionHeader"] { padding: 0 0.4rem; margin: 0; font-size: 0.8rem; }
[data-testid="stSidebarNavLink"] p { font-size: 0.85rem; }
[data-testid="stSidebarNavLink"]:focus-visible { outline: 2px solid currentColor; outline-offset: -2px; }
[data-testid="stSidebarNavSeparator"] { margin-top: 0.4rem; }
/* The sidebar's switches stay in one line, its links are small */
[data-testid="stSidebar"] .stButtonGroup [role="radiogroup"] { flex-wrap: nowrap; }
[data-testid="stSidebar"] .stButtonGroup button { padding: 0.25rem 0.3rem; min-width: 0; flex: 1 1 auto; }
[data-testid="stSidebar"] .stButtonGroup button p { font-size: 0.875rem; white-space: nowrap; }
[data-testid="stSidebar"] .stSelectbox [data-baseweb="select"] { font-size: 0.85rem; }
.st-key-about button p { font-size: 0.85rem; }
[class*="st-key-told-lines"] [data-testid="stIconMaterial"] { font-size: 1.1rem; line-height: 1.05; }
:has(> [class*="st-key-told-lines"]):has(+ * .stSlider) > [class*="st-key-told-lines"] {
  margin-bottom: -0.3rem; }
/* A lesson is read: its lines are no longer than that is pleasant */
.st-key-lesson-body :is([data-testid="stMarkdown"], .stRadio, .stTextArea, .stTextInput,
  .stAlert, .stExpander) {
  max-width: 46rem; }
.st-key-lesson-body .st-key-lesson-section [data-testid="stMarkdown"] { max-width: none; }
.st-key-class-body [data-testid="stMarkdown"] { max-width: 60rem; }
/* A choice takes one line: its label stands beside it */
[data-testid="stMain"] :is(.stSelectbox, .stMultiSelect, .stNumberInput, .stTextInput, .stButtonGroup) {
  display: flex; align-items: center; gap: 0.6rem; }
[data-testid="stMain"] :is(.stSelectbox, .stMultiSelect, .stNumberInput, .stTextInput,
  .stButtonGroup) > label {
  flex: 0 0 auto; max-width: 55%; margin: 0; min-height: 0; gap: 0.35rem; }
[data-testid="stMain"] :is(.stSelectbox, .stMultiSelect, .stTextInput) > label ~ div { flex: 1 1 6rem;
  min-width: 0; }
[data-testid="stMain"] .stSelectbox input { min-width: 0; }
[data-testid="stMain"] .stNumberInput > label ~ div { flex: 0 1 9rem; min-width: 5rem; }
@media (min-width: 641px) {
  .st-key-start-foot { display: none; }
}
@media (min-width: 1200px) { /* the row of the tabs has room for the layer */
  .st-key-layer { align-self: flex-end; width: auto; margin-bottom: -3.1rem; z-index: 1; }
  .st-key-layer .stSelectbox > label ~ div { min-width: 16rem; }
  .stTabs { position: relative; } /* chosen by a section itself, it stands in that row, too */
  .stTabs .st-key-layer { position: absolute; top: -0.65rem; right: 0; margin: 0; }
}
@media (max-width: 640px) {
  [data-testid="stMain"] [data-testid="stVerticalBlock"] { gap: 0.5rem; }
  .stMainBlockContainer { padding: 2.6rem 1rem 3rem; }
  /* Beside its label and two buttons a number keeps room for three digits */
  [data-testid="stMain"] .stNumberInput { gap: 0.3rem; }
  [data-testid="stMain"] .stNumberInput > label { max-width: 5.3rem; }
  [data-testid="stMain"] .stNumberInput button { width: 1.5rem; }
  [data-testid="stMain"] .stNumberInput input { padding-inline: 0.3rem 0; }
  [class*="st-key-own-columns"].stMultiSelect { flex-direction: column; align-items: stretch; }
  [class*="st-key-own-columns"].stMultiSelect > label { max-width: 100%; }
  /* A finger hovers over nothing: the buttons of a table would always lie over the text above it */
  .stDataFrame [data-testid="stElementToolbar"] { display: none; }
  :has(> [class*="st-key-told-lines"]):has(+ * .stSlider) > [class*="st-key-told-lines"] {
    margin-bottom: -0.1rem; }
  .st-key-head-top > :is(:has(> .st-key-start), .st-key-start) { order: 3; flex: 1 1 100%; }
  .stApp:not(:has(.st-key-start-answer)) .st-key-head-top > :is(:has(> .st-key-start), .st-key-start) {
    display: none; }
  .st-key-start > :has(.stButtonGroup) { flex: 0 1 auto; min-width: 0; overflow-x: auto; }
  .st-key-head-top > :has(> .stHtml > .rv-top) { flex: 0 0 auto; width: auto; }
  [class*="st-key-tools-"] button [data-testid="stMarkdownContainer"] { position: absolute;
    width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  [data-testid="stMain"] .stButtonGroup { flex-direction: column; align-items: flex-start; gap: 0.1rem; }
  [data-testid="stMain"] .stButtonGroup > label { max-width: 100%; }
  [data-testid="stMain"] .stButtonGroup button { padding: 0.1rem 0.45rem; }
  [data-testid="stMain"] .stButtonGroup button p { font-size: 0.78rem; }
}
/* On paper: what is open, whole, without what can only be clicked */
@media print {
  [data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stToolbar"],
  [data-testid="stElementToolbar"], [class*="st-key-tools-"], .rv-copy, .st-key-start,
  [class*="st-key-choice-page-text"],
  [role="tab"][aria-selected="false"],
  [data-testid="stMain"] :is(.stButton, .stDownloadButton, .stPageLink, .stSlider, .stPopover) {
    display: none !important; }
  html, body, #root, .stApp, .stApp > *, [data-testid="stAppViewContainer"], [data-testid="stMain"] {
    position: static !important; overflow: visible !important; height: auto !important;
    inset: auto !important; }
  .stMainBlockContainer { padding: 0; max-width: none; }
  .rv-middle, .rv-middle-narrow { display: inline-flex !important; }
  .rv-more, .rv-more-narrow { display: none !important; }
  .stApp * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  [data-testid="stVegaLiteChart"], .stDataFrame, .rv-head { break-inside: avoid; }
}
"""
# Seen from the back row: larger type, nothing but the page, full contrast; see `ui.shell.projector`.
PROJECTOR = """
html { font-size: 20px !important; }
[data-testid="stSidebar"], [data-testid="stExpandSidebarButton"], .rv-badge, .rv-known,
.stApp [class*="st-key-tools-"], .stApp .st-key-start, .stApp .rv-copy,
.stApp [class*="st-key-choice-page-text"] { display: none !important; }
.stApp .stMainBlockContainer { padding: 0.6rem 2rem 2rem; }
.st-key-head-top { padding-right: 2.5rem; }
.st-key-head-top > .st-key-projector-off { flex: 0 0 auto; width: max-content; margin-left: auto; }
[data-testid="stHeader"] { background: transparent; }
[data-testid="stCaptionContainer"], .rv-line, .rv-key { opacity: 1 !important; }
"""
CHART = '[data-testid="stVegaLiteChart"]'  # what a Vega-Lite chart is drawn in
# The Vega view of a chart: Streamlit keeps it in a React ref above the chart's element. `has` is a method or
# property by which a view is known.
VIEW_OF = """
function viewOf(chart, has) {
    let fiber = chart[Object.keys(chart).find(key => key.startsWith('__reactFiber'))]
    for (let up = 0; fiber && up < 15; up++, fiber = fiber.return)
        for (let hook = fiber.memoizedState; hook && hook.next !== undefined; hook = hook.next)
            if (hook.memoizedState?.current?.[has]) return hook.memoizedState.current
}
"""


# --- a run ------------------------------------------------------------------------------------


def session_id() -> str | None:
    """Whose run this is; None outside of a run."""
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else None


def run_store() -> dict[str, Any]:
    """What this session's running thread may keep by the way; an empty one outside of a run.

    It hangs on the context that Streamlit gives every script thread, so it goes with the thread.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return {}
    try:
        kept: dict[str, Any] = context.rnnviz  # type: ignore[attr-defined]
    except AttributeError:
        kept = context.rnnviz = {}  # type: ignore[attr-defined]
    return kept


def went_back() -> bool:
    """Whether the visitor went back or forward in the browser's history, which this run answers.

    Streamlit knows (it reads the widgets bound to the URL anew then), and tells no app.
    """
    return bool(getattr(get_script_run_ctx(suppress_warning=True), "is_history_navigation", False))


class SessionView(Mapping[str, Any]):
    """What a session holds, looked up one by one: what Streamlit's `filtered_state` copies as a whole."""

    def __init__(self, state: SafeSessionState, copied: Callable[[SafeSessionState], dict[str, Any]]) -> None:
        self._state, self._copied = state, copied

    def __getitem__(self, key: str) -> Any:
        if key.startswith("$$"):  # the id of an element, or a key of Streamlit's own: not for everybody
            return self._copied(self._state)[key]
        with self._state._lock:
            return self._state._state[key]

    def __contains__(self, key: object) -> bool:
        try:
            self[str(key)]
        except KeyError:
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(self._copied(self._state))

    def __len__(self) -> int:
        return len(self._copied(self._state))


def look_into_sessions() -> None:
    """Let widgets look up their own value.

    Streamlit copies all that a session holds for each of them, 6 times in a run of the states page: a
    fifteenth of its processor time.
    """
    found: Any = vars(SafeSessionState).get("filtered_state")
    if not isinstance(found, property) or hasattr(found.fget, "looks"):
        return
    copied: Any = found.fget

    def filtered_state(state: SafeSessionState) -> SessionView:
        return SessionView(state, copied)

    setattr(filtered_state, "looks", True)  # noqa: B010 - a mark, not an attribute that functions have
    setattr(SafeSessionState, "filtered_state", property(filtered_state))  # noqa: B010


def show_before_ticking() -> None:
    """Let what a click has drawn reach the browser before a part of the page runs by itself again.

    A run that has ended is still being sent when a fragment with `run_every` asks for its next run: Streamlit
    starts a new thread for that and throws away what is left of the one before, since its sender is not the
    current one any more. A click would have been obeyed and never be seen. Such a tick is left out, the next
    one comes soon.
    """
    asked: Any = AppSession.request_rerun
    if hasattr(asked, "waits"):
        return

    def request_rerun(session: AppSession, client_state: Any) -> None:
        runner: Any = session._scriptrunner
        ended = runner is not None and runner._requests._state is ScriptRequestType.STOP
        if not (ended and client_state is not None and client_state.is_auto_rerun):
            asked(session, client_state)

    setattr(request_rerun, "waits", True)  # noqa: B010 - a mark, not an attribute that functions have
    setattr(AppSession, "request_rerun", request_rerun)  # noqa: B010


def send_together() -> None:
    """Let what a run draws reach its session and its browser in few portions instead of one by one.

    Streamlit wakes the server's loop for each of the 60 messages of a run, in between two lines of the
    script, goes once round that loop between any two that it hands on, and writes each to the network by
    itself. They keep their order; the first waits at most `TOGETHER`, and the end of a run takes along all
    that is left.
    """
    handed: Any = AppSession._on_scriptrunner_event
    if hasattr(handed, "together"):
        return

    @functools.wraps(handed)  # a test reads what stands behind it
    def on_event(
        session: AppSession, sender: Any, event: Any, forward_msg: Any = None, *args: Any, **named: Any
    ) -> None:
        waiting = vars(session).get("_rnnviz_waiting")
        if waiting is None:
            waiting = vars(session).setdefault("_rnnviz_waiting", deque())
        if event is ScriptRunnerEvent.ENQUEUE_FORWARD_MSG:
            waiting.append((sender, forward_msg))
            if len(waiting) == 1:
                session._call_soon_on_event_loop(lambda: wait(session))
        else:
            if event is ScriptRunnerEvent.SCRIPT_STARTED and sender is not None:
                sender._rnnviz_session = weakref.ref(session)
            handle = session._handle_scriptrunner_event_on_event_loop
            waiting.append(functools.partial(handle, sender, event, forward_msg, *args, **named))
            session._call_soon_on_event_loop(lambda: _hand_over(session))

    def wait(session: AppSession) -> None:
        session._event_loop.call_later(TOGETHER, _hand_over, session)

    # A run that is under way hands its events to the function before this one, which nobody else keeps alive.
    setattr(on_event, "together", handed)  # noqa: B010 - a mark, not an attribute that functions have
    setattr(AppSession, "_on_scriptrunner_event", on_event)  # noqa: B010
    _queue_directly()
    _hand_on_together()
    _write_together()
    _mark_elements_alone()


def _queue_directly() -> None:
    """The way from a script to its session: known from the event that starts the run, not asked for again.

    Streamlit tells everybody who listens to a run of every message, and looks under a lock for who that is:
    it is the session alone.
    """
    told = ScriptRunner._enqueue_forward_msg

    @functools.wraps(told)
    def enqueue(runner: ScriptRunner, message: ForwardMsg) -> None:
        known = vars(runner).get("_rnnviz_session")
        session = known() if known else None
        if session is None:
            told(runner, message)
            return
        runner._maybe_handle_execution_control_request()
        session._on_scriptrunner_event(runner, ScriptRunnerEvent.ENQUEUE_FORWARD_MSG, message)

    setattr(ScriptRunner, "_enqueue_forward_msg", enqueue)  # noqa: B010


def _hand_over(session: AppSession) -> None:
    """Give a session all that waits, in order: messages to its queue, events to what handles them.

    An event that fails leaves the others alone, as if the loop had called each by itself. What Streamlit does
    with a message besides is what it does with every event: look whether its run is still the current one.
    """
    waiting: deque[Any] = vars(session)["_rnnviz_waiting"]
    messages = False
    while waiting:
        one = waiting.popleft()
        if isinstance(one, tuple):
            sender, message = one
            if sender is session._scriptrunner:
                session._browser_queue.enqueue(message)
                messages = True
            continue
        try:
            one()
        except Exception as error:
            session._event_loop.call_exception_handler({"message": "an event of a run", "exception": error})
    if messages and session._message_enqueued_callback:
        session._message_enqueued_callback()


def _mark_elements_alone() -> None:
    """Messages of elements get their hash, by which a browser knows what it has; no other one needs any.

    Streamlit moves the rest of each message aside, writes and hashes it, and copies the rest back: a
    twentieth of the script's processor time. The browser asks for the hashes of elements alone.
    """
    enqueue = ScriptRunContext.enqueue

    @functools.wraps(enqueue)
    def marked(context: ScriptRunContext, message: ForwardMsg) -> None:
        delta = message.delta if message.WhichOneof("type") == "delta" else None
        kind = delta.WhichOneof("type") if delta is not None else None
        if delta is None or kind != "new_element":
            if kind == "add_block":
                message.metadata.active_script_hash = ThreadState.get().active_script_hash
                context._enqueue(message)
            else:
                enqueue(context, message)
            return
        written = delta.SerializeToString(deterministic=True)
        if len(written) >= MARKED_BY_STREAMLIT:  # perhaps the browser has it: then a reference goes out
            enqueue(context, message)
            return
        message.hash = hashlib.blake2b(written, digest_size=16, usedforsecurity=False).hexdigest()
        message.metadata.active_script_hash = ThreadState.get().active_script_hash
        context._enqueue(message)

    setattr(ScriptRunContext, "enqueue", marked)  # noqa: B010


class _Portion(list[ForwardMsg]):
    """Messages for one browser that the runtime's loop hands on as if they were one."""


def _hand_on_together() -> None:
    """The way from a session to the queue of its connection: portions, not messages."""
    flushed, hand_on = AppSession.flush_browser_queue, Runtime._send_message

    @functools.wraps(flushed)
    def flush(session: AppSession) -> list[Any]:
        found = flushed(session)
        return [_Portion(found[start : start + PORTION]) for start in range(0, len(found), PORTION)]

    @functools.wraps(hand_on)
    def send(runtime: Runtime, to: Any, what: Any) -> None:
        for message in what if isinstance(what, _Portion) else [what]:
            hand_on(runtime, to, message)

    setattr(AppSession, "flush_browser_queue", flush)  # noqa: B010
    setattr(Runtime, "_send_message", send)  # noqa: B010


def _write_together() -> None:
    """The way from a connection to the network: what is written in one round of the loop goes out as one."""
    made = WebSocketsSansIOProtocol.connection_made

    @functools.wraps(made)
    def connection_made(protocol: WebSocketsSansIOProtocol, transport: Any) -> None:
        made(protocol, transport)
        protocol.transport = Gathering(transport, protocol.loop)  # type: ignore[assignment]

    setattr(WebSocketsSansIOProtocol, "connection_made", connection_made)  # noqa: B010


class Gathering:
    """A connection's transport that writes once in a round of the loop, all that was written in it.

    The asynchronous server makes a system call for each message: in an edit on the overview 79 calls wrote
    something, and now it is 12.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Written when the loop comes round, or before the connection is closed."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        """As a transport closes: what was written before goes out first."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        parts, self._parts = self._parts, []
        if parts and not self._transport.is_closing():
            self._transport.write(b"".join(parts))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def remember_theme() -> None:
    """Let the settings of the theme be looked up once per process.

    Streamlit walks six times through all of its 400 options for each run: a fiftieth of the time. They change
    only when all settings are read anew.
    """
    looked_up: Any = config.get_options_for_section
    if hasattr(looked_up, "remembers"):
        return
    known: dict[str, dict[str, Any]] = {}
    read: list[object] = [None]  # the settings that `known` was taken from

    def get_options_for_section(section: str) -> dict[str, Any]:
        if not section.startswith("theme"):
            return dict(looked_up(section))
        if read[0] is not config._config_options:
            known.clear()
            read[0] = config._config_options
        if section not in known:
            known[section] = looked_up(section)
            read[0] = config._config_options  # the first look of all reads them
        return dict(known[section])

    setattr(get_options_for_section, "remembers", True)  # noqa: B010 - a mark
    setattr(config, "get_options_for_section", get_options_for_section)  # noqa: B010


def remember_logo() -> None:
    """Let what becomes of the app's logo be found out once per process.

    In each run Streamlit asks the disk whether there is a file of the name of each of its two pictures, which
    are addresses that hold a drawing.
    """
    found: Any = logo._process_logo_image
    if not hasattr(found, "cache_info"):
        setattr(logo, "_process_logo_image", functools.lru_cache(maxsize=4)(found))  # noqa: B010


def written(spec: Mapping[str, Any]) -> str:
    """The JSON that Streamlit sends of a chart's spec, which names its data and does not hold them."""
    own = copy.deepcopy(dict(spec))  # parts of it are mended in place
    return vega_charts._stabilize_vega_json_spec(json.dumps(vega_charts._prepare_vega_lite_spec(own, True)))


def draw_chart(text: str, datasets: Mapping[str, bytes], *, key: str, select: str | None = None) -> Any:
    """What `st.vega_lite_chart` does with a spec and the rows of its data sets, of a spec that is `written`.

    For each chart of each run Streamlit writes the spec, reads it, looks for names to replace, and reads it
    again: 75 kB and a twelfth of the processor time on the overview, for the same result every time.

    Parameters
    ----------
    text
        What `written` gave, perhaps with another description.
    datasets
        Name -> Arrow IPC stream.
    key
        Of the chart, where clicks on it are told.
    select
        The selection in the spec that clicks change; None: clicks are not told.

    Returns
    -------
    With `select` the state of the selections, as Streamlit gives it; otherwise None.
    """
    chart = VegaLiteChart(spec=text, theme="streamlit")
    for name, rows in datasets.items():
        kept = chart.datasets.add()
        kept.name, kept.has_name, kept.data.data = name, True, rows
    place: Any = st.vega_lite_chart.__self__  # type: ignore[attr-defined]
    state = None
    if select is not None:
        chart.selection_mode.append(select)
        chart.form_id = current_form_id(place)
        chart.id = compute_and_register_element_id(
            "vega_lite_chart",
            user_key=key,
            key_as_main_identity={"selection_mode"},
            dg=place,
            selection_mode=[select],
        )
        serde = vega_charts.VegaLiteStateSerde([select])
        state = register_widget(
            chart.id,
            deserializer=serde.deserialize,
            serializer=serde.serialize,
            ctx=get_script_run_ctx(),
            value_type="string_value",
        ).value
    place._enqueue("vega_lite_chart", chart, layout_config=LayoutConfig(width="stretch", height="content"))
    return state


def draw_html(text: str, *, rules: bool = False, script: bool = False) -> None:
    """What `st.html` does with HTML of ours that is not indented.

    Streamlit looks through each text for its indentation and for whether it holds style rules alone: those of
    the app are 18 kB, in every run.

    Parameters
    ----------
    text
        The HTML: no blank around it, no common indentation.
    rules
        It is one ``<style>`` and nothing else.
    script
        Its ``<script>`` may run.
    """
    here: Any = st.html.__self__  # type: ignore[attr-defined]
    drawn = Html(body=text)
    if rules:
        here._event_dg._enqueue("html", drawn)
        return
    drawn.unsafe_allow_javascript = script
    here._enqueue("html", drawn, layout_config=LayoutConfig(width="stretch"))


def own_pages(pages: tuple["st.Page", ...]) -> list["st.Page"]:
    """Copies of pages for one run: `st.navigation` marks the page that may be called, so that objects which
    all sessions share would let one visitor's run call another one's page."""
    return [copy.copy(page) for page in pages]


def asked_page(pages: Sequence["st.Page"]) -> "st.Page | None":
    """Which of `pages` a click asks for, before `st.navigation` says so; None: the URL decides."""
    context = get_script_run_ctx(suppress_warning=True)
    asked = context.pages_manager.intended_page_script_hash if context else None
    return next((page for page in pages if page._script_hash == asked), None) if asked else None


# --- sessions ---------------------------------------------------------------------------------


def is_active(session: str) -> bool | None:
    """Whether a visitor is connected; None where no server runs (in tests)."""
    return runtime.get_instance().is_active_session(session) if runtime.exists() else None


def forget_files(session: str) -> None:
    """Let go of what a session could download: a session that is forgotten is not closed."""
    runtime.get_instance().media_file_mgr.clear_session_refs(session)


# --- the server -------------------------------------------------------------------------------


def assets() -> Path:
    """The folder of what Streamlit's own page consists of, served below ``/static/`` from its ``static``."""
    return Path(file_util.get_static_dir())


def forget_settings() -> None:
    """Let the settings be read anew without a remark that the server's have changed since.

    Whoever draws a page before the server starts (`server.rehearsal`) has them read already.
    """
    config._config_options = None


def settings_of_environment() -> dict[str, object]:
    """What ``STREAMLIT_...`` variables set; ``streamlit run`` reads them, `st.App.run` does not."""
    found: dict[str, object] = {}
    for name, option in config._config_options_template.items():
        text = os.environ.get(option.env_var)
        if text is None or option.sensitive:  # what is sensitive Streamlit reads from there itself
            continue
        if option.multiple:
            found[name] = text.split()
        elif option.type is bool:
            found[name] = text.strip().lower() in ("1", "true", "t", "yes", "y", "on")
        else:
            found[name] = option.type(text)
    return found


_UNCAUGHT = logging.getLogger("streamlit.error_util")


def replace_tracebacks(line: Callable[[BaseException], str | None]) -> None:
    """Let the log have `line` of an error that nothing caught, in place of its traceback; None leaves it.

    Streamlit writes the exception's message, which may quote what a visitor typed. It does so also for an
    error in a widget's callback, which runs before any line of the app does.
    """

    class Instead(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            error = record.exc_info[1] if record.exc_info else None
            if error is not None and (text := line(error)) is not None:
                record.msg, record.args, record.exc_info, record.exc_text = text, (), None, None
            return True

    for old in [old for old in _UNCAUGHT.filters if type(old).__qualname__ == Instead.__qualname__]:
        _UNCAUGHT.removeFilter(old)
    _UNCAUGHT.addFilter(Instead())


# --- a run without a browser ------------------------------------------------------------------


@contextlib.contextmanager
def rehearsing() -> Iterator[None]:
    """Around runs of `AppTest`: without a remark at every run that there is no browser, and without its
    search for components in every installed package at every run, 3/4 of the time a run takes."""
    silent = logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context")
    before, silent.disabled = silent.disabled, True
    try:
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(ImportError, AttributeError):  # another version: slower, no worse
                from streamlit.components.v2.component_manager import BidiComponentManager as Manager

                stack.enter_context(mock.patch.object(Manager, "discover_and_register_components"))
            yield
    finally:
        silent.disabled = before
