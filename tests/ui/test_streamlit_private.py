"""Contracts: what the app relies on inside Streamlit is still there, and does what it is relied on for."""

import ast
import asyncio
import gc
import inspect
import json
import logging
import re
import subprocess
import sys
import weakref
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit import config, delta_generator, error_util, file_util
from streamlit.commands import logo
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner, ScriptRunnerEvent
from streamlit.runtime.scriptrunner_utils import script_run_context
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext, ThreadState
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.testing.v1 import AppTest
from uvicorn.protocols.websockets import websockets_sansio_impl as uvicorn_websockets
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from rnnviz_core.ui import streamlit_private
from rnnviz_core.ui.serving import guard
from scripts import streamlit_private as scripts_private

ROOT = Path(__file__).resolve().parents[2]
STATIC = Path(file_util.get_static_dir()) / "static"


@pytest.fixture(scope="module")
def page_scripts() -> str:
    """What Streamlit's page consists of."""
    return "".join(path.read_text(encoding="utf-8") for path in sorted((STATIC / "js").glob("*.js")))


def sources() -> list[Path]:
    found = [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "rnnviz_core").rglob("*.py")]
    return [path for path in found if path.name != "streamlit_private.py"]


def looks_inside(path: Path) -> list[str]:
    """What a module uses of Streamlit that is not public: imports, private names, elements by test id."""
    text = path.read_text(encoding="utf-8")
    found = re.findall(r"\bst\._|data-testid|__reactFiber|\.st[A-Z]\w+ *\{", text)
    for node in ast.walk(ast.parse(text)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        found += [name for name in names if name.startswith("streamlit.")]
    return [name for name in found if name not in PUBLIC]


PUBLIC = {"streamlit.testing.v1", "streamlit.delta_generator"}  # the second for types


def test_only_one_module_looks_inside_streamlit():
    assert looks_inside(Path(streamlit_private.__file__)), "what is looked for is not even found here"
    found = {path.relative_to(ROOT).as_posix(): looks_inside(path) for path in sources()}
    assert len(found) > 100
    assert {path: names for path, names in found.items() if names} == {}


def test_the_elements_that_rules_name_exist(page_scripts):
    texts = [str(text) for text in vars(scripts_private).values()]
    rules = "\n".join([streamlit_private.STYLE, streamlit_private.CHART, *texts])
    ids = set(re.findall(r'data-testid="(\w+)"', rules))
    classes = set(re.findall(r"\.(st[A-Z]\w+)", rules))
    assert len(ids) > 5
    assert len(classes) > 5
    held = set(re.findall(r"(?<=[\"'`])\w+(?=[\"'`])", page_scripts))
    assert ids <= held, ids - held
    held |= set(re.findall(r"(?<=[\"'` ])st[A-Z]\w+(?=[\"'` ])", page_scripts))
    assert classes <= held, classes - held
    states = ("test-script-state", "notRunning", "data-stale", "data-collapsed")
    for name in (*states, "__reactFiber", "stAlertContent"):
        assert name in page_scripts, name


def test_a_run_knows_its_session_and_whether_the_visitor_went_back():
    assert streamlit_private.session_id() is None
    assert streamlit_private.went_back() is False
    fields = {name for name in dir(script_run_context.ScriptRunContext) if not name.startswith("__")}
    fields |= set(script_run_context.ScriptRunContext.__dataclass_fields__)
    assert {"session_id", "is_history_navigation"} <= fields

    def script() -> None:
        import streamlit

        from rnnviz_core.ui import streamlit_private

        streamlit.text(f"{streamlit_private.session_id()} {streamlit_private.went_back()}")

    shown = AppTest.from_function(script).run().text[0].value
    assert re.fullmatch(r".+ False", shown)
    assert not shown.startswith("None")


def test_sessions_can_be_asked_for_and_their_files_let_go():
    assert streamlit_private.is_active("nobody") is None  # no server runs here
    assert callable(Runtime.is_active_session)
    assert isinstance(Runtime.media_file_mgr, property)
    assert callable(MediaFileManager.clear_session_refs)


def test_a_widget_finds_its_value_without_a_copy_of_the_session():
    """Key by key the same as the copy that Streamlit makes, the widgets' values and its own keys included."""

    def script() -> None:
        import streamlit as st

        from rnnviz_core.ui import streamlit_private

        st.session_state.setdefault("mine", [1])
        st.session_state["empty"] = None
        streamlit_private.look_into_sessions()
        streamlit_private.look_into_sessions()  # twice is once
        st.text_input("Name", "a", key="name")
        st.number_input("Age", 3, key="age")
        st.text_input("No key", "b")

    app = AppTest.from_function(script).run()
    app.text_input[0].set_value("c").run()
    seen = SafeSessionState.filtered_state.fget(app.session_state._state)
    copied = seen._copied(app.session_state._state)
    assert isinstance(seen, streamlit_private.SessionView)
    assert dict(seen) == copied
    assert copied["name"] == "c"
    assert {*copied} == {"mine", "empty", "name", "age"}
    for key in ("mine", "empty", "name", "age", "nothing", *app.session_state._state._state._keys()):
        assert (key in seen) == (key in copied), key


def test_copies_of_pages_are_pages_of_their_own():
    def script() -> None:
        import streamlit as st

        from rnnviz_core.ui import streamlit_private

        page = st.Page(lambda: st.text("drawn"), title="A", url_path="a", default=True)
        first, second = (streamlit_private.own_pages((page,))[0] for _ in range(2))
        asked = st.navigation([first])
        st.text(f"{asked is first} {page._can_be_called} {first._can_be_called} {second._can_be_called}")
        asked.run()

    app = AppTest.from_function(script).run()
    assert not app.exception
    assert [text.value for text in app.text] == ["True False True False", "drawn"]


def test_the_page_that_is_asked_for_is_known_before_the_navigation():
    def script() -> None:
        import streamlit as st

        from rnnviz_core.ui import streamlit_private

        pages = [st.Page(lambda: None, title=name, url_path=name) for name in ("one", "two")]
        before = streamlit_private.asked_page(pages)
        manager = st.runtime.scriptrunner.get_script_run_ctx().pages_manager
        manager.set_script_intent(pages[1]._script_hash, "")  # as the runner does before the script
        asked = streamlit_private.asked_page(pages)
        st.text(f"{before is None} {asked is pages[1]} {st.navigation(pages) is asked}")

    assert streamlit_private.asked_page([]) is None
    app = AppTest.from_function(script).run()
    assert not app.exception
    assert [text.value for text in app.text] == ["True True True"]


def test_the_assets_are_where_the_server_takes_them_from():
    assert (streamlit_private.assets() / "index.html").is_file()
    text = (streamlit_private.assets() / "index.html").read_text(encoding="utf-8")
    for name in re.findall(r'(?:src|href)="\.?/?(static/[^"]+)"', text):
        assert (streamlit_private.assets() / name).is_file()
    assert re.search(r"\.[\w-]{8}\.js$", next((STATIC / "js").glob("index.*.js")).name)  # a hash: kept


def test_settings_are_read_anew_without_a_remark(caplog):
    for reread in (config.get_config_options, lambda: None):
        reread()
        streamlit_private.forget_settings()
        config.get_config_options(force_reparse=True, options_from_flags={"server.port": 8611})
    assert st.get_option("server.port") == 8611
    assert "config option" not in caplog.text
    config.get_config_options(force_reparse=True, options_from_flags={})


def test_variables_of_the_environment_are_settings(monkeypatch):
    monkeypatch.setenv("STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL", "7")
    monkeypatch.setenv("STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION", "false")
    monkeypatch.setenv("STREAMLIT_SERVER_BASE_URL_PATH", "rnnviz")
    monkeypatch.setenv("STREAMLIT_SERVER_COOKIE_SECRET", "secret")
    found = streamlit_private.settings_of_environment()
    assert found["server.disconnectedSessionTTL"] == 7
    assert found["server.enableXsrfProtection"] is False
    assert found["server.baseUrlPath"] == "rnnviz"
    assert "server.cookieSecret" not in found


def test_the_log_has_a_line_in_place_of_a_traceback(caplog, monkeypatch):
    """As Streamlit itself reports an error that nothing caught."""
    monkeypatch.setenv("RNNVIZ_DEBUG", "0")
    streamlit_private.replace_tracebacks(guard.uncaught)
    streamlit_private.replace_tracebacks(guard.uncaught)
    logger = logging.getLogger("streamlit.error_util")
    assert len(logger.filters) == 1
    assert error_util._LOGGER is logger
    logger.addHandler(caplog.handler)
    monkeypatch.setattr(config, "get_option", lambda _: False)  # enableRich
    try:
        raise ZeroDivisionError("what was typed")
    except ZeroDivisionError as error:
        error_util._log_uncaught_app_exception(error)
        monkeypatch.setenv("RNNVIZ_DEBUG", "1")
        assert "typed" not in "".join(caplog.messages)
        assert caplog.messages[-1].startswith("rnnviz page=- model=- error=ZeroDivisionError at=")
        error_util._log_uncaught_app_exception(error)
    assert "what was typed" in caplog.text
    logger.removeHandler(caplog.handler)


def test_a_rehearsal_asks_for_no_components_and_makes_no_remarks(monkeypatch, caplog):
    looked = []
    monkeypatch.setattr(
        BidiComponentManager, "discover_and_register_components", lambda *_, **__: looked.append(1)
    )
    with streamlit_private.rehearsing():
        script_run_context.get_script_run_ctx()
        AppTest.from_string("import streamlit as st; st.text('a')").run()
    assert not looked
    AppTest.from_string("import streamlit as st; st.text('a')").run()
    assert looked, "a run no longer looks for components: nothing to leave out"


def test_the_server_imports_what_is_imported_before_the_fork():
    code = "import importlib.util, sys; sys.exit(not all(importlib.util.find_spec(n) for n in sys.argv[1:]))"
    assert subprocess.run([sys.executable, "-c", code, *scripts_private.SERVING]).returncode == 0


def test_a_part_that_runs_by_itself_does_not_supersede_a_run_that_is_still_being_sent(monkeypatch):
    """Streamlit would drop what a click has drawn when a fragment ticks just as its run ends."""
    assert {"_requests"} <= set(ScriptRunner.__init__.__code__.co_names)
    assert {"_scriptrunner"} <= set(AppSession.__init__.__code__.co_names)
    ignoring = AppSession._handle_scriptrunner_event_on_event_loop
    assert "sender is not self._scriptrunner" in inspect.getsource(ignoring), "not needed any more?"
    seen: list[ClientState | None] = []
    monkeypatch.setattr(AppSession, "request_rerun", lambda _session, state: seen.append(state))
    streamlit_private.show_before_ticking()
    streamlit_private.show_before_ticking()  # twice is once
    requests = ScriptRequests()
    session = SimpleNamespace(_scriptrunner=SimpleNamespace(_requests=requests))
    tick, click = ClientState(fragment_id="count", is_auto_rerun=True), ClientState()
    asked = [tick, click, None]

    def heard() -> list[ClientState | None]:
        seen.clear()
        for state in asked:
            AppSession.request_rerun(session, state)
        return list(seen)

    assert heard() == asked, "it is running"
    requests.on_scriptrunner_ready()  # nothing to do: it ends
    assert heard() == [click, None]
    session._scriptrunner = None  # its last message has come
    assert heard() == asked


def test_a_run_keeps_things_by_the_way_and_nobody_else_sees_them():
    """`run_store` hangs on the context of the script's thread."""

    def page():  # its source is run elsewhere, so it imports for itself
        import streamlit as st

        from rnnviz_core.ui import streamlit_private

        kept = streamlit_private.run_store()
        st.text(f"{'mine' in kept}")
        kept["mine"] = 1
        st.text(f"{'mine' in streamlit_private.run_store()}")

    for _ in range(2):
        assert [text.value for text in AppTest.from_function(page).run().text] == ["False", "True"]
    assert streamlit_private.run_store() == {}


@pytest.fixture
def together(monkeypatch):
    """Messages go together, as in a server; afterwards as before."""
    for owner, name in (
        (AppSession, "_on_scriptrunner_event"),
        (AppSession, "flush_browser_queue"),
        (Runtime, "_send_message"),
        (WebSocketsSansIOProtocol, "connection_made"),
        (ScriptRunContext, "enqueue"),
        (ScriptRunner, "_enqueue_forward_msg"),
    ):
        found = getattr(owner, name)
        monkeypatch.setattr(owner, name, inspect.unwrap(found))
    streamlit_private.send_together()
    streamlit_private.send_together()  # twice is once


class Session(SimpleNamespace):
    """Stands for a session; a weak reference to it is possible."""


def test_messages_reach_their_session_together_and_in_order(together, monkeypatch):
    same = ("_on_scriptrunner_event", "_handle_scriptrunner_event_on_event_loop")
    first, second = (inspect.signature(getattr(AppSession, name)) for name in same)
    assert first == second, "what is handed over is handled as it is"
    assert "self._call_soon_on_event_loop" in inspect.getsource(AppSession._on_scriptrunner_event)
    monkeypatch.setattr(streamlit_private, "TOGETHER", 60.0)  # a machine may be slow: the end fetches them
    handled: list[tuple[int, object]] = []
    told: list[str] = []
    current = SimpleNamespace()
    rounds = 0

    async def run() -> None:
        nonlocal rounds
        loop = asyncio.get_running_loop()
        done = asyncio.Event()

        def handle(_sender: object, event: ScriptRunnerEvent, forward_msg: object = None) -> None:
            handled.append((rounds, forward_msg))
            if event is ScriptRunnerEvent.SCRIPT_STARTED:
                raise RuntimeError("this one alone")
            if event is ScriptRunnerEvent.SCRIPT_STOPPED_WITH_SUCCESS:
                done.set()

        def count() -> None:
            nonlocal rounds
            rounds += 1
            if not done.is_set():
                loop.call_soon(count)

        count()
        loop.set_exception_handler(lambda _loop, context: told.append(str(context["exception"])))
        queue = SimpleNamespace(enqueue=lambda message: handled.append((rounds, message)))
        session = Session(
            _event_loop=loop,
            _handle_scriptrunner_event_on_event_loop=handle,
            _scriptrunner=current,
            _browser_queue=queue,
            _message_enqueued_callback=lambda: told.append("enqueued"),
        )
        session._call_soon_on_event_loop = lambda call: AppSession._call_soon_on_event_loop(session, call)

        def tell(event: ScriptRunnerEvent, message: object, sender: object = current) -> None:
            AppSession._on_scriptrunner_event(session, sender, event, forward_msg=message)

        def script() -> None:
            for number in range(40):
                tell(ScriptRunnerEvent.ENQUEUE_FORWARD_MSG, number)
            tell(ScriptRunnerEvent.ENQUEUE_FORWARD_MSG, "of a run before", SimpleNamespace())
            tell(ScriptRunnerEvent.SCRIPT_STARTED, "start")
            tell(ScriptRunnerEvent.ENQUEUE_FORWARD_MSG, 40)
            tell(ScriptRunnerEvent.SCRIPT_STOPPED_WITH_SUCCESS, "end")

        await asyncio.to_thread(script)
        await asyncio.wait_for(done.wait(), 5)
        await asyncio.sleep(0)

    asyncio.run(run())
    assert [what for _round, what in handled] == [*range(40), "start", 40, "end"]
    assert len({number for number, _what in handled}) <= 3
    assert told.count("this one alone") == 1
    assert 1 <= told.count("enqueued") <= 3


def test_a_message_reaches_the_session_that_its_run_began_in(together):
    """Without asking who listens; before the run has begun, and once the session is gone, as ever."""
    source = inspect.getsource(inspect.unwrap(ScriptRunner._enqueue_forward_msg)).split('"""')[-1]
    lines = [line.strip() for line in source.splitlines() if line.strip() and "#" not in line]
    assert lines == [
        "self._maybe_handle_execution_control_request()",
        "self.on_event.send(",
        "self, event=ScriptRunnerEvent.ENQUEUE_FORWARD_MSG, forward_msg=msg",
        ")",
    ]
    assert inspect.getsource(AppSession).count(".on_event.connect(") == 1, "nobody else listens"

    class Listening:
        def __init__(self) -> None:
            self.told: list[object] = []
            self._handle_scriptrunner_event_on_event_loop = print

        def _call_soon_on_event_loop(self, call: object) -> None: ...

        def _on_scriptrunner_event(self, sender: object, event: object, forward_msg: object = None) -> None:
            self.told.append(forward_msg)
            AppSession._on_scriptrunner_event(self, sender, event, forward_msg=forward_msg)  # type: ignore[arg-type]

    asked: list[str] = []

    class Runner:
        on_event = SimpleNamespace(send=lambda *_args, forward_msg, **_named: asked.append(forward_msg))

        def _maybe_handle_execution_control_request(self) -> None:
            asked.append("stop?")

    runner, session = Runner(), Listening()
    ScriptRunner._enqueue_forward_msg(runner, "early")  # type: ignore[arg-type]
    session._on_scriptrunner_event(runner, ScriptRunnerEvent.SCRIPT_STARTED)
    ScriptRunner._enqueue_forward_msg(runner, "drawn")  # type: ignore[arg-type]
    assert session.told == [None, "drawn"]
    del session
    gc.collect()
    ScriptRunner._enqueue_forward_msg(runner, "late")  # type: ignore[arg-type]
    assert asked == ["stop?", "early", "stop?", "stop?", "late"]


def test_a_session_does_with_a_message_what_it_is_given_directly():
    """`_hand_over` leaves out the way there: what stands on it must be this and nothing else."""
    source = inspect.getsource(AppSession._handle_scriptrunner_event_on_event_loop)
    assert "if sender is not self._scriptrunner:" in source
    code = source.split('"""')[2]
    assert len(re.findall(r"\bforward_msg\b", code)) == 3, "asked for, missed with a message, enqueued"
    assert "            self._enqueue_forward_msg(forward_msg)" in source
    enqueue = inspect.getsource(AppSession._enqueue_forward_msg).split('"""')[-1]
    assert enqueue.split() == [
        "self._browser_queue.enqueue(msg)",
        *("if", "self._message_enqueued_callback:", "self._message_enqueued_callback()"),
    ]


def test_elements_have_a_hash_and_blocks_need_none(together, page_scripts):
    """As Streamlit has it, a browser keeps an element whose hash it knows; it asks for no other hash."""
    source = inspect.getsource(inspect.unwrap(ScriptRunContext.enqueue)).split('"""')[-1]
    assert "msg.metadata.active_script_hash = ThreadState.get().active_script_hash" in source
    assert "populate_hash_if_needed(msg)" in source
    applied = re.search(r"applyDelta\((\w),(\w),(\w),(\w)\)\{(.{900})", page_scripts)
    assert applied
    of_element, of_block = applied[5].split("addBlock`:")[:2]
    assert re.search(rf"[(,]{applied[4]}[,)]", of_element), "an element's hash is looked at"
    assert not re.search(rf"[(,]{applied[4]}[,)]", of_block.split("newTransient`:")[0]), "a block's is not"
    sent: list[ForwardMsg] = []
    context = SimpleNamespace(_enqueue=sent.append, cached_message_hashes=frozenset())
    ThreadState.initialize(active_script_hash="page")

    def element(text: str, place: int = 0) -> ForwardMsg:
        message = ForwardMsg()
        message.delta.new_element.markdown.body = text
        message.metadata.delta_path.append(place)
        return message

    block, other = ForwardMsg(), ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY)
    block.delta.add_block.allow_empty = True
    for message in (element("a"), element("a", 1), element("b"), block, other, element("c" * 20_000)):
        ScriptRunContext.enqueue(context, message)
    first, again, second, block, other, large = sent
    assert len(first.hash) == 32
    assert first.hash == again.hash != second.hash
    assert [message.metadata.cacheable for message in sent] == [False] * 5 + [True]
    assert [message.metadata.active_script_hash for message in sent] == ["page"] * 6
    assert list(again.metadata.delta_path) == [1]
    assert block.hash == ""
    assert other.hash
    context.cached_message_hashes = frozenset([large.hash])
    ScriptRunContext.enqueue(context, element("c" * 20_000))
    assert sent[-1].ref_hash == large.hash
    limit = config.get_option("global.minCachedMessageSize")
    assert limit > streamlit_private.MARKED_BY_STREAMLIT + 100, "what a browser keeps is left to Streamlit"


def test_messages_are_handed_on_together_and_in_order(together):
    """The runtime's loop goes round once for a portion; each message is sent by Streamlit's own function."""
    source = inspect.getsource(Runtime._loop_coroutine)
    assert "msg_list = active_session_info.session.flush_browser_queue()" in source
    assert "self._send_message(active_session_info, msg)" in source
    assert len(source.split("flush_browser_queue")) == len(source.split("_send_message")) == 2
    session = SimpleNamespace(_browser_queue=ForwardMsgQueue())
    messages = [ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY, hash=str(n)) for n in range(70)]
    session._browser_queue._queue.extend(messages)
    portions = AppSession.flush_browser_queue(session)
    assert [len(portion) for portion in portions] == [64, 6]
    assert AppSession.flush_browser_queue(session) == []
    sent: list[ForwardMsg] = []
    to = SimpleNamespace(client=SimpleNamespace(write_forward_msg=sent.append), script_run_count=0)
    for portion in portions:
        Runtime._send_message(None, to, portion)
    Runtime._send_message(None, to, ForwardMsg(hash="alone"))
    assert [message.hash for message in sent] == [*map(str, range(70)), "alone"]
    assert to.script_run_count == 70


def test_a_connection_writes_once_in_a_round(together):
    """In order, and before it is closed; all else is the transport's own."""
    assert 'self.transport.write(b"".join(output))' in inspect.getsource(WebSocketsSansIOProtocol.send)
    assert "self.transport = transport" in inspect.getsource(WebSocketsSansIOProtocol.connection_made)

    class Transport:
        def __init__(self) -> None:
            self.told: list[object] = []

        def write(self, data: bytes) -> None:
            self.told.append(data)

        def close(self) -> None:
            self.told.append("closed")

        def is_closing(self) -> bool:
            return "closed" in self.told

        def get_extra_info(self, name: str) -> str:
            return name

    async def run() -> list[object]:
        transport = Transport()
        told = transport.told
        connection = streamlit_private.Gathering(transport, asyncio.get_running_loop())
        for part in (b"one ", b"two "):
            connection.write(part)
        assert told == []
        await asyncio.sleep(0)
        assert told == [b"one two "]
        assert connection.get_extra_info("peername") == "peername"
        connection.write(b"three")
        connection.close()
        connection.write(b"four")
        await asyncio.sleep(0)
        return told

    assert asyncio.run(run()) == [b"one two ", b"three", "closed"]


def test_every_connection_gathers(together, monkeypatch):
    connections = SimpleNamespace(add=lambda connection: None)
    made = SimpleNamespace(loop=None, connections=connections, logger=logging.getLogger("nobody"))
    monkeypatch.setattr(uvicorn_websockets, "get_local_addr", lambda transport: None)
    monkeypatch.setattr(uvicorn_websockets, "get_remote_addr", lambda transport: None)
    monkeypatch.setattr(uvicorn_websockets, "is_ssl", lambda transport: False)
    WebSocketsSansIOProtocol.connection_made(made, "a transport")
    assert isinstance(made.transport, streamlit_private.Gathering)


def test_a_run_that_is_under_way_is_not_cut_off(monkeypatch):
    """Its events go to a method that Streamlit's signal refers to weakly: once replaced, it must live on."""
    assert "self._scriptrunner.on_event.connect(self._on_scriptrunner_event)" in inspect.getsource(AppSession)
    monkeypatch.setattr(AppSession, "_on_scriptrunner_event", lambda *_args: None)
    for name in ("_queue_directly", "_hand_on_together", "_write_together", "_mark_elements_alone"):
        monkeypatch.setattr(streamlit_private, name, lambda: None)
    before = weakref.ref(AppSession._on_scriptrunner_event)
    streamlit_private.send_together()
    gc.collect()
    assert before() is not None


def test_a_message_does_not_wait_for_the_end_of_the_run(together):
    """A chart that takes long must not hold back the title above it."""

    async def run() -> list[object]:
        seen: asyncio.Queue[object] = asyncio.Queue()
        session = SimpleNamespace(
            _event_loop=asyncio.get_running_loop(),
            _scriptrunner=None,
            _browser_queue=SimpleNamespace(enqueue=seen.put_nowait),
            _message_enqueued_callback=None,
        )
        session._call_soon_on_event_loop = lambda call: AppSession._call_soon_on_event_loop(session, call)
        found = []
        for number in range(3):
            AppSession._on_scriptrunner_event(
                session, None, ScriptRunnerEvent.ENQUEUE_FORWARD_MSG, forward_msg=number
            )
            found.append(await asyncio.wait_for(seen.get(), 5))
        return found

    assert asyncio.run(run()) == [0, 1, 2]


def test_the_theme_is_looked_up_once_until_settings_are_read_anew(monkeypatch):
    asked: list[str] = []

    def counting(section: str) -> dict[str, object]:
        asked.append(section)
        return {"section": section, "of": id(config._config_options)}

    monkeypatch.setattr(config, "get_options_for_section", counting)
    streamlit_private.remember_theme()
    streamlit_private.remember_theme()  # twice is once
    first = config.get_options_for_section("theme.dark")
    first["section"] = "changed by the caller"
    assert config.get_options_for_section("theme.dark")["section"] == "theme.dark"
    assert config.get_options_for_section("server")["section"] == "server"
    assert config.get_options_for_section("server")["section"] == "server"
    assert asked == ["theme.dark", "server", "server"]
    monkeypatch.setattr(config, "_config_options", dict(config._config_options or {}))
    config.get_options_for_section("theme.dark")
    assert asked[-1] == "theme.dark"
    assert len(asked) == 4
    populate = inspect.getsource(inspect.getmodule(AppSession)._populate_theme_msg)  # type: ignore[union-attr]
    assert "config.get_options_for_section(section)" in populate, "not needed any more?"


def test_the_logo_is_looked_for_once(monkeypatch):
    asked: list[str] = []

    def counting(image: str, image_id: str) -> tuple[int, str]:
        asked.append(image)
        return 0, image + image_id

    monkeypatch.setattr(logo, "_process_logo_image", counting)
    streamlit_private.remember_logo()
    streamlit_private.remember_logo()  # twice is once
    for _ in range(3):
        assert logo._process_logo_image("data:one", "logo") == (0, "data:onelogo")
        assert logo._process_logo_image("data:two", "icon") == (0, "data:twoicon")
    assert asked == ["data:one", "data:two"]
    source = inspect.getsource(inspect.unwrap(logo.logo))
    assert source.count("_process_logo_image(") == 2, "not needed any more?"


@pytest.mark.parametrize("select", [None, "cell"])
@pytest.mark.parametrize("nested", [False, True])
def test_a_chart_is_drawn_as_streamlit_draws_it(select, nested):
    """The same message to the browser, the same widget, the same state of what was clicked."""

    def script(select: str | None, nested: bool) -> None:
        import copy
        import json

        import streamlit as st

        from rnnviz_core.ui import streamlit_private
        from rnnviz_core.ui.drawing.arrow import arrow_bytes

        params = [{"name": "cell", "select": {"type": "point", "fields": ["x"], "on": "click"}}]
        one = {
            "mark": "bar",
            "encoding": {"x": {"field": "x"}, "color": {"field": "x", "legend": {"title": None}}},
        }
        spec: dict[str, object] = {
            "data": {"name": "rows"},
            "height": 80,
            **(
                {"vconcat": [{**one, "name": "view_1", "params": params}, one]}
                if nested
                else {**one, "params": params}
            ),
        }
        rows = arrow_bytes({"x": [1, 2, 3]}, None)
        before = copy.deepcopy(spec)
        with st.container(key="there"):
            told = {**copy.deepcopy(spec), "datasets": {"rows": rows}, "description": "Three “bars”"}
            if select:
                theirs = st.vega_lite_chart(
                    told, width="stretch", key="theirs", on_select="rerun", selection_mode=select
                )
            else:
                theirs = None
                st.vega_lite_chart(told, width="stretch", key="theirs")
            text = json.dumps("Three “bars”")
            ours = streamlit_private.draw_chart(
                f'{{"description": {text}, {streamlit_private.written(spec)[1:]}',
                {"rows": rows},
                key="ours",
                select=select,
            )
        assert spec == before, "it is looked at, never changed"
        st.text(repr(theirs) + "|" + repr(ours))

    app = AppTest.from_function(script, kwargs={"select": select, "nested": nested}).run()
    assert not app.exception, app.exception
    theirs, ours = (element.proto for element in app.get("vega_lite_chart"))
    assert json.loads(theirs.spec) == json.loads(ours.spec)
    assert ours.id == theirs.id.replace("theirs", "ours") or ours.id.rpartition("-")[2] == "ours"
    assert bool(ours.id) == bool(select)
    for chart in (theirs, ours):
        chart.spec = chart.id = ""
    assert ours == theirs
    first, second = app.text[0].value.split("|")
    assert first == second
    places = [app.get("vega_lite_chart")[number].root for number in (0, 1)]
    assert places[0] is places[1]


HTML = {
    "rules": ("<style>.rv-x { color: red; }</style>", {"rules": True}, {}),
    "script": ("<script>window.x = 1</script>", {"script": True}, {"unsafe_allow_javascript": True}),
    "plain": ('<div class="rv-x">“a” &lt; b</div>', {}, {}),
}


@pytest.mark.parametrize("kind", HTML)
def test_html_is_drawn_as_streamlit_draws_it(kind, monkeypatch):
    """The same message in the same container."""
    sent: list[ForwardMsg] = []
    enqueue = delta_generator._enqueue_message

    def look(message: ForwardMsg) -> None:
        sent.append(message)
        enqueue(message)

    monkeypatch.setattr(delta_generator, "_enqueue_message", look)

    def script(text, ours, theirs):
        import streamlit as st

        from rnnviz_core.ui import streamlit_private

        with st.container(key="one"):
            st.html(text, **theirs)
        with st.container(key="other"):
            streamlit_private.draw_html(text, **ours)

    text, ours, theirs = HTML[kind]
    app = AppTest.from_function(script, kwargs={"text": text, "ours": ours, "theirs": theirs}).run()
    assert not app.exception, app.exception
    first, second = (message for message in sent if message.delta.new_element.html.body)
    assert first.delta.new_element.html.body == text
    if kind == "rules":
        assert list(first.metadata.delta_path) == [2, 0]
        assert list(second.metadata.delta_path) == [2, 1], "the container of what takes no room"
    else:
        assert [list(message.metadata.delta_path) for message in (first, second)] == [[0, 0, 0], [0, 1, 0]]
    for message in (first, second):
        message.ClearField("metadata")
        message.hash = ""
    assert first == second
