"""A visitor without a browser: Streamlit's own protocol over a websocket.

It does what the browser's half of Streamlit does: asks for a page, remembers the widgets it was sent,
reports an edit with the page, the URL and the messages it still holds, and waits until the script
has finished. Nothing is drawn.
"""

import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

import pyarrow as pa
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Block_pb2 import Block
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.LabelVisibility_pb2 import LabelVisibility
from streamlit.proto.TextArea_pb2 import TextArea
from streamlit.proto.VegaLiteChart_pb2 import VegaLiteChart
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

from rnnviz_core.contracts.task import names, task
from rnnviz_core.ui.shell.routes import route

TITLES = {task(name).typed.title for name in names()}  # over the box to type in: Sentence, Series
PATIENCE = 60  # seconds without an answer: a failure


@dataclass
class Run:
    """What came back for one action."""

    what: str  # open, edit, section, click, page or model
    page: str
    model: str
    seconds: float = 0.0
    bytes: int = 0
    charts: int = 0
    told: bool = False  # why there is nothing to draw, as on the gates of a network without recurrence
    title: str = ""
    failures: list[str] = field(default_factory=list)


class Visitor:
    """One session. `open` first, then any number of `edit`, `show`, `click`, `go` and `change_model`."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.page = self.model = self.query = self.session = ""
        self.pages: dict[str, str] = {}  # path -> hash
        self.models: list[str] = []  # labels in the sidebar
        self.sections: list[str] = []  # titles of the page's tabs
        self._page_hash = ""
        self._selectable: dict[str, VegaLiteChart] = {}  # charts with a selection of cells, by id
        self._sentence_id = self._model_id = self._sections_id = ""
        self._open = 0  # which section
        self._values: dict[str, str] = {}  # widget id -> what was chosen
        self._buttons: list[str] = []  # ids of all that were shown
        self._pressed = ""  # the id of the one that is pressed now
        self._kept: list[set[str]] = [set(), set()]  # hashes of messages of the last two runs
        self._socket: ClientConnection | None = None

    async def open(self, page: str, **query: str) -> Run:
        """Follow a link to a page ("" is the first one)."""
        split = urlsplit(self.address)
        # The second and third name stand for the XSRF token and the session to come back to.
        self._socket = await connect(
            f"ws://{split.netloc}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            origin=self.address,  # type: ignore[arg-type]
            compression=None,
            max_size=None,
            open_timeout=PATIENCE,
        )
        self.page, self.model, self.query = page, query.get("model", ""), urlencode(query)
        return await self._act("open", page_name=page)

    async def edit(self, text: str) -> Run:
        """Type another sentence; an answer that is not about this sentence is a failure."""
        self._values[self._sentence_id] = text
        run = await self._act("edit")
        if parse_qs(self.query).get("text") != [text]:
            run.failures.append(f"the page shows another sentence: {self.query[:80]}")
        return run

    async def show(self, title: str) -> Run:
        """Open a section of the page; an answer that shows another one is a failure."""
        self._values[self._sections_id] = title
        run = await self._act("section")
        if self._open_section != title:
            run.failures.append(f"the page shows another section: {self._open_section!r}, not {title!r}")
        return run

    async def click(self, chart: str, cell: dict[str, object]) -> Run:
        """Click a cell of a chart, see `clickable`."""
        self._values[chart] = json.dumps({"selection": {"cell": [cell]}})
        return await self._act("click")

    async def press(self, key: str) -> Run:
        """Press the button that has this key in the app."""
        self._pressed = next(one for one in reversed(self._buttons) if one.endswith(f"-{key}"))
        try:
            return await self._act("press")
        finally:
            self._pressed = ""

    async def go(self, page: str) -> Run:
        """Click a page in the navigation."""
        self.page, self._page_hash = page, self.pages[page]
        self.sections, self._selectable = [], {}
        self._values = {name: self._values[name] for name in self._sidebar() if name in self._values}
        return await self._act("page")

    @property
    def clickable(self) -> dict[str, list[dict[str, object]]]:
        """Id of a chart -> a few cells of its selection; read from the charts only when somebody asks."""
        return {name: cells for name, chart in self._selectable.items() if (cells := _cells(chart))}

    def _sidebar(self) -> tuple[str, str]:
        return self._sentence_id, self._model_id

    async def change_model(self, label: str, model: str) -> Run:
        """Pick a model in the sidebar by its label."""
        self.model = model
        self._values[self._model_id] = label
        return await self._act("model")

    async def close(self) -> None:
        if self._socket:
            await self._socket.close()

    async def _act(self, what: str, page_name: str = "") -> Run:
        run = Run(what, self.page or "overview", self.model)
        state = ClientState(
            query_string=self.query,
            page_script_hash=self._page_hash,
            page_name=page_name,
            cached_message_hashes=set().union(*self._kept),
        )
        state.context_info.url = f"{self.address}/{self.page}"
        state.context_info.timezone = "UTC"
        for name, value in self._values.items():
            state.widget_states.widgets.append(WidgetState(id=name, string_value=value))
        if self._pressed:
            state.widget_states.widgets.append(WidgetState(id=self._pressed, trigger_value=True))
        assert self._socket
        start = time.perf_counter()
        try:
            await self._socket.send(BackMsg(rerun_script=state).SerializeToString())
            async with asyncio.timeout(PATIENCE):
                while not self._take(ForwardMsg.FromString(await self._read(run)), run):
                    pass
        except TimeoutError:
            run.failures.append(f"no answer in {PATIENCE} s")
        except Exception as error:
            run.failures.append(f"{type(error).__name__}: {error}")
        run.seconds = time.perf_counter() - start
        shown = route(run.page)
        if not run.failures and run.title != shown.title:
            run.failures.append(f"another page: {run.title!r}")
        told = run.told or not shown.traces or "section=" in self.query
        if not run.failures and not run.charts and not told:
            run.failures.append("a page without a chart")
        return run

    async def _read(self, run: Run) -> bytes:
        assert self._socket
        data = await self._socket.recv()
        assert isinstance(data, bytes)
        run.bytes += len(data)
        return data

    def _take(self, message: ForwardMsg, run: Run) -> bool:
        """Take in one message; whether the script has finished."""
        if message.hash and message.metadata.cacheable:
            self._kept[-1].add(message.hash)
        match message.WhichOneof("type"):
            case "new_session":
                self._page_hash = message.new_session.page_script_hash
                self._kept = [self._kept[-1], set()]
                self.session = message.new_session.initialize.session_id or self.session
                run.charts, run.told = 0, False
                self.sections, self._open = [], 0  # a page may have a single one, and no tabs
            case "navigation":
                self._page_hash = message.navigation.page_script_hash  # the router's word counts
                self.pages = {
                    "" if page.is_default else page.url_pathname: page.page_script_hash
                    for page in message.navigation.app_pages
                }
            case "page_info_changed":
                self.query = message.page_info_changed.query_string
            case "ref_hash":
                self._kept[-1].add(message.ref_hash)
                run.charts += 1  # only large elements are kept: charts
            case "delta" if message.delta.HasField("new_element"):
                self._element(message.delta.new_element, run)
            case "delta" if message.delta.HasField("add_block"):
                self._block(message.delta.add_block)
            case "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    run.failures.append("the page does not compile")
                    return True
                return message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
        return False

    def _block(self, block: Block) -> None:
        if block.HasField("tab_container"):
            self._rename("_sections_id", block.tab_container.id)
            self.sections, self._open = [], block.tab_container.default_tab_index
        elif block.HasField("tab"):
            self.sections.append(block.tab.label)

    @property
    def _open_section(self) -> str:
        return self.sections[self._open] if self.sections else ""

    def _element(self, element: object, run: Run) -> None:
        match element.WhichOneof("type"):  # type: ignore[attr-defined]
            case "heading" if element.heading.tag == "h1":  # type: ignore[attr-defined]
                run.title = element.heading.body  # type: ignore[attr-defined]
            case "exception":
                run.failures.append(f"exception on the page: {element.exception.type}")  # type: ignore[attr-defined]
            case "alert" if element.alert.format == Alert.ERROR:  # type: ignore[attr-defined]
                run.failures.append(f"error on the page: {element.alert.body[:80]}")  # type: ignore[attr-defined]
            case "alert" if element.alert.format == Alert.INFO:  # type: ignore[attr-defined]
                run.told = True
            case "button":
                self._buttons.append(element.button.id)  # type: ignore[attr-defined]
            case "vega_lite_chart":
                run.charts += 1
                chart = element.vega_lite_chart  # type: ignore[attr-defined]
                if "cell" in chart.selection_mode:
                    self._selectable[chart.id] = chart
            case "text_area" if _is_sidebars(element.text_area):  # type: ignore[attr-defined]
                self._rename("_sentence_id", element.text_area.id)  # type: ignore[attr-defined]
            case "selectbox" if element.selectbox.label == "Model":  # type: ignore[attr-defined]
                self._rename("_model_id", element.selectbox.id)  # type: ignore[attr-defined]
                self.models = list(element.selectbox.options)  # type: ignore[attr-defined]

    def _rename(self, name: str, value: str) -> None:
        """A widget that comes back under another id has forgotten what was chosen in the old one."""
        if getattr(self, name) != value:
            self._values.pop(getattr(self, name), None)
            setattr(self, name, value)


def _is_sidebars(box: TextArea) -> bool:
    """Whether this is the sentence's box in the sidebar; a page may have one for narrow screens, too."""
    visible = LabelVisibility.LabelVisibilityOptions.VISIBLE
    return box.label in TITLES and box.label_visibility.value == visible


def _cells(chart: VegaLiteChart) -> list[dict[str, object]]:
    """A few cells of a chart as its selection reports them when they are clicked."""
    fields = next((one["select"].get("fields", []) for one in _params(json.loads(chart.spec))), [])
    for dataset in chart.datasets if fields else ():
        table = pa.ipc.open_stream(dataset.data.data).read_all()
        if table.num_rows and set(fields) <= set(table.column_names):
            rows = random.Random(table.num_rows).sample(range(table.num_rows), min(4, table.num_rows))
            return [{name: table[name][row].as_py() for name in fields} for row in rows]
    return []


def _params(spec: object) -> list[dict[str, dict[str, list[str]]]]:
    """The definitions of the selection `cell`, wherever they stand in a chart."""
    if isinstance(spec, list):
        return [found for part in spec for found in _params(part)]
    if not isinstance(spec, dict):
        return []
    own = [
        one
        for one in spec.get("params", ())
        if one.get("name") == "cell" and isinstance(one.get("select"), dict)
    ]
    return own + [found for name, part in spec.items() if name != "params" for found in _params(part)]
