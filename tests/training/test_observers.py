"""Who watches a run is told all of it, and changes nothing."""

import math

import pytest
import torch

from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.training.observers import Observer
from rnnviz_core.training.runs import Run, execute
from rnnviz_core.training.settings import TrainingConfig

EPOCHS, ROWS, BATCH = 3, 20, 8


class Watch(Observer):
    def __init__(self):
        self.begun, self.steps, self.epochs = [], [], []

    def on_begin(self, begun):
        self.begun.append((begun.epochs, begun.best_epoch, begun.out.name, begun.network.training))

    def on_step(self, step):
        clipped = torch.stack([weight.grad.norm() for weight in step.network.parameters()]).norm()
        self.steps.append((step, step.loss.item(), step.norm.item(), clipped.item()))

    def on_epoch(self, epoch):
        assert not epoch.network.training
        self.epochs.append(epoch)


class Stop(Watch):
    def on_epoch(self, epoch):
        super().on_epoch(epoch)
        if epoch.row["epoch"] == 2:
            raise KeyboardInterrupt


@pytest.fixture
def run(tmp_path):
    words = ("awful", "weak", "plain", "fine", "superb")
    rows = [f"{'train' if i < ROWS else 'dev'}\t{i % 5}\tthe {words[i % 5]} story" for i in range(ROWS + 5)]
    table = tmp_path / "texts.tsv"
    table.write_text("\n".join(["split\tlabel5\ttext", *rows]) + "\n")
    config = TrainingConfig(epochs=EPOCHS, batch=BATCH, rate=0.02, clip=0.1, warmup=0.0)
    return Run(SentimentSpec("rnn", embedding=4, hidden=3), str(table), vocabulary=40, config=config)


def test_an_observer_is_told_of_every_step_and_epoch(run, tmp_path, capsys):
    watch = Watch()
    path, _ = execute(run, tmp_path / "watched", observers=[watch])
    assert watch.begun == [(0, 0, "watched", True)]
    steps = math.ceil(ROWS / BATCH)
    assert [(one.epoch, one.step, one.steps, one.total) for one, *_ in watch.steps] == [
        (1 + index // steps, 1 + index % steps, steps, index + 1) for index in range(EPOCHS * steps)
    ]
    for told, loss, norm, clipped in watch.steps:
        assert 0 < told.rate <= run.config.rate
        assert loss > 0
        assert clipped == pytest.approx(min(norm, told.clip), rel=1e-3)
    assert watch.steps[0][2] > watch.steps[0][0].clip  # so something was clipped
    for number, epoch in enumerate(watch.epochs, 1):
        of_epoch = [loss for told, loss, *_ in watch.steps if told.epoch == number]
        assert epoch.row["epoch"] == number
        assert epoch.row["train_loss"] == pytest.approx(sum(of_epoch) / steps, rel=1e-5)
        assert epoch.best == (epoch.row["best_epoch"] == number)
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in printed] == [["epoch", str(n)] for n in range(1, EPOCHS + 1)]

    alone, _ = execute(run, tmp_path / "alone", quiet=True)
    assert (path / "model.safetensors").read_bytes() == (alone / "model.safetensors").read_bytes()
    assert not capsys.readouterr().out


def test_a_run_that_goes_on_says_what_is_told_again(run, tmp_path):
    """Killed while the second epoch is told: its state was not saved, so it is run and told once more."""
    with pytest.raises(KeyboardInterrupt):
        execute(run, tmp_path / "run", quiet=True, observers=[Stop()])
    watch = Watch()
    execute(run, tmp_path / "run", quiet=True, observers=[watch])
    ((epochs, best, *_),) = watch.begun
    assert (epochs, best) == (1, 1)
    assert [epoch.row["epoch"] for epoch in watch.epochs] == [2, 3]
