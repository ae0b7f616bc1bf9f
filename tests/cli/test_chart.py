"""`chart`: the charts of the pages as files, from the command line."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from rnnviz_core import load, places, record
from rnnviz_core.cli import chart as command
from rnnviz_core.cli.main import main

TEXT = "not a good film"


def drawn(out: Path) -> set[str]:
    """The words in an SVG file."""
    space = "{http://www.w3.org/2000/svg}"
    return {element.text or "" for element in ElementTree.parse(out).iter(f"{space}text")}


@pytest.mark.parametrize(
    ("chart", "titles"),
    [
        ("gates", {"Input gate", "Forget gate", "Candidate", "Output gate"}),
        ("states", {"Hidden state", "Cell state"}),
        ("embeddings", {"dimension"}),
        ("attention", {"Attention weights"}),
    ],
)
def test_every_chart_is_drawn(chart: str, titles: set[str], tmp_path: Path) -> None:
    assert chart in command.CHARTS
    out = tmp_path / "chart.svg"
    assert main(["chart", "sentiment-lstm-attention", TEXT, chart, "--out", str(out)]) == 0
    words = drawn(out)
    assert titles <= words
    assert set(TEXT.split()) <= words


def test_all_charts_are_tried_above() -> None:
    (marks,) = test_every_chart_is_drawn.pytestmark
    assert {row[0] for row in marks.args[1]} == set(command.CHARTS)


def test_a_translation_is_the_one_of_the_app(tmp_path: Path) -> None:
    out, model = tmp_path / "chart.svg", "es-en-gru-bahdanau"
    assert main(["chart", model, "Me gusta leer.", "attention", "--out", str(out)]) == 0
    trace = record(load(places.shipped() / model), "Me gusta leer.", beam=3)
    assert {token.text.strip("▁") for token in trace.tokens["target"]} - {""} <= drawn(out) | {"</s>"}


@pytest.mark.slow
def test_a_layer_of_the_decoder(tmp_path: Path) -> None:
    out = tmp_path / "chart.svg"
    call = ["chart", "es-en-gru", "Me gusta leer.", "gates", "--layer", "decoder.0", "--out", str(out)]
    assert main(call) == 0
    assert {"Reset gate", "Update gate"} <= drawn(out)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("gates", "--layer", "encoder.7"), "unknown layer 'encoder.7'; choose one of encoder.0"),
        (("gates", "--layer", "encoder"), "write it as in a trace"),
        (("attention",), "sentiment-gru has no attention"),
        (("gate",), "'gate' is not one of 'gates'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    arguments: tuple[str, ...], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "chart.svg"
    assert main(["chart", "sentiment-gru", TEXT, *arguments, "--out", str(out)]) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_a_wrong_ending_is_refused_before_anything_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["chart", "no-such-model", TEXT, "gates", "--out", str(tmp_path / "chart.bmp")]) == 2
    assert "unknown ending '.bmp'" in capsys.readouterr().err
