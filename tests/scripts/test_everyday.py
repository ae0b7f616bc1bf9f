"""Our own everyday sentences: a model is right when it writes a listed answer, and only then."""

import pytest
from click.testing import CliRunner

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.search.beam import translate
from scripts.everyday import ROOT, is_right, main, read

MATERIAL = {"everyday_de.tsv": 32, "everyday_en.tsv": 40, "everyday_es.tsv": 40, "everyday_fr.tsv": 40}


@pytest.mark.parametrize("name", MATERIAL)
def test_the_sentences_are_whole(name):
    asked = read(ROOT / "tests" / "material" / name)
    assert len(asked) == MATERIAL[name]
    for text, answers in asked.items():
        assert answers, text
        assert all(answer == answer.strip() and answer[-1] in ".?" for answer in answers), text
        assert len({answer.lower() for answer in answers}) == len(answers), text
        assert all(answer.endswith("?") == text.endswith("?") for answer in answers), text


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("what's the time", True),
        ("What’s the time?", True),
        ("Whats the time?", False),
        ("What time?", False),
        ("What time is it now?", False),
        ("", False),
    ],
)
def test_case_and_punctuation_do_not_count_but_every_word_does(written, right):
    assert is_right(written, ["What time is it?", "What's the time?"]) is right


def test_the_script_counts_the_right_ones(tmp_path, make_translation):
    model = make_translation("gru", "luong")
    checkpoints.save(model, tmp_path / "model")
    wrote = translate(checkpoints.load(tmp_path / "model"), "el gato", beam=2)
    table = tmp_path / "own.tsv"
    table.write_text(f"text\tanswers\nel gato\tSomething else. | {wrote}\nel perro\tThis it did not write.\n")
    ran = CliRunner().invoke(main, [str(tmp_path / "model"), "--sentences", str(table), "--beam", "2"])
    assert ran.exit_code == 0, ran.output
    lines = ran.output.splitlines()
    assert lines[0].startswith("right  el gato")
    assert lines[1].startswith("look   el perro")
    assert lines[1].endswith("[This it did not write.]")
    assert lines[-1] == "1 of 2 are a listed answer (50.0 %)"
