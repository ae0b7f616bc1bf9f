"""The app's web server: compressed assets, where it says it answers, and what is ready before it does."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from rnnviz_core.ui.server import serve
from rnnviz_core.ui.serving import caches, guard

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def client(tmp_path) -> TestClient:
    """What lies behind says so; a folder of assets, and something secret beside it."""
    (tmp_path / "static" / "js").mkdir(parents=True)
    (tmp_path / "static" / "js" / "a.js").write_text("let words = 'many';" * 500)
    (tmp_path / "static" / "b.css").write_text("a { color: red; }" * 100)
    (tmp_path / "static" / "c.woff2").write_bytes(b"packed already")
    (tmp_path / "secret.js").write_text("secret")
    inner = Starlette(routes=[Route("/{path:path}", lambda request: PlainTextResponse("behind"))])
    return TestClient(serve.Compressed(inner, tmp_path))


def test_scripts_and_styles_are_compressed_and_kept_for_a_year(client):
    for path, kind in (("/static/js/a.js", "application/javascript"), ("/static/b.css", "text/css")):
        reply = client.get(path, headers={"Accept-Encoding": "br, gzip"})
        assert reply.headers["content-encoding"] == "gzip"
        assert reply.headers["content-type"].startswith(kind)
        assert reply.headers["vary"] == "Accept-Encoding"
        assert "immutable" in reply.headers["cache-control"]
        assert "max-age=31536000" in reply.headers["cache-control"]
        assert int(reply.headers["content-length"]) < 200
        assert reply.text.startswith(("let words", "a { color"))  # unpacked by the client
    assert client.get("/static/js/a.js").content == b"let words = 'many';" * 500


def test_a_file_is_packed_once(client, monkeypatch):
    packed = []
    monkeypatch.setattr(gzip, "compress", lambda data, *_, **__: packed.append(data) or b"packed")
    for _ in range(3):
        with client.stream("GET", "/static/js/a.js", headers={"Accept-Encoding": "gzip"}) as reply:
            assert b"".join(reply.iter_raw()) == b"packed"
    assert len(packed) == 1


@pytest.mark.parametrize(
    ("path", "heads"),
    [
        ("/static/js/a.js", {"Accept-Encoding": "br"}),
        ("/static/js/a.js", {"Accept-Encoding": "gzip;q=0, br"}),
        ("/static/js/a.js", {"Accept-Encoding": "gzip", "Range": "bytes=0-9"}),
        ("/static/c.woff2", {"Accept-Encoding": "gzip"}),
        ("/static/js/absent.js", {"Accept-Encoding": "gzip"}),
        ("/static/../secret.js", {"Accept-Encoding": "gzip"}),
        ("/static/%2e%2e/secret.js", {"Accept-Encoding": "gzip"}),
        ("/secret.js", {"Accept-Encoding": "gzip"}),
        ("/", {"Accept-Encoding": "gzip"}),
    ],
)
def test_everything_else_is_left_to_streamlit(client, path, heads):
    assert client.get(path, headers=heads).text == "behind"


def test_a_post_is_left_to_streamlit(client):
    assert client.post("/static/js/a.js").status_code == 405


def test_what_streamlit_serves_is_what_is_compressed():
    """Byte by byte, for every script and style of the installed version that a page may load."""
    served = serve.Compressed(None)
    assert len(served._files) > 50
    largest = max(served._files, key=lambda name: served._files[name].stat().st_size)
    reply = served._answer(largest)
    assert gzip.decompress(reply.body) == served._files[largest].read_bytes()
    assert len(reply.body) < 0.5 * served._files[largest].stat().st_size


def test_the_addresses_that_other_machines_can_use(monkeypatch):
    monkeypatch.setattr(serve, "network_address", lambda: "192.168.7.5")
    assert serve.addresses(8501, None) == ["http://localhost:8501", "http://192.168.7.5:8501"]
    assert serve.addresses(80, "0.0.0.0") == ["http://localhost:80", "http://192.168.7.5:80"]
    assert serve.addresses(8501, "10.0.0.3") == ["http://10.0.0.3:8501"]
    assert serve.addresses(8501, "fd00::1") == ["http://[fd00::1]:8501"]
    said = serve.invitation(8501, None)
    assert "http://localhost:8501" in said
    assert "other machines" in said
    assert "http://192.168.7.5:8501" in said
    assert "for this machine only" in serve.invitation(8501, "127.0.0.1")
    monkeypatch.setattr(serve, "network_address", lambda: None)
    assert serve.addresses(8501, None) == ["http://localhost:8501"]


def test_the_network_address_is_one_that_can_be_listened_on():
    import socket

    if own := serve.network_address():
        assert not own.startswith("127.")
        with socket.socket() as probe:
            probe.bind((own, 0))


READY = """
import sys
from rnnviz_core.ui import streamlit_private
from rnnviz_core.ui.drawing import show as drawing
from rnnviz_core.ui.server import rehearsal
from rnnviz_core.ui.serving import loaders
from rnnviz_core.ui.shell import routes

rehearsal.first_page()
modules, charts = set(sys.modules), drawing.compilations()
loaders.forget_all()
with streamlit_private.rehearsing():
    rehearsal._draw(loaders.models().entries[0].id, routes.ROUTES[0], None)
print(sorted(name for name in set(sys.modules) - modules if not name.startswith("__main")), charts,
      drawing.compilations() - charts, len(loaders._models))
"""


@pytest.mark.slow
def test_nothing_is_left_to_load_for_the_first_page():
    """The first visitor's run imports nothing, compiles no chart and loads no model."""
    done = subprocess.run([sys.executable, "-c", READY], cwd=ROOT, capture_output=True, text=True, check=True)
    modules, rest = done.stdout.strip().splitlines()[-1].rsplit("]", 1)
    assert modules == "["
    before, more, models = map(int, rest.split())
    assert before > 0
    assert (more, models) == (0, 1)


# --- a page's parts that run by themselves ----------------------------------------------------


def test_a_part_that_runs_by_itself_takes_its_turn(monkeypatch):
    import threading

    turns, log = caches.Turns(), []
    monkeypatch.setattr(guard, "turns", turns)
    draw = guard.alone(lambda: log.append("drawn"), "overview", "m")
    with turns:
        thread = threading.Thread(target=draw)
        thread.start()
        thread.join(0.2)
        assert log == []
        draw()  # within a page's run it has the turn already
        assert log == ["drawn"]
    thread.join(10)
    assert log == ["drawn", "drawn"]
    assert not turns._taken


def test_an_error_in_it_is_a_sentence_and_a_line(monkeypatch, caplog):
    monkeypatch.setenv("RNNVIZ_DEBUG", "0")
    shown, stopped = [], []
    monkeypatch.setattr(st, "error", lambda text, **_: shown.append(text))

    def fail(step: int) -> None:
        raise ValueError(f"what was typed {step}")

    guard.alone(fail, "overview", "sentiment-lstm", lambda: stopped.append(1))(3)
    assert shown == [guard.FAILED]
    assert stopped == [1]
    assert "typed" not in "".join(caplog.messages)
    assert caplog.messages[-1].startswith("rnnviz page=overview model=sentiment-lstm error=ValueError at=")
    assert not caches.turns._taken
