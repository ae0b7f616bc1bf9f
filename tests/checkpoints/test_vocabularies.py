"""Equal tokenizers of checkpoints lie in one place; a folder may still have its own."""

import json
import shutil

import pytest

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.checkpoints import vocabularies
from rnnviz_core.errors import CheckpointError
from rnnviz_core.training.fingerprint import of_teachers


@pytest.fixture
def folder(tmp_path, make_sentiment, make_translation):
    """Three checkpoints; two have the same vocabulary, and it is the target's of the third."""
    for model in (make_sentiment("lstm"), make_sentiment("gru"), make_translation()):
        checkpoints.save(model, tmp_path / model.name, shared=True)
    return tmp_path


def shelf(folder):
    return sorted(path.name for path in (folder / "tokenizers").iterdir())


def test_equal_tokenizers_lie_in_one_place(folder):
    assert len(shelf(folder)) == 2
    assert not list(folder.glob("*/source.model"))
    assert not list(folder.glob("*/target.model"))
    one, other = (checkpoints.load(folder / name).tokenizer for name in ("sentiment-lstm", "sentiment-gru"))
    assert one is other
    assert checkpoints.load(folder / "es-en-gru-bahdanau").target_tokenizer is one


def test_scan_passes_over_the_shared_folder_and_counts_its_files(folder):
    scan = checkpoints.scan(folder)
    assert scan.problems == ()
    assert [entry.id for entry in scan.entries] == ["es-en-gru-bahdanau", "sentiment-gru", "sentiment-lstm"]
    entry = scan.find("es-en-gru-bahdanau")
    inside = sum(file.stat().st_size for file in entry.path.iterdir())
    shared = sum(file.stat().st_size for file in (folder / "tokenizers").iterdir())
    assert entry.bytes == inside + shared


def test_a_folder_of_its_own_needs_nothing_beside_it(folder, make_sentiment, tmp_path_factory):
    place = tmp_path_factory.mktemp("alone") / "sentiment-lstm"
    checkpoints.save(make_sentiment("lstm"), place)
    assert (place / "source.model").exists()
    assert not (place / "tokenizers.json").exists()
    assert checkpoints.load(place).tokenizer is checkpoints.load(folder / "sentiment-lstm").tokenizer


def test_saving_again_changes_sides(folder, make_sentiment):
    place = folder / "sentiment-lstm"
    checkpoints.save(make_sentiment("lstm"), place)
    assert {path.name for path in place.iterdir()} == {"model.safetensors", "spec.json", "source.model"}
    checkpoints.save(make_sentiment("lstm"), place, shared=True)
    assert {path.name for path in place.iterdir()} == {"model.safetensors", "spec.json", "tokenizers.json"}


def test_its_own_file_comes_first(folder):
    place = folder / "sentiment-lstm"
    shutil.copy(vocabularies.find(place, "source"), place / "source.model")
    shutil.rmtree(folder / "tokenizers")
    assert checkpoints.load(place).name == "sentiment-lstm"


def test_a_folder_copied_alone_says_what_is_missing(folder, tmp_path_factory):
    alone = tmp_path_factory.mktemp("alone") / "sentiment-lstm"
    shutil.copytree(folder / "sentiment-lstm", alone)
    digest = json.loads((alone / "tokenizers.json").read_text())["source"]
    message = rf"tokenizers\.json: tokenizers/{digest}\.model cannot be read.* into it, as source\.model"
    with pytest.raises(CheckpointError, match=message):
        checkpoints.load(alone)
    shutil.copy(folder / "tokenizers" / f"{digest}.model", alone / "source.model")
    assert checkpoints.load(alone).name == "sentiment-lstm"


def test_a_linked_folder_finds_what_lies_beside_the_real_one(folder, tmp_path_factory):
    link = tmp_path_factory.mktemp("links") / "sentiment-lstm"
    link.symlink_to(folder / "sentiment-lstm")
    assert checkpoints.load(link).name == "sentiment-lstm"


def test_a_shared_file_must_be_what_its_name_says(folder):
    file = vocabularies.find(folder / "sentiment-lstm", "source")
    other = next(path for path in (folder / "tokenizers").iterdir() if path.name != file.name)
    shutil.copy(other, file)
    with pytest.raises(CheckpointError, match=r"sentiment-lstm/tokenizers\.json: .* its content is not what"):
        checkpoints.load(folder / "sentiment-lstm")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"source": "../../secret/0123456"}', "it must be 16 hexadecimal digits"),
        ('{"source": 7}', "source is 7; it must be"),
        ('{"source": "ABCDEF0123456789"}', "it must be 16 hexadecimal digits"),
        ("[]", "must hold an object"),
        ("{", "is not JSON"),
        ("{}", r"sentiment-lstm/source\.model"),
    ],
)
def test_a_reference_that_makes_no_sense_is_named(folder, text, message):
    (folder / "sentiment-lstm" / "tokenizers.json").write_text(text)
    with pytest.raises(CheckpointError, match=message):
        checkpoints.load(folder / "sentiment-lstm")
    assert {entry.id for entry in checkpoints.scan(folder).entries} >= {"es-en-gru-bahdanau", "sentiment-gru"}


def test_a_teacher_is_the_same_wherever_its_tokenizers_lie(folder):
    place = folder / "es-en-gru-bahdanau"
    before = of_teachers([str(place)])
    model = checkpoints.load(place)
    checkpoints.save(model, place)
    assert (place / "source.model").exists()
    assert of_teachers([str(place)]) == before
