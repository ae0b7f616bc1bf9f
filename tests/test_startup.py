"""What a server does besides drawing: checks its packages, logs nobody's words, keeps its settings."""

import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from rnnviz_core import logs, startup
from scripts.serving import serve

ROOT = Path(__file__).resolve().parent.parent


def test_everything_is_installed_as_it_was_tested():
    assert startup.problems() == ()


def test_a_missing_and_another_version_are_named(tmp_path):
    file = tmp_path / "requirements.txt"
    file.write_text("# a comment\nno-such-package==1.0\nnumpy==0.1  # old\ntorch==2.13.0\n")
    first, second = map(str, startup.problems(file))
    assert first == "no-such-package 1.0 is not installed"
    assert second.startswith("numpy is version ")
    assert second.endswith(", tested with 0.1")


def test_a_package_that_this_system_does_not_have_is_not_missed(tmp_path, monkeypatch):
    file = tmp_path / "requirements.txt"
    file.write_text('no-such-package==1.0; sys_platform != "win32"\n')
    assert [str(problem) for problem in startup.problems(file)] == ["no-such-package 1.0 is not installed"]
    monkeypatch.setattr(startup.sys, "platform", "win32")
    assert startup.problems(file) == ()


def test_the_app_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(startup, "missing", lambda: "torch 2.13.0 is not installed")
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    assert [error.value for error in app.error] == ["torch 2.13.0 is not installed"]
    assert not app.exception


def test_an_error_is_one_line_without_what_was_typed(monkeypatch, caplog):
    from rnnviz_core.ui.serving import loaders

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a private sentence")

    monkeypatch.setenv("RNNVIZ_DEBUG", "0")
    monkeypatch.setattr(loaders, "trace", fail)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params.update(text="a private sentence", model="sentiment-lstm")
    app.run()
    assert not app.exception
    assert "Something went wrong" in app.error[0].value
    (found,) = [record.getMessage() for record in caplog.records if record.name == "rnnviz"]
    assert found.startswith("rnnviz page=overview model=sentiment-lstm error=ZeroDivisionError at=")
    assert "private" not in caplog.text
    assert "\n" not in found


def test_a_developer_sees_the_traceback(monkeypatch):
    monkeypatch.setenv("RNNVIZ_DEBUG", "1")
    assert logs.debugging()
    from rnnviz_core.ui.serving import guard

    with pytest.raises(ZeroDivisionError):
        guard.failed(ZeroDivisionError(), "gates", "-")


def test_settings_of_the_server():
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["server"].get("enableXsrfProtection", True) is True
    assert settings["client"]["showErrorDetails"] == "none"
    assert settings["client"]["showSidebarNavigation"] is False
    assert settings["logger"]["enableRich"] is False
    assert settings["server"].get("enableCORS", True) is True


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="as the load test")
def test_a_running_server_protects_its_uploads_and_answers_no_other_site():
    with serve() as address:
        with urllib.request.urlopen(f"{address}/_stcore/health") as reply:
            assert "_streamlit_xsrf" in (reply.headers.get("Set-Cookie") or "")
        request = urllib.request.Request(
            f"{address}/_stcore/health", headers={"Origin": "https://example.org"}
        )
        with urllib.request.urlopen(request) as reply:
            assert reply.headers.get("Access-Control-Allow-Origin") in (None, address)


@pytest.mark.slow
def test_a_server_never_loads_torchs_compiler():
    """Building a network on the meta device imported sympy and all of it once: 64 MB a process."""
    code = (
        "import sys, rnnviz_core\n"
        "for name in ('sentiment-lstm', 'es-en-gru-bahdanau', 'sunspots-gru'):\n"
        "    rnnviz_core.load(name)\n"
        "assert not {'sympy', 'torch._dynamo', 'torch._inductor'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
