"""The page of measurements is written by its commands."""

import importlib
import re

import pytest

from bench import report


def test_a_measurement_replaces_its_own_part_only():
    page = "# Performance\n\n" + report.block("plain", "| a |", "bench.plain", "today:") + "\n\nThe end.\n"
    new = report.block("plain", r"| \1 b |", "bench.plain", "tomorrow:")
    again = report.replaced(page, "plain", new)
    assert r"| \1 b |" in again
    assert "| a |" not in again
    assert again.startswith("# Performance\n")
    assert again.endswith("\n\nThe end.\n")
    assert report.replaced(again, "plain", new) == again


def test_a_new_measurement_comes_at_the_end():
    new = report.block("heavy", "| a |", "bench.load --heavy 5", "today:")
    assert report.replaced("# Performance\n", "heavy", new) == f"# Performance\n\n{new}\n"


@pytest.mark.parametrize("name", report.COMMANDS)
def test_every_command_exists_and_takes_its_options(name, monkeypatch, capsys):
    _, command, fewer = report.COMMANDS[name]
    module, *options = f"{command} {fewer}".split()
    monkeypatch.setattr("sys.argv", [module, "--help"])
    with pytest.raises(SystemExit):
        importlib.import_module(module).main()
    listed = set(re.findall(r"--[a-z]+", capsys.readouterr().out))
    assert {option for option in options if option.startswith("--")} <= listed


def test_unknown_names_are_refused(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["bench.report", "nope"])
    with pytest.raises(SystemExit):
        report.main()
    assert "unknown: nope" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--quick", "--print"])
def test_what_is_only_printed_leaves_the_page_alone(option, monkeypatch, capsys, tmp_path):
    page = tmp_path / "performance.md"
    page.write_text("# Performance\n", encoding="utf-8")
    monkeypatch.setattr(report, "PAGE", page)
    monkeypatch.setattr(report, "measured", lambda name, quick: f"{name} {quick}")
    for options, written in (([option], False), ([], True)):
        monkeypatch.setattr("sys.argv", ["bench.report", *options, "plain"])
        assert report.main() == 0
        assert capsys.readouterr().out == f"plain {'--quick' in options}\n"
        assert ("plain" in page.read_text(encoding="utf-8")) is written
