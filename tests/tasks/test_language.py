"""Reading as a language model before the labels: what is predicted, handed over and kept."""

import json
import random
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.errors import DataError, SpecError
from rnnviz_core.inputs.tokenizer import Tokenizer
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.tasks.sentiment.language import PASSAGE, LanguageModel, LanguageObjective, _passages
from rnnviz_core.training.batches import Example, collate
from rnnviz_core.training.runs import PRETRAINING, Run, execute
from rnnviz_core.training.settings import TrainingConfig
from rnnviz_core.training.state import STATE

TEXTS = [
    f"{who} {does} the {what}" for who in ("she", "he") for does in ("reads", "sells") for what in "abcdef"
]


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train(TEXTS, 60)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "texts.tsv"
    rows = [
        f"{'dev' if i % 6 == 0 else 'train'}\t{i % 5}\t{text}<br />{text}" for i, text in enumerate(TEXTS * 3)
    ]
    path.write_text("\n".join(["split\tlabel5\ttext", *rows]) + "\n", encoding="utf-8")
    return path


def sentiment(tokenizer, **more):
    return SentimentModel(SentimentSpec("lstm", embedding=6, hidden=5, **more), tokenizer)


def run_on(table, **more):
    config = TrainingConfig(epochs=2, batch=8, rate=0.02, average=0.9)
    spec = SentimentSpec("gru", embedding=12, hidden=8)
    return Run(spec, str(table), vocabulary=60, config=config, pretrain=(str(table),), **more)


def test_the_loss_is_that_of_the_neighbours_whatever_the_padding(tokenizer):
    torch.manual_seed(3)
    model = LanguageModel(sentiment(tokenizer, bidirectional=True)).eval()
    rows = [tokenizer.ids(TEXTS[0]), tokenizer.ids(TEXTS[17])[:4]]
    batch = collate([Example(ids, 0) for ids in rows])
    pieces = sorted({piece for row in rows for piece in row} | {0})  # 0: the padding is in the batch too
    losses = {"next": [], "previous": []}
    for ids in rows:
        states = model.encoder(model.embedding(torch.tensor([ids])))[0][0]
        for t in range(len(ids) - 1):
            for name, state, wanted in (
                ("next", states[t, :5], ids[t + 1]),
                ("previous", states[t + 1, 5:], ids[t]),
            ):
                logits = model.embedding.weight[pieces] @ model.output(state) + model.bias[pieces]
                losses[name].append(functional.cross_entropy(logits, torch.tensor(pieces.index(wanted))))
    expected = (torch.stack(losses["next"]).mean() + torch.stack(losses["previous"]).mean()) / 2
    torch.testing.assert_close(model(batch.ids, batch.lengths), expected)


def test_passages_hold_every_piece_once_and_start_elsewhere_in_every_epoch():
    texts = [list(range(4, 4 + size)) for size in (2, PASSAGE, PASSAGE + 1, 5 * PASSAGE + 3)]
    plain = _passages(texts, None)
    lengths = [2, PASSAGE, PASSAGE, *[PASSAGE] * 5, 3]  # one piece alone is left out
    assert [len(p.ids) for p in plain] == lengths
    seen = set()
    for seed in range(9):
        cut = _passages(texts[-1:], random.Random(seed))
        kept = [piece for passage in cut for piece in passage.ids]
        assert kept == sorted(kept)
        assert len(texts[-1]) - len(kept) <= 2  # at most one piece at either end stands alone
        assert max(len(p.ids) for p in cut) == PASSAGE
        seen.add(len(cut[0].ids))
    assert len(seen) > 3


def test_only_the_first_layer_and_the_embedding_are_handed_over(tokenizer):
    model = sentiment(tokenizer, layers=2, bidirectional=True)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    LanguageModel(model).give(model)
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {
        "embedding.weight",
        *(f"encoder.weight_{kind}_l0{way}" for kind in ("ih", "hh") for way in ("", "_reverse")),
    }  # fresh biases are alike


def test_what_was_read_is_where_training_starts(table, tmp_path):
    run = run_on(table, pretrain_epochs=8)
    slow = replace(run, config=replace(run.config, epochs=1, rate=1e-7))
    learned, _ = execute(run, tmp_path / "run", quiet=True)
    lines = (tmp_path / "run" / PRETRAINING / "metrics.jsonl").read_text().splitlines()
    log = [json.loads(line) for line in lines]
    assert len(log) == 8
    assert log[-1]["loss"] < log[0]["loss"] - 0.5
    unlearned, _ = execute(slow, tmp_path / "slow", quiet=True)
    state = load_file(tmp_path / "slow" / PRETRAINING / STATE)
    torch.testing.assert_close(
        checkpoints.load(unlearned).embedding.weight, state["model.embedding.weight"], atol=1e-3, rtol=1e-3
    )
    assert not (tmp_path / "run" / PRETRAINING / "sentiment-gru-language").exists()  # no model to open
    assert learned.name == "sentiment-gru"


def test_a_run_that_was_stopped_does_not_read_again(table, tmp_path, monkeypatch):
    from rnnviz_core.training import loop as training

    whole, _ = execute(run_on(table), tmp_path / "whole", quiet=True)
    epoch, calls = training.Trainer._epoch, []

    def interrupted(self):
        calls.append(type(self.model).__name__)
        if len(calls) == 3:
            raise KeyboardInterrupt
        epoch(self)

    monkeypatch.setattr(training.Trainer, "_epoch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        execute(run_on(table), tmp_path / "parts", quiet=True)
    parts, _ = execute(run_on(table), tmp_path / "parts", quiet=True)
    assert calls == ["LanguageModel", "SentimentModel", "SentimentModel", "SentimentModel"]
    assert (whole / "model.safetensors").read_bytes() == (parts / "model.safetensors").read_bytes()


def test_settings_and_texts_that_cannot_be_used_are_explained(table, tmp_path):
    with pytest.raises(SpecError, match="pretrain_epochs is 0; it must be from 1 to 1000"):
        run_on(table, pretrain_epochs=0)
    single = tmp_path / "single.tsv"
    single.write_text("text\none text only\n")
    with pytest.raises(DataError, match=r"single\.tsv: one text is not enough"):
        execute(replace(run_on(table), pretrain=(str(single),)), tmp_path / "run", quiet=True)


def test_no_text_is_both_read_and_held_out(table, tmp_path, monkeypatch):
    given = {}
    made = LanguageObjective.__init__

    def watch(self, tokenizer, train, held_out):
        given.update(train=train, held_out=held_out)
        made(self, tokenizer, train, held_out)

    monkeypatch.setattr(LanguageObjective, "__init__", watch)
    execute(run_on(table), tmp_path / "run", quiet=True)
    lines = table.read_text().splitlines()[1:]
    texts = [line.split("\t")[2].replace("<br />", " ") for line in lines if line.startswith("train")]
    assert given["held_out"] == texts[::50]
    assert sorted([*given["train"], *given["held_out"]]) == sorted(texts)
