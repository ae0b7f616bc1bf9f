"""A part of a page that runs by itself, and a training in its thread, speak the session's language."""

import gettext
import io
import json
import sys
from functools import partial
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest, local_script_runner

from rnnviz_core import languages
from rnnviz_core.errors import CheckpointError
from rnnviz_core.importing import apart, inputs, keras, onnx_check, opening, pytorch
from rnnviz_core.inputs.memory import InMemory
from rnnviz_core.languages import language, speak
from rnnviz_core.training.watched import Watched
from rnnviz_core.tuning.report import shipped
from rnnviz_core.ui.serving import histories, own_networks
from rnnviz_core.ui.serving.queue import Queue
from rnnviz_core.ui.views.hyperparameters import page


class Invented(gettext.NullTranslations):
    """A language in which every text is said twice."""

    def gettext(self, text: str) -> str:
        return f"twice {text}"

    def ngettext(self, one: str, several: str, n: int) -> str:
        return f"{one if n == 1 else several}, {several}"


def _page() -> None:
    import threading

    import streamlit as st

    from rnnviz_core.ui.controls import language
    from rnnviz_core.ui.views.classroom.drawing import words_here

    language.begin()
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1

    def screen() -> None:
        st.text(words_here(2))
        st.caption(f"{threading.get_ident()}")

    st.fragment(screen, run_every=60)()


def test_a_part_that_runs_by_itself_speaks_what_its_page_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "_catalogue", lambda code: Invented())
    app = AppTest.from_function(_page)
    app.query_params["language"] = "es"
    app.run()
    said = "2 students are here, 2 students are here"
    assert [one.value for one in app.text] == [said]
    [part] = app._fragment_storage._fragments
    alone = partial(local_script_runner.RerunData, fragment_id_queue=[part])
    monkeypatch.setattr(local_script_runner, "RerunData", alone)
    app.run()
    assert not app.exception
    assert [one.value for one in app.text] == [said]
    assert app.session_state["runs"] == 1, "only the part ran"


def test_a_training_speaks_the_language_of_who_asked_for_it() -> None:
    done, heard = Event(), []

    def work(watched: Watched) -> None:
        heard.append(language())
        done.set()

    queue = Queue()
    with speak("de"):
        queue.ask("", Watched(seconds=1.0), work)
    assert done.wait(10)
    assert heard == ["de"]


def test_the_process_that_reads_a_file_is_told_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = []

    def run(command: list[str], **_options: Any) -> SimpleNamespace:
        heard.append(command[3])
        return SimpleNamespace(returncode=0, stdout=b'{"error": "what it said"}')

    monkeypatch.setattr(apart.subprocess, "run", run)
    with speak("es"), pytest.raises(CheckpointError, match="what it said"):
        apart.check_onnx(b"", "net.onnx")
    monkeypatch.setattr(sys, "argv", ["onnx_check", *heard, "1", "1"])
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO()))
    monkeypatch.setattr(onnx_check, "limit_memory", lambda: None)
    monkeypatch.setattr(onnx_check, "check", lambda *_: language())
    said = io.StringIO()
    monkeypatch.setattr(sys, "stdout", said)
    with speak("de"):
        onnx_check.main()
    assert json.loads(said.getvalue()) == {"error": "es"}


def test_a_page_asks_in_its_own_words_in_every_language(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(own_networks._ASKED) == {keras.ASK_CONFIG, inputs.ASK_WORDS, pytorch.ASK_PREFIX}
    monkeypatch.setattr(languages, "_catalogue", lambda code: Invented())
    with speak("es"):
        for ours, its in own_networks._ASKED.items():
            assert own_networks.asked(f"because: {languages._(ours)}") == f"because: twice {its}"


def test_texts_that_stand_in_shipped_files_are_marked() -> None:
    for one in histories.shipped():
        assert {one.title, one.line} <= set(histories.SHIPPED)
    assert {report.settings["about"] for report in shipped().values()} == {page.ABOUT}


def test_what_is_assumed_of_a_file_is_told_in_the_language_of_who_looks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = io.BytesIO()
    torch.save({"lstm." + name: one for name, one in torch.nn.LSTM(2, 3).state_dict().items()}, kept)
    with speak("es"):
        network = opening.open_network(InMemory("net.pt", kept.getvalue()))
    assert network.notes[0].startswith("A state dict does not say")
    assert (network.origin, network.layers[0].words) == ("a state dict of PyTorch", "LSTM")
    monkeypatch.setattr(languages, "_catalogue", lambda code: Invented())
    with speak("de"):
        assert languages._(network.notes[0]) == f"twice {network.notes[0]}"
