"""What `rnnviz doctor` says of a machine that lacks something; each check with its remedy."""

import socket
from pathlib import Path

import pytest

from rnnviz_core import startup
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.ui.server import doctor, rehearsal


def test_a_taken_port_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        number = taken.getsockname()[1]
        found = doctor.port(number)
        assert found.state == doctor.FAILURE
        assert f"{number} is taken" in found.said
    assert doctor.port(number).state == doctor.OK


def test_memory_is_compared_with_what_a_class_takes() -> None:
    assert doctor.memory(int(2e9)).state == doctor.OK
    assert doctor.memory(int(600e6)).state == doctor.WARNING
    assert doctor.memory(int(100e6)).state == doctor.FAILURE
    assert doctor.memory(None).state == doctor.WARNING


def test_packages_that_are_missing_stop_a_workshop(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = startup.Problem("altair", "6.0.0", None)
    monkeypatch.setattr(startup, "problems", lambda: (problem,))
    found = doctor.packages()
    assert found.state == doctor.FAILURE
    assert "altair 6.0.0 is not installed" in found.said
    monkeypatch.setattr(startup, "problems", lambda: (startup.Problem("altair", "6.0.0", "5.0.0"),))
    assert doctor.packages().state == doctor.WARNING
    monkeypatch.setattr(startup, "problems", lambda: ())
    assert doctor.packages().state == doctor.OK


def test_a_damaged_model_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_sentiment) -> None:
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(tmp_path / "none"))
    assert doctor.models().state == doctor.FAILURE
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(tmp_path))
    model = make_sentiment("gru")
    checkpoints.save(model, tmp_path / "good")
    checkpoints.save(model, tmp_path / "bad")
    weights = tmp_path / "bad" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-9])
    found = doctor.models()
    assert found.state == doctor.FAILURE
    assert "bad" in found.said


def test_pages_that_fail_are_told_and_the_exit_code_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(models: object) -> int:
        raise RuntimeError("sentiment-gru on gates: broken")

    monkeypatch.setattr(rehearsal, "draw_pages", fail)
    for name in ("models", "network", "browser", "packages"):
        monkeypatch.setattr(doctor, name, lambda *_: doctor.Check("one", doctor.OK, "fine"))
    monkeypatch.setattr("sys.argv", ["doctor", "0"])
    assert doctor.main() == 1
    out = capsys.readouterr().out
    assert "✗ Pages: RuntimeError: sentiment-gru on gates: broken" in out
    assert out.endswith("Not ready: 1 to mend.\n")
    monkeypatch.setattr(rehearsal, "draw_pages", lambda models: len(list(models)))
    assert doctor.main() == 0
