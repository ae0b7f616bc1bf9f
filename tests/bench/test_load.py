"""A short load test: five visitors for ten seconds. It asks that nothing fails, not that it is fast."""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest

from bench.client import Run, Visitor
from bench.heavy import measure
from bench.load import KINDS, load, table
from bench.sentences import GRAMMARS, sentences
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.checkpoints import vocabularies
from rnnviz_core.contracts.task import names, task
from rnnviz_core.ui.shell.wording import label
from scripts.serving import folder, serve_process

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc"),
]


@pytest.fixture
def one_of_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with one shipped model of each task (from Spanish): to wake all of them takes a minute."""
    known = checkpoints.scan(folder()).entries
    models = {one.spec.task: one.path for one in known if getattr(one.spec, "source", "es") == "es"}
    for path in (*models.values(), folder() / vocabularies.SHELF):
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(tmp_path))
    shipped = {name for name in names() if task(name).reads_data}  # others are trained on their page
    assert {entry.spec.task for entry in checkpoints.scan(folder()).entries} == shipped


@pytest.mark.usefixtures("one_of_each")
def test_five_visitors_type_new_sentences_for_ten_seconds():
    # In a thread of its own: the browser tests leave an event loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        report = thread.submit(load, sessions=5, seconds=10, think=1).result()
    assert report.failures == []
    assert len(report.times("open")) == 5
    assert report.times("edit")
    assert 0 < report.memory_idle < report.memory
    assert all(what in KINDS for what in {run.what for run in report.runs})
    assert "| edit |" in table(report)


@pytest.mark.usefixtures("one_of_each")
def test_light_work_beside_heavy_work():
    with ThreadPoolExecutor(1) as thread:
        alone, beside, heavy = thread.submit(measure, light=2, heavy=3, seconds=5, think=0.5).result()
    for name, runs, _ in (alone, beside, heavy):
        assert [failure for run in runs for failure in run.failures] == [], name
        assert [run for run in runs if run.what == "edit"], name


def test_a_visitor_opens_sections_and_clicks():
    async def look() -> list[Run]:
        with serve_process() as server:
            visitor = Visitor(server.address)
            runs = [await visitor.open("gates", model="sentiment-lstm", text="A warm film.")]
            runs += [await visitor.show(title) for title in visitor.sections]
            runs += [await visitor.show(visitor.sections[0])]
            assert len(visitor.sections) > 1
            chart, cells = next(iter(visitor.clickable.items()))
            before = visitor.query
            runs += [await visitor.click(chart, cell) for cell in cells]
            assert visitor.query != before, "a click chose nothing"
            await visitor.close()
            return runs

    with ThreadPoolExecutor(1) as thread:
        runs = thread.submit(lambda: asyncio.run(look())).result()
    assert [failure for run in runs for failure in run.failures] == []


def test_the_open_section_stays_open_when_the_other_model_has_fewer():
    """The gates of a GRU have a section more than those of an LSTM: new tabs, the same one open."""

    async def look() -> tuple[list[str], list[str], list[Run]]:
        with serve_process() as server:
            lstm = checkpoints.scan(folder()).find("sentiment-lstm")
            visitor = Visitor(server.address)
            runs = [await visitor.open("gates", model="sentiment-gru", section="summary")]
            before = visitor.sections
            runs += [await visitor.change_model(label(lstm), lstm.id)]
            opened = visitor.sections[visitor._open]
            runs += [await visitor.show(visitor.sections[0])]
            await visitor.close()
            return before, [*visitor.sections, opened], runs

    with ThreadPoolExecutor(1) as thread:
        before, after, runs = thread.submit(lambda: asyncio.run(look())).result()
    assert [failure for run in runs for failure in run.failures] == []
    assert after == [*before[:-1], "Summary"]


@pytest.mark.parametrize("language", GRAMMARS)
def test_no_sentence_comes_twice(language):
    texts = list(islice(sentences(language, 1), 500))
    assert len(set(texts)) == 500
    assert texts != list(islice(sentences(language, 2), 500))
    assert not [text for text in texts if "  " in text or " ." in text or " ," in text]
