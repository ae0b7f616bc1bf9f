"""A class of fifty: how soon is a vote on the projector, and what do visitors of other pages notice?

    python -m bench.load --class 50 [--sessions 10] [--workers 2]

A teacher, the projector and the students are real websocket clients that speak Streamlit's protocol and ask,
as browsers do, every time a part of their page runs by itself. In every round all students vote within three
seconds. Printed: how long a student waits until the vote is locked; how long after the last click the
projector shows all votes, and after "Uncover" every screen the histogram; and the 95th percentile of an edit
on other pages, with and without the class.
"""

import asyncio
import contextlib
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

from bench.client import PATIENCE, Run

WITHIN = 3.0  # seconds in which a class votes
STEPS_TO_VOTE = 2  # of the first lesson: what is read, then a choice


@dataclass
class Member:
    """One browser on the class page: what it shows, and the parts of it that run by themselves."""

    address: str
    query: str = ""
    shown: dict[tuple[int, ...], str] = field(default_factory=dict)  # by their place on the page
    buttons: dict[str, str] = field(default_factory=dict)  # label -> id
    radios: dict[str, list[str]] = field(default_factory=dict)  # id -> options
    charts: int = 0
    failures: list[str] = field(default_factory=list)
    _values: dict[str, str] = field(default_factory=dict)
    _hash: str = ""
    _timers: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _socket: ClientConnection | None = None
    _reader: asyncio.Task[None] | None = None
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _touched: set[tuple[int, ...]] = field(default_factory=set)
    _announced: set[str] = field(default_factory=set)

    async def open(self, **query: str) -> None:
        """Follow a link to the class page."""
        self._socket = await connect(
            f"ws://{urlsplit(self.address).netloc}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            origin=self.address,  # type: ignore[arg-type]
            compression=None,
            max_size=None,
            open_timeout=PATIENCE,
        )
        self.query = urlencode(query)
        self._reader = asyncio.create_task(self._read())
        await self._send(page_name="class")
        await self.until(lambda: bool(self.shown))

    async def until(self, holds: Callable[[], bool]) -> float:
        """Wait until something is shown; seconds it took."""
        began = time.perf_counter()
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(holds)
        return time.perf_counter() - began

    async def press(self, label: str) -> None:
        """Click a button, as soon as it is there."""
        await self.until(lambda: label in self.buttons)
        await self._send(pressed=self.buttons[label])

    async def choose(self, option: int) -> None:
        """Take one of the answers."""
        await self.until(lambda: bool(self.radios))
        name, options = next(iter(self.radios.items()))
        self._values[name] = options[option]
        await self._send()

    def says(self, words: str) -> bool:
        """Whether the page holds these words."""
        return any(words in text for text in self.shown.values())

    def value(self, name: str) -> str:
        """What the address says."""
        return parse_qs(self.query)[name][0]

    async def close(self) -> None:
        for task in (*self._timers.values(), self._reader):
            if task:
                task.cancel()
        if self._socket:
            await self._socket.close()

    async def _send(self, page_name: str = "", pressed: str = "", fragment: str = "") -> None:
        state = ClientState(
            query_string=self.query,
            page_script_hash=self._hash,
            page_name=page_name,
            fragment_id=fragment,
            is_auto_rerun=bool(fragment),
        )
        state.context_info.url = f"{self.address}/class"
        state.context_info.timezone = "UTC"
        for name, value in self._values.items():
            state.widget_states.widgets.append(WidgetState(id=name, string_value=value))
        if pressed:
            state.widget_states.widgets.append(WidgetState(id=pressed, trigger_value=True))
        assert self._socket
        await self._socket.send(BackMsg(rerun_script=state).SerializeToString())

    async def _read(self) -> None:
        assert self._socket
        async for data in self._socket:
            assert isinstance(data, bytes)
            self._take(ForwardMsg.FromString(data))
            async with self._changed:
                self._changed.notify_all()

    def _take(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "new_session":
                self._hash = message.new_session.page_script_hash
                self._touched, self._announced = set(), set()
            case "navigation":
                self._hash = message.navigation.page_script_hash
            case "page_info_changed":
                self.query = message.page_info_changed.query_string
            case "delta" if message.delta.HasField("new_element"):
                self._element(tuple(message.metadata.delta_path), message.delta.new_element)
            case "auto_rerun":
                self._repeat(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            case "script_finished" if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                self.shown = {place: text for place, text in self.shown.items() if place in self._touched}
                found = {text.partition("\0")[2] for text in self.shown.values() if "\0" in text}
                self.buttons = {label: name for label, name in self.buttons.items() if name in found}
                self.radios = {name: options for name, options in self.radios.items() if name in found}
                for name in self._timers.keys() - self._announced:  # their part of the page is gone
                    self._timers.pop(name).cancel()
                self.charts = sum(text == "chart" for text in self.shown.values())
            case "script_finished" if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                self.failures.append("the page does not compile")

    def _element(self, place: tuple[int, ...], element: object) -> None:
        kind = element.WhichOneof("type")  # type: ignore[attr-defined]
        body, text = getattr(element, kind), ""
        match kind:
            case "markdown" | "html" | "heading":
                text = body.body
            case "button":
                text = f"{body.label}\0{body.id}"
                self.buttons.pop(body.label, None)
                if not body.disabled:
                    self.buttons[body.label] = body.id
            case "radio":
                text = f"\0{body.id}"
                self.radios[body.id] = list(body.options)
            case "vega_lite_chart":
                text = "chart"
            case "exception":
                self.failures.append(f"exception on the page: {body.type}")
            case "alert":
                text = body.body
        self.shown[place] = text
        self._touched.add(place)

    def _repeat(self, fragment: str, interval: float) -> None:
        self._announced.add(fragment)
        if old := self._timers.pop(fragment, None):
            old.cancel()

        async def again() -> None:
            while True:
                await asyncio.sleep(interval)
                with contextlib.suppress(Exception):
                    await self._send(fragment=fragment)

        self._timers[fragment] = asyncio.create_task(again())


@dataclass
class Lecture:
    """What a class of so many met."""

    students: int
    locked: list[float] = field(default_factory=list)  # s from a click on "Commit" to the locked answer
    projector: list[float] = field(default_factory=list)  # s from the last click to all votes on the screen
    uncovered: list[float] = field(default_factory=list)  # s from "Uncover" until the last student sees it
    failures: list[str] = field(default_factory=list)


async def lecture(addresses: list[str], count: int) -> Lecture:
    """Open a class, let everybody in, and vote twice."""
    found = Lecture(count)
    teacher, screen = Member(addresses[0]), Member(addresses[-1])
    students = [Member(addresses[number % len(addresses)]) for number in range(count)]
    everybody = [teacher, screen, *students]
    try:
        await teacher.open()
        await teacher.press("Open a class")
        await teacher.until(lambda: "key=" in teacher.query)
        code = teacher.value("class")
        await screen.open(**{"class": code, "view": "projector"})
        await asyncio.gather(*(_enter(student, code, number) for number, student in enumerate(students)))
        await screen.until(lambda: screen.says(f"{count} students are here"))
        await teacher.press("Begin")
        for _ in range(STEPS_TO_VOTE - 1):
            await teacher.until(lambda: "Next" in teacher.buttons)
            await teacher.press("Next")
        for again in (False, True):
            if again:
                await teacher.press("Vote again")
            await asyncio.gather(*(one.until(lambda m=one: bool(m.radios)) for one in students))
            last = await asyncio.gather(*(_vote(one, number, found) for number, one in enumerate(students)))
            await screen.until(lambda: screen.says(f'<b class="rv-count">{count}</b> of {count}'))
            found.projector.append(time.perf_counter() - max(last))
            began = time.perf_counter()
            await teacher.press("Uncover")
            await asyncio.gather(*(one.until(lambda m=one: m.charts > 0) for one in [screen, *students]))
            found.uncovered.append(time.perf_counter() - began)
    except Exception as error:
        found.failures.append(f"{type(error).__name__}: {error}, after {len(found.locked)} votes")
    found.failures += [failure for one in everybody for failure in one.failures]
    for one in everybody:
        await one.close()
    return found


async def _enter(student: Member, code: str, number: int) -> None:
    await asyncio.sleep(number * 0.1)
    await student.open(**{"class": code})
    await student.press("Enter")
    await student.until(lambda: "me=" in student.query)


async def _vote(student: Member, number: int, found: Lecture) -> float:
    """Think, choose, commit; when it was clicked."""
    choose = random.Random(number)
    await asyncio.sleep(choose.uniform(0, WITHIN))
    await student.choose(choose.randrange(2))
    await student.until(lambda: "Commit" in student.buttons)
    clicked = time.perf_counter()
    await student.press("Commit")
    await student.until(lambda: student.says("You predicted"))
    found.locked.append(time.perf_counter() - clicked)
    return clicked


async def compare(
    addresses: list[str], students: int, sessions: int, seconds: float
) -> tuple[Lecture, list[Run], list[Run]]:
    """Ordinary visitors on other pages, first alone, then with the class: what they and the class met."""
    from bench.load import visit  # which hands over to this module
    from scripts.serving import Server

    servers = [Server(address, 0, Path()) for address in addresses]

    async def others(runs: list[Run], until: float) -> None:
        visits = (visit(servers[n % len(servers)], n, until, 2.0, runs) for n in range(sessions))
        await asyncio.gather(*visits)

    warm: list[Run] = []
    await others(warm, time.monotonic() + seconds / 2)  # every chart is compiled before anything is compared
    alone: list[Run] = []
    await others(alone, time.monotonic() + seconds)
    beside: list[Run] = []
    crowd = asyncio.create_task(others(beside, time.monotonic() + seconds))
    found = await lecture(addresses, students)
    await crowd
    found.failures += [
        f"{run.what} on {run.page}: {one}" for run in warm + alone + beside for one in run.failures
    ]
    return found, alone, beside


def report(students: int, sessions: int, seconds: float, workers: int) -> int:
    """Serve the app with a database of its own, measure, print; 1 after any failure."""
    from bench.load import drive, percentile
    from scripts.serving import serve_process, serve_workers

    with tempfile.TemporaryDirectory() as folder:
        settings = {"RNNVIZ_CLASSES": str(Path(folder) / "classes.sqlite")}
        if workers:
            with serve_workers(workers, settings) as servers:
                addresses = [server.address for server in servers if server.address]
                found, alone, beside = drive(compare(addresses, students, sessions, seconds))
        else:
            with serve_process(settings) as server:
                found, alone, beside = drive(compare([server.address], students, sessions, seconds))
    locked = sorted(found.locked)
    print(f"{students} students, two rounds, each within {WITHIN:.0f} s")
    print(
        f"a vote is locked after {percentile(locked, 0.5):.2f} s (median), "
        f"{percentile(locked, 0.95):.2f} s (95 %)"
    )
    print("all votes on the projector after the last click: " + _seconds(found.projector))
    print("the histogram on every screen after “Uncover”: " + _seconds(found.uncovered))
    for words, runs in (("without", alone), ("with", beside)):
        times = edits(runs)
        print(
            f"edits on other pages, {sessions} visitors, {words} the class: {len(times)}, "
            f"95 % {percentile(times, 0.95) * 1000:.0f} ms, median {percentile(times, 0.5) * 1000:.0f} ms"
        )
    print(f"failures: {len(found.failures)}")
    for failure in found.failures[:10]:
        print(f"  {failure}")
    return 1 if found.failures or len(found.projector) < 2 else 0


def _seconds(found: list[float]) -> str:
    return ", ".join(f"{one:.2f} s" for one in found) or "never"


def edits(runs: list[Run]) -> list[float]:
    """Seconds of every edit, sorted."""
    return sorted(run.seconds for run in runs if run.what == "edit" and not run.failures)
