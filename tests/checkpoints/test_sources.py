"""Sources: a folder, what is held in memory, and several of them as one."""

import pytest

from rnnviz_core.checkpoints import registry, sources
from rnnviz_core.checkpoints.sources import Folder, Held, Joined
from rnnviz_core.errors import CheckpointError


@pytest.fixture
def folder(tmp_path, make_sentiment):
    for cell in ("lstm", "gru"):
        registry.save(make_sentiment(cell), tmp_path / f"sentiment-{cell}")
    return Folder(tmp_path)


def ids(source):
    return [entry.id for entry in source.scan().entries]


def test_a_folder_lists_and_loads_its_checkpoints(folder):
    assert ids(folder) == ["sentiment-gru", "sentiment-lstm"]
    assert folder.load("sentiment-gru").spec.cell == "gru"
    assert folder.scan() is folder.scan()  # nothing changed


@pytest.mark.parametrize("model_id", ["sentiment-rnn", "", "..", "../x", "/"])
def test_an_id_that_a_folder_does_not_hold(folder, model_id):
    with pytest.raises(
        CheckpointError, match=r"unknown model .*; choose one of sentiment-gru, sentiment-lstm"
    ):
        folder.load(model_id)


def test_the_stamp_of_a_folder_changes_with_its_files(folder, monkeypatch, make_sentiment):
    monkeypatch.setattr(sources, "LOOK_SECONDS", 0)
    whole, lstm, gru = folder.stamp(), folder.stamp("sentiment-lstm"), folder.stamp("sentiment-gru")
    assert len({whole, lstm, gru}) == 3
    (folder.path / "sentiment-lstm" / "card.md").write_text("changed")
    assert folder.stamp() != whole
    assert folder.stamp("sentiment-lstm") != lstm
    assert folder.stamp("sentiment-gru") == gru


def test_what_is_held_is_the_network_itself(make_sentiment):
    held, network = Held(), make_sentiment("rnn")
    entry = held.add(network, {"scores": {"accuracy5": 1.0}})
    assert held.load(entry.id) is network
    assert entry.path is None
    assert entry.parameters == sum(weight.numel() for weight in network.parameters())
    assert entry.bytes == 4 * entry.parameters
    with pytest.raises(CheckpointError, match="sentiment-rnn lies in no folder"):
        _ = entry.folder
    before = held.stamp(entry.id)
    held.add(network)  # another one of the same name
    assert held.stamp(entry.id) != before
    assert ids(held) == ["sentiment-rnn"]
    held.remove(entry.id)
    assert not ids(held)
    with pytest.raises(CheckpointError, match="unknown model"):
        held.stamp(entry.id)


def test_two_memories_never_share_a_stamp(make_sentiment):
    """So that no visitor is shown what the cache keeps for another."""
    network = make_sentiment("rnn")
    one, other = Held(), Held()
    assert one.add(network).id == other.add(network).id
    assert one.stamp("sentiment-rnn") != other.stamp("sentiment-rnn")


def test_what_cannot_be_held(make_sentiment):
    with pytest.raises(CheckpointError, match="a dict is not a network of this project"):
        Held().add({})
    network = make_sentiment("rnn")
    network.train()
    try:
        with pytest.raises(CheckpointError, match="training mode"):
            Held().add(network)
    finally:
        network.eval()


def test_joined_sources_are_one(folder, make_sentiment):
    held = Held()
    held.add(make_sentiment("rnn"))
    joined = Joined(folder, held)
    assert ids(joined) == ["sentiment-gru", "sentiment-lstm", "sentiment-rnn"]
    assert joined.stamp("sentiment-rnn") == held.stamp("sentiment-rnn")
    assert joined.stamp("sentiment-gru") == folder.stamp("sentiment-gru")
    assert joined.load("sentiment-rnn") is held.load("sentiment-rnn")
    assert joined.load("sentiment-gru").name == "sentiment-gru"
    before = joined.stamp()
    held.add(make_sentiment("gru"))
    assert joined.stamp() != before
    assert ids(joined) == ["sentiment-gru", "sentiment-lstm", "sentiment-rnn"]
    assert joined.load("sentiment-gru") is not held.load("sentiment-gru")  # the first counts
    assert joined.scan().problems == ("sentiment-gru: another model has this name; give it one of its own",)
    with pytest.raises(CheckpointError, match="unknown model 'x'; choose one of sentiment-gru"):
        joined.load("x")
