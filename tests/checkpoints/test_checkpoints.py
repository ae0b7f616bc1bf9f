"""Checkpoints: exact round trip, and that damage of any kind is a `CheckpointError` that names the file."""

import json
import shutil

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from rnnviz_core import limits
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.errors import CheckpointError


@pytest.fixture
def folder(tmp_path, make_sentiment, make_translation):
    for model in (make_sentiment("lstm"), make_translation("gru", "bahdanau", bidirectional=True)):
        scores = {"scores": {"accuracy5": 40.0}}
        checkpoints.save(model, tmp_path / model.name, scores, card="# A card\n")
    return tmp_path


def test_round_trip_is_exact_in_half_precision(folder, make_sentiment, make_translation):
    for original in (make_sentiment("lstm"), make_translation("gru", "bahdanau", bidirectional=True)):
        loaded = checkpoints.load(folder / original.name)
        assert loaded.spec == original.spec
        assert loaded.name == original.spec.model_id
        assert not loaded.training
        for key, value in original.state_dict().items():
            found = loaded.state_dict()[key]
            assert found.dtype == torch.float32
            assert torch.equal(found, value.half().float())
        for name, tokenizer in original.tokenizers.items():
            assert loaded.tokenizers[name].pieces == tokenizer.pieces


@pytest.mark.parametrize("name", ["sentiment-lstm", "es-en-gru-bahdanau"])
def test_loading_draws_nothing_at_random(folder, name, monkeypatch):
    """Neither torch's global random state moves, nor is a weight drawn just to be overwritten."""

    def drawn(tensor, *_args, **_kwargs):
        assert tensor.is_meta, "a weight was drawn"
        return tensor

    for method in ("normal_", "uniform_"):
        monkeypatch.setattr(torch.Tensor, method, drawn)
    before = torch.get_rng_state()
    loaded = checkpoints.load(folder / name)
    assert torch.equal(torch.get_rng_state(), before)
    assert {parameter.device.type for parameter in loaded.parameters()} == {"cpu"}


def test_models_with_the_same_vocabulary_share_one_tokenizer(folder):
    sentiment, translation = (
        checkpoints.load(folder / name) for name in ("sentiment-lstm", "es-en-gru-bahdanau")
    )
    assert sentiment.tokenizer is translation.target_tokenizer
    assert sentiment.tokenizer is not translation.source_tokenizer


def test_scan_tells_what_is_there_without_loading_weights(folder):
    scan = checkpoints.scan(folder)
    assert [entry.id for entry in scan.entries] == ["es-en-gru-bahdanau", "sentiment-lstm"]
    entry = scan.find("sentiment-lstm")
    model = checkpoints.load(entry.path)
    assert entry.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert entry.bytes == sum(file.stat().st_size for file in entry.path.iterdir())
    assert entry.scores == {"accuracy5": 40.0}
    assert entry.card == "# A card\n"
    assert scan.problems == ()
    with pytest.raises(CheckpointError, match="unknown model 'gpt'; choose one of es-en-gru-bahdanau, sent"):
        scan.find("gpt")


def test_one_damaged_checkpoint_leaves_the_others(folder):
    (folder / "sentiment-lstm" / "spec.json").write_text("{")
    scan = checkpoints.scan(folder)
    assert [entry.id for entry in scan.entries] == ["es-en-gru-bahdanau"]
    assert len(scan.problems) == 1
    assert scan.problems[0].startswith("sentiment-lstm/spec.json is not JSON")
    missing = checkpoints.scan(folder / "none")
    assert missing.entries == ()
    assert missing.problems == ("the folder 'none' cannot be read: No such file or directory",)


FILES = ["model.safetensors", "spec.json", "source.model"]


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_named(folder, file):
    (folder / "sentiment-lstm" / file).unlink()
    with pytest.raises(CheckpointError, match=f"sentiment-lstm/{file}"):
        checkpoints.load(folder / "sentiment-lstm")


@pytest.mark.parametrize("file", FILES)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200))
def test_any_bytes_in_any_file_are_refused_by_name(folder, file, data):
    good = folder / "sentiment-lstm"
    bad = folder / "copy"
    shutil.copytree(good, bad, dirs_exist_ok=True)
    (bad / file).write_bytes(data)
    with pytest.raises(CheckpointError, match=f"copy/{file}"):
        checkpoints.load(bad)


@pytest.mark.parametrize("cut", [0, 7, 100, -1])
def test_cut_weights_are_refused(folder, cut):
    path = folder / "sentiment-lstm" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(CheckpointError, match=r"sentiment-lstm/model\.safetensors is damaged"):
        checkpoints.load(folder / "sentiment-lstm")


def test_wrong_shapes_and_names_are_told(folder):
    path = folder / "sentiment-lstm" / "model.safetensors"
    weights = load_file(path)
    save_file({**weights, "output.bias": torch.zeros(7)}, path)
    with pytest.raises(CheckpointError, match=r"output\.bias has shape \[7\]; spec\.json asks for \[5\]"):
        checkpoints.load(path.parent)
    save_file({**weights, "extra": torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match=r"extra has shape \[1\]; spec\.json asks for nothing"):
        checkpoints.load(path.parent)
    save_file({**weights, "output.bias": torch.full((5,), torch.nan)}, path)
    with pytest.raises(CheckpointError, match=r"output\.bias holds numbers that are not finite"):
        checkpoints.load(path.parent)


def test_oversized_files_are_refused_before_they_are_read(folder, monkeypatch):
    monkeypatch.setattr(limits, "CHECKPOINT_BYTES", 100)
    with pytest.raises(CheckpointError, match=r"model\.safetensors has \d+ bytes; the limit is 100"):
        checkpoints.load(folder / "sentiment-lstm")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cell": "gur"}, "unknown cell 'gur'; choose one of rnn, gru, lstm"),
        ({"task": "poetry"}, "unknown task 'poetry'; choose one of sentiment, translation"),
        ({"hidden": -1}, "hidden is -1; it must be a whole number from 1 to 1024"),
        ({"hidden": "64"}, "hidden is '64'"),
        ({"hidden": 10**400}, "hidden is 1"),
        ({"dropout": "much"}, "dropout is 'much'"),
        ({"bidirectional": 1}, "bidirectional is 1; it must be true or false"),
        ({"size": 3}, "unknown setting 'size'"),
        ({"classes": "abc"}, "classes is 'abc'"),
        ({"attention": "luong"}, "for sentiment choose one of none, pooling"),
        ({"cell": ["lstm"]}, "unknown cell"),
    ],
)
def test_a_spec_that_makes_no_sense_is_explained(folder, change, message):
    path = folder / "sentiment-lstm" / "spec.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(CheckpointError) as error:
        checkpoints.load(path.parent)
    assert "sentiment-lstm/spec.json" in str(error.value)
    assert message in str(error.value)


def test_saving_leaves_no_half_written_file(folder, make_sentiment, monkeypatch):
    before = (folder / "sentiment-lstm" / "model.safetensors").read_bytes()

    def fail(_weights, path):
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(checkpoints, "save_file", fail)
    with pytest.raises(OSError, match="disk full"):
        checkpoints.save(make_sentiment("lstm"), folder / "sentiment-lstm")
    assert (folder / "sentiment-lstm" / "model.safetensors").read_bytes() == before
    assert not [file for file in (folder / "sentiment-lstm").iterdir() if file.name.startswith(".")]


def test_attention_pooling_is_read_under_the_name_it_had_before(folder, make_sentiment):
    """Until version 0.1.0 a sentiment model's attention was called bahdanau, in files and commands."""
    checkpoints.save(make_sentiment("gru", "pooling"), folder / "sentiment-gru-attention")
    path = folder / "sentiment-gru-attention" / "spec.json"
    assert json.loads(path.read_text())["attention"] == "pooling"
    expected = checkpoints.load(path.parent)
    path.write_text(path.read_text().replace("pooling", "bahdanau"))
    read = checkpoints.load(path.parent)
    assert read.spec == expected.spec
    assert read.spec.attention == "pooling"
    assert read.spec.model_id == "sentiment-gru-attention"
    assert all(torch.equal(value, read.state_dict()[name]) for name, value in expected.state_dict().items())


def test_a_translator_has_no_attention_pooling(folder):
    path = folder / "es-en-gru-bahdanau" / "spec.json"
    path.write_text(path.read_text().replace('"bahdanau"', '"pooling"'))
    with pytest.raises(CheckpointError, match="for translation choose one of none, luong, bahdanau"):
        checkpoints.load(path.parent)


def test_a_shipped_model_is_loaded_by_its_id_unless_the_folder_has_one_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert checkpoints.load("sentiment-rnn").name == "sentiment-rnn"
    with pytest.raises(CheckpointError):
        checkpoints.load("no-such-model")
    with pytest.raises(CheckpointError):
        checkpoints.load("elsewhere/sentiment-rnn")
    (tmp_path / "sentiment-rnn").mkdir()
    with pytest.raises(CheckpointError):  # a person's own folder is meant, and it is empty
        checkpoints.load("sentiment-rnn")
