"""A part of a page that runs by itself, and a training in its thread, speak the session's language."""

import gettext
from functools import partial
from threading import Event

import pytest
from streamlit.testing.v1 import AppTest, local_script_runner

from rnnviz_core import languages
from rnnviz_core.languages import language, speak
from rnnviz_core.training.watched import Watched
from rnnviz_core.ui.serving.queue import Queue


class Invented(gettext.NullTranslations):
    """A language in which every text is said twice."""

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
