"""A history tells what a run did, costs it nothing but time, and is read back with suspicion."""

import json
import math

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from rnnviz_core import limits
from rnnviz_core.contracts.task import record
from rnnviz_core.derivatives import gradients
from rnnviz_core.errors import CheckpointError
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.models.forecaster import Forecaster
from rnnviz_core.models.forecaster_spec import ForecastSpec
from rnnviz_core.training.history import FILE, History, HistoryWriter, Probe
from rnnviz_core.training.moments import Moments, Rows
from rnnviz_core.training.observers import Begun, Epoch, Observer
from rnnviz_core.training.runs import Run, execute
from rnnviz_core.training.settings import TrainingConfig

TEXT = "the superb story"
PROBES = (Probe(TEXT, "log_probability:very positive"), Probe("the awful plain story"))


class Watch(Observer):
    def __init__(self):
        self.steps, self.weights = [], {}

    def on_begin(self, begun):
        self.weights[0] = {name: one.clone() for name, one in begun.network.state_dict().items()}

    def on_step(self, step):
        self.steps.append((step.total, step.loss.item(), step.rate, step.norm.item()))
        self.weights[step.total] = {name: one.clone() for name, one in step.network.state_dict().items()}


class Stop(Observer):
    def on_epoch(self, epoch):
        if epoch.row["epoch"] == 2:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    words = ("awful", "weak", "plain", "fine", "superb")
    rows = [f"{'train' if i < 20 else 'dev'}\t{i % 5}\tthe {words[i % 5]} story" for i in range(25)]
    table = tmp_path_factory.mktemp("data") / "texts.tsv"
    table.write_text("\n".join(["split\tlabel5\ttext", *rows]) + "\n")
    config = TrainingConfig(epochs=3, batch=8, rate=0.02, clip=0.1, warmup=0.0)
    return Run(SentimentSpec("lstm", embedding=4, hidden=3), str(table), vocabulary=40, config=config)


@pytest.fixture(scope="module")
def watched(run, tmp_path_factory):
    folder, watch = tmp_path_factory.mktemp("runs") / "run", Watch()
    path, _ = execute(
        run, folder, quiet=True, observers=[watch, HistoryWriter({"title": "a run"}, probes=PROBES)]
    )
    return folder, path, watch, History.load(folder / FILE)


def test_a_history_tells_what_the_loop_did(watched):
    _, _, watch, history = watched
    assert history.about == {"title": "a run"}
    assert history.updates == len(watch.steps) == 9
    steps, losses, rates, norms = map(list, zip(*watch.steps, strict=True))
    assert history.steps["step"].tolist() == steps
    assert history.steps["loss"] == pytest.approx(losses, rel=1e-6)
    assert history.steps["rate"] == pytest.approx(rates, rel=1e-6)
    assert history.steps["norm"] == pytest.approx(norms, rel=1e-6)
    assert history.steps["clipped"] == pytest.approx([min(one, 0.1) for one in norms], rel=1e-4)
    assert history.steps["cut"].tolist() == [norm > 0.1 for norm in norms]
    assert [(row["epoch"], row["step"]) for row in history.epochs] == [(1, 3), (2, 6), (3, 9)]
    assert all({"train_loss", "loss", "accuracy"} <= set(row) for row in history.epochs)
    assert history.moments == (0, 1, 2, 3, 6, 9)
    assert history.snapshots == (0, 1, 2, 3, 4, 5)


def test_a_run_that_is_watched_ends_with_the_same_weights(run, watched, tmp_path):
    path, _ = execute(run, tmp_path / "alone", quiet=True)
    assert (path / "model.safetensors").read_bytes() == (watched[1] / "model.safetensors").read_bytes()


def test_a_snapshot_reads_its_texts_as_the_network_did(watched):
    """Only the rows of the embedding that the texts need are kept, and the numbers are those of the run."""
    *_, watch, history = watched
    for place, moment in enumerate(history.moments):
        network, then = history.network(place), watch.weights[moment]
        assert network.embedding.weight.shape[0] < then["embedding.weight"].shape[0]
        trace = record(network, TEXT)
        pieces = [token.text for token in trace.tokens["time"]]
        assert "".join(pieces).replace("▁", " ").strip() == TEXT
        assert torch.equal(network.state_dict()["output.weight"], then["output.weight"].half().float())
        rows = network.embedding.weight[[token.id for token in trace.tokens["time"]]]
        known = {tuple(row.half().tolist()) for row in then["embedding.weight"]}
        assert all(tuple(row.half().tolist()) in known for row in rows)
    with pytest.raises(Exception, match="only the pieces of a few texts"):
        record(history.network(0), "another story")


def test_looks_agree_with_the_traces_of_the_snapshots(watched):
    *_, history = watched
    last = len(history.moments) - 1
    network = history.network(last)
    traces = [record(network, probe.text) for probe in PROBES]
    forget = np.concatenate([trace["encoder.0.forget"].reshape(-1) for trace in traces])
    assert history.probe_figures["horizon"][last, 0] == pytest.approx(-1 / math.log(forget.mean()), rel=1e-2)
    column = history.gates.index("encoder.0.forget")
    assert history.probe_figures["high"][last, column] == pytest.approx((forget > 0.9).mean(), abs=0.1)
    assert history.probe_figures["low"][last, column] == pytest.approx((forget < 0.1).mean(), abs=0.1)
    gave = gradients(network, TEXT, PROBES[0].of)
    lengths = np.sqrt((gave["encoder.0.hidden_gradient"] ** 2).sum(-1))
    assert history.reach[0, "encoder.0"][last] == pytest.approx(lengths, rel=0.05)
    assert history.probe_figures["value"][last, 0] == pytest.approx(gave.meta["gradient"]["value"], rel=1e-2)
    assert history.probes[1].of == "margin"  # of five classes from worst to best


def test_a_run_that_goes_on_has_one_history(run, watched, tmp_path):
    writers = [HistoryWriter(probes=PROBES) for _ in range(2)]
    with pytest.raises(KeyboardInterrupt):
        execute(run, tmp_path / "run", quiet=True, observers=[writers[0], Stop()])
    execute(run, tmp_path / "run", quiet=True, observers=[writers[1]])
    found, whole = History.load(tmp_path / "run" / FILE), watched[-1]
    assert found.moments == whole.moments
    assert found.steps["step"].tolist() == whole.steps["step"].tolist()
    assert found.steps["loss"] == pytest.approx(whole.steps["loss"], rel=1e-6)
    assert found.probe_figures["value"] == pytest.approx(whole.probe_figures["value"], rel=1e-6, nan_ok=True)
    for place in range(len(whole.snapshots)):
        for name, weight in whole.weights(place).items():
            assert torch.equal(weight, found.weights(place)[name]), name


def test_without_probes_and_without_a_file(run, tmp_path):
    writer = HistoryWriter(probes=(), write=False)
    execute(run, tmp_path / "run", quiet=True, observers=[writer])
    history = writer.history()
    assert not (tmp_path / "run" / FILE).exists()
    assert (history.probes, history.gates, history.reach) == ((), (), {})
    assert len(history.weights(5)) == len(history.weights(0)) > 0


def test_a_size_bounds_the_snapshots(run, watched, tmp_path):
    whole = watched[-1]
    one = sum(weight.half().nbytes for weight in whole.weights(0).values())
    for size, places in ((3 * one, (0, 2, 5)), (2 * one - 1, ())):
        writer = HistoryWriter(probes=PROBES, size=size, write=False)
        execute(run, tmp_path / str(size), quiet=True, observers=[writer])
        assert writer.history().snapshots == places
        assert len(writer.history().moments) == 6  # figures are small


def test_bytes_are_read_as_the_file_is(watched):
    folder, *_, history = watched
    found = History.load((folder / FILE).read_bytes())
    assert found.about == history.about
    for name, values in history.steps.items():
        assert np.array_equal(values, found.steps[name])
    assert torch.equal(found.weights(2)["output.bias"], history.weights(2)["output.bias"])


def _changed(path, tmp_path, *, header=None, **arrays):
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        known = json.loads(file.metadata()["history"])
    tensors = load_file(path) | {
        name.replace("__", "."): torch.as_tensor(array) for name, array in arrays.items()
    }
    target = tmp_path / "changed.safetensors"
    save_file(
        {name: one for name, one in tensors.items() if one.numel()},
        target,
        {"history": json.dumps(known | (header or {}))},
    )
    return target


@pytest.mark.parametrize(
    "change, message",
    [
        ({"header": {"format": 9}}, "format is 9"),
        ({"header": {"spec": {"task": "sentiment", "cell": "gur"}}}, "unknown cell 'gur'"),
        ({"header": {"snapshots": [0, 99]}}, "not among its moments"),
        ({"header": {"snapshots": [0]}}, "names 1 snapshots, and holds 6"),
        ({"header": {"probes": [{"text": TEXT, "of": None, "tokens": [["x", 5000, 0, 1]]}]}}, "must be"),
        ({"header": {"pieces": {"source": ["a"]}}}, "lacks the special pieces"),
        ({"header": {"pieces": {"source": list("abcd")}}}, "has pieces that were not kept"),
        ({"header": {"epochs": [{"epoch": 1, "step": 3}]}}, "no training loss"),
        ({"header": {"probes": None}}, "not a history that can be read"),
        ({"header": {"epochs": [{"epoch": 1}]}}, "not a history that can be read"),
        ({"step__loss": [1.0, 2.0]}, "2 values of 'loss' for 9 rows"),
        ({"look__low": [[1.0]]}, "'look.low' has the shape"),
        ({"look__step": [3, 2, 1, 0, 1, 2]}, "not in order"),
    ],
)
def test_a_damaged_history_is_refused_in_words(watched, tmp_path, change, message):
    path = _changed(watched[0] / FILE, tmp_path, **change)
    with pytest.raises(CheckpointError, match=message):
        History.load(path)


def test_what_is_no_history_is_refused(watched, tmp_path, monkeypatch):
    with pytest.raises(CheckpointError, match="cannot be read: No such file"):
        History.load(tmp_path / "none")
    with pytest.raises(CheckpointError, match="damaged or not safetensors"):
        History.load(b"hello")
    with pytest.raises(CheckpointError, match="holds no history"):
        History.load(watched[1] / "model.safetensors")
    path = _changed(watched[0] / FILE, tmp_path, **{"snapshot.0.output.bias": torch.full((5,), np.nan)})
    with pytest.raises(CheckpointError, match=r"output\.bias holds numbers that are not finite"):
        History.load(path).network(0)
    path = _changed(watched[0] / FILE, tmp_path, **{"snapshot.0.output.bias": torch.zeros(4)})
    with pytest.raises(CheckpointError, match=r"output\.bias is"):
        History.load(path).network(0)
    monkeypatch.setattr(limits, "HISTORY_BYTES", 1000)
    with pytest.raises(CheckpointError, match="the limit is 1000"):
        History.load(watched[0] / FILE)


def test_long_runs_are_joined_without_loss_of_sums():
    rows = Rows(most=8)
    for step in range(1, 101):
        rows.add(step, loss=float(step), rate=0.1, norm=float(step % 5), clip=2.5)
    rows.close()
    found = rows.columns()
    assert len(found["step"]) <= 8 + 1
    assert found["steps"].sum() == 100
    assert (found["loss"] * found["steps"]).sum() == pytest.approx(sum(range(1, 101)), rel=1e-6)
    assert found["cut"].sum() == 40
    assert found["largest"].max() == 4
    assert found["step"][-1] == 100


@pytest.mark.parametrize("epochs, per_epoch", [(1, 1), (3, 100), (200, 7), (40, 5000)])
def test_moments_are_dense_at_first_and_end_with_the_last(epochs, per_epoch):
    from rnnviz_core.training.moments import is_dense

    moments, step = Moments(), 0
    moments.begin(0, None)
    for epoch in range(1, epochs + 1):
        for _ in range(per_epoch):
            step += 1
            if is_dense(epoch, step - (epoch - 1) * per_epoch, step):
                moments.begin(step, None)
        moments.end(epoch, step, None)
    found = [moment for moment, _ in moments.all()]
    assert found == sorted(set(found))
    assert len(found) <= 24
    assert (found[0], found[-1]) == (0, epochs * per_epoch)
    assert {1, 2, 4} & set(range(per_epoch)) <= set(found)
    if epochs > 12:
        assert len(found) > 12  # most of the places are taken


def test_networks_of_other_tasks_are_read_again(make_translation, tmp_path):
    """A forecast has no vocabulary, a translation two: all its pieces are kept."""
    forecaster = Forecaster(ForecastSpec("gru", hidden=4, series="wave", season=3, mean=3.0, scale=2.0))
    for network, probe in (
        (forecaster.eval(), "1, 2, 3, 4, 5"),
        (make_translation("gru"), "la casa es azul"),
    ):
        writer = HistoryWriter(probes=[probe], write=False)
        writer.on_begin(Begun(network, tmp_path, 0, 0))
        writer.on_epoch(Epoch(network, {"epoch": 1, "best_epoch": 1, "train_loss": 1.0, "loss": 1.0}))
        found = writer.history()
        again = record(found.network(len(found.snapshots) - 1), probe)
        whole = record(network, probe)
        assert again["encoder.0.hidden"] == pytest.approx(whole["encoder.0.hidden"], abs=1e-2)
        assert [token.text for tokens in again.tokens.values() for token in tokens] == [
            token.text for tokens in whole.tokens.values() for token in tokens
        ]
        assert found.reach[0, "encoder.0"].shape == (1, len(whole["encoder.0.hidden"]))
