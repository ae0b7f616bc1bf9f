"""Forecasting: parsing, scaling, recording, scoring against hand computations, training."""

import json
import math

import numpy as np
import pytest
import torch

from rnnviz_core import Trace
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.contracts.examples import examples
from rnnviz_core.contracts.program import program
from rnnviz_core.contracts.task import record, task
from rnnviz_core.errors import DataError, SpecError, TextError
from rnnviz_core.frames import series as frames
from rnnviz_core.inputs.steps import NO_PIECE
from rnnviz_core.models.forecaster import Forecaster, forecasts
from rnnviz_core.models.forecaster_spec import ForecastSpec
from rnnviz_core.scoring import publishing
from rnnviz_core.tasks.forecast import baselines, generated, scoring, series
from rnnviz_core.training.run import Run
from rnnviz_core.training.runs import execute
from rnnviz_core.training.settings import TrainingConfig

CELLS = ("rnn", "gru", "lstm")


def network(cell: str = "lstm", **settings) -> Forecaster:
    torch.manual_seed(3)
    spec = ForecastSpec(cell, **{"hidden": 5, "mean": 4.0, "scale": 2.0, "season": 4, **settings})
    model = Forecaster(spec, "tiny")
    torch.nn.init.normal_(model.output.weight)
    return model.requires_grad_(False).eval()


# --- reading ------------------------------------------------------------------------------------


def test_numbers_are_read_with_their_places() -> None:
    found = series.read(ForecastSpec("rnn"), "5.1, 7;-6.25\n1e2")
    assert [token.value for token in found.tokens] == [5.1, 7.0, -6.25, 100.0]
    assert [found.text[token.start : token.end] for token in found.tokens] == ["5.1", "7", "-6.25", "1e2"]
    assert [token.text for token in found.tokens] == ["0", "1", "2", "3"]
    assert {token.id for token in found.tokens} == {NO_PIECE}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is no number"),
        ("5.1 seven", "'seven' is not a number"),
        ("nan 1", "'nan' is not a number"),
        ("1e999", "too large"),
        ("-1", "below zero"),
        ("1 " * 301, "there are 301 numbers; the limit is 300: leave out 1"),
        ("1" * 2001, "2001 characters"),
        ("cycles 1234567", "'cycles' is not a number"),
        ("٣", "is not a number"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, message: str) -> None:
    with pytest.raises(TextError, match=message):
        series.read(ForecastSpec("rnn", root=True), text)


@pytest.mark.parametrize("step", ["month", "day"])
def test_made_series_are_the_same_for_a_seed_and_within_the_limit(step: str) -> None:
    spec = ForecastSpec("gru", step=step, root=step == "month")
    for example in examples(spec):
        known = generated.of_step(step)[example.text]
        first = [token.value for token in series.read(spec, example.text).tokens]
        assert first == generated.values(example.text, known, 0)
        assert first == [token.value for token in series.read(spec, f"{example.text} 0").tokens]
        assert 1 < len(first) <= 300
    noisy = examples(spec)[0].text
    one, other = (generated.values(noisy, generated.of_step(step)[noisy], seed) for seed in (0, 1))
    assert one != other


# --- scaling and recording ----------------------------------------------------------------------


def test_counts_are_scaled_by_their_roots_and_back() -> None:
    model = network(root=True)
    values = torch.tensor([0.0, 4.0, 36.0])
    assert model.scaled(values).tolist() == [-2.0, -1.0, 1.0]  # (0, 2, 6 less 4) / 2
    assert model.unscaled(torch.tensor([-2.0, -1.0, 1.0])).tolist() == [0.0, 4.0, 36.0]
    assert model.unscaled(torch.tensor([-3.0])).tolist() == [0.0]  # below the root of zero


@pytest.mark.parametrize("difference", [True, False])
@pytest.mark.parametrize("cell", CELLS)
def test_a_recording_is_what_the_network_computes(cell: str, difference: bool) -> None:
    model = network(cell, difference=difference, layers=2)
    trace = record(model, "1 2 4 3 8")
    assert trace.max_difference < 1e-6
    assert trace["encoder.embedding"][:, 0].tolist() == [-1.5, -1.0, 0.0, -0.5, 2.0]  # (value - 4) / 2
    states, _ = model.encoder(torch.tensor(trace["encoder.embedding"])[None])
    out = states[0] @ model.output.weight[0] + model.output.bias
    wanted = 2 * (out + torch.tensor(trace["encoder.embedding"][:, 0]) * difference) + 4
    np.testing.assert_allclose(trace["readout.forecasts"], wanted, rtol=1e-5)
    total = trace["readout.terms"].sum() + trace.meta["bias"] + difference * 2.0
    assert math.isclose(total, trace["readout.outputs"][-1], rel_tol=1e-5)
    alone = forecasts(model, torch.tensor([1.0, 2.0, 4.0]))
    np.testing.assert_allclose(trace["readout.forecasts"][:3], alone, rtol=1e-5)  # nothing is seen ahead


def test_a_fresh_network_of_changes_expects_the_same_again() -> None:
    model = Forecaster(ForecastSpec("lstm")).requires_grad_(False).eval()
    assert forecasts(model, torch.tensor([3.0, 7.0])).tolist() == [3.0, 7.0]


def test_a_trace_keeps_its_values_in_a_file(tmp_path) -> None:
    trace = record(network(), "1 2.5 4")
    for ending in ("npz", "parquet"):
        again = Trace.load(trace.save(tmp_path / f"x.{ending}"))
        assert again.tokens == trace.tokens
        assert [token.value for token in again.tokens["time"]] == [1.0, 2.5, 4.0]


@pytest.mark.parametrize("root", [True, False])
@pytest.mark.parametrize("cell", CELLS)
def test_the_program_gives_the_same_number(cell: str, root: bool, tmp_path, capsys) -> None:
    model = network(cell, root=root)
    checkpoints.save(model, tmp_path / "tiny")
    model = checkpoints.load(tmp_path / "tiny")
    trace = record(model, "1 2 4 3 8")
    exec(program(model.spec, trace, str(tmp_path / "tiny")), {})
    torch.set_grad_enabled(True)
    assert abs(float(capsys.readouterr().out.split()[-1]) - trace.meta["forecast"]) < 2e-4


# --- errors and baselines ----------------------------------------------------------------------


def test_baselines_by_hand() -> None:
    values = np.array([1.0, 2.0, 4.0, 7.0, 11.0])
    assert baselines.persistence(values, 3).tolist() == [4.0, 7.0]
    assert baselines.last_season(values, 3, 2).tolist() == [2.0, 4.0]
    assert baselines.rmse(np.array([4.0, 7.0]), values[3:]) == math.sqrt((9 + 16) / 2)
    with pytest.raises(DataError, match="a season of 4 steps"):
        baselines.last_season(values, 3, 4)


def test_an_autoregression_finds_the_rule_that_made_a_series() -> None:
    values = [1.0, 2.0]
    for _ in range(30):
        values.append(0.5 + 0.9 * values[-1] - 0.4 * values[-2])
    found = baselines.autoregression(np.array(values), 2)
    np.testing.assert_allclose(found, [0.5, 0.9, -0.4], atol=1e-8)
    told = baselines.autoregressive(np.array(values), 20, found)
    np.testing.assert_allclose(told, values[20:], atol=1e-8)


def test_errors_within_a_series_by_hand() -> None:
    trace = record(network(), "1 2 4 3 8 6")
    errors = frames.errors(trace)
    assert errors["the same again"] == (math.sqrt((1 + 4 + 1 + 25 + 4) / 5), 5)
    assert errors["last season"] == (math.sqrt((49 + 16) / 2), 2)  # 8 - 1 and 6 - 2
    missed = trace["readout.forecasts"][:-1].astype(float) - [2, 4, 3, 8, 6]
    assert errors["network"] == pytest.approx((math.sqrt(np.mean(missed**2)), 5))


# --- from a table to a card ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A noisy wave of 12 steps in a table of two columns."""
    rng = np.random.default_rng(0)
    steps = np.arange(260)
    values = 10 + 4 * np.sin(2 * np.pi * steps / 12) + rng.normal(0, 0.3, 260)
    path = tmp_path_factory.mktemp("series") / "wave.csv"
    path.write_text("when,level\n" + "\n".join(f"{n},{v:.3f}" for n, v in zip(steps, values, strict=True)))
    return path


def test_a_run_learns_and_its_card_holds_the_baselines(table, tmp_path) -> None:
    spec = ForecastSpec("gru", hidden=8, series="Wave, own", season=12, lags=3, test=60)
    config = TrainingConfig(epochs=1, batch=64, rate=0.01)
    run = Run(spec=spec, data=str(table), config=config)
    checkpoint, progress = execute(run, tmp_path / "run", quiet=True)
    assert checkpoint.name == "wave-own-gru"
    assert progress.figures["rmse"] < progress.figures["rmse_persistence"]
    model = checkpoints.load(checkpoint)
    seen = scoring.read(str(table))[:175]  # 260 less 60 for the test part and an eighth of the rest
    assert model.spec.mean == pytest.approx(seen.mean())
    assert model.spec.scale == pytest.approx(seen.std())
    folder = publishing.publish(tmp_path / "run", tmp_path / "models", publishing.Test(str(table)))
    metrics = json.loads((folder / "metrics.json").read_text())
    card = (folder / "card.md").read_text()
    assert metrics["rows"] == 60
    for name, title in task("forecast").score_names(model.spec).items():
        assert f"| {title} | {metrics['scores'][name]:.2f} |" in card
    assert sum(part["rows"] for part in metrics["by_level"]) == 60
    assert "Where it fails" in card
    assert not (tmp_path / "models" / "tokenizers").exists()
    values = scoring.read(str(table))
    told = forecasts(checkpoints.load(folder), torch.tensor(values, dtype=torch.float32)).numpy()
    assert metrics["scores"]["rmse"] == round(math.sqrt(np.mean((told[199:259] - values[200:]) ** 2)), 2)
    assert metrics["scores"]["rmse_persistence"] == round(
        math.sqrt(np.mean((values[199:259] - values[200:]) ** 2)), 2
    )


def test_a_table_that_is_no_series_is_refused(tmp_path, table) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("when,level\n1,2\n2,high\n")
    with pytest.raises(DataError, match=r"data row 2, column 'level': 'high' is not a number"):
        scoring.read(str(bad))
    with pytest.raises(DataError, match="leaves too few"):
        scoring.boundaries(ForecastSpec("rnn", test=250), scoring.read(str(table)))
    with pytest.raises(DataError, match="has the parts test and validation"):
        scoring.evaluate(network(test=60), str(table), "train")


@pytest.mark.parametrize(
    "settings",
    [
        {"attention": "luong"},
        {"bidirectional": True},
        {"embedding": 2},
        {"scale": 0.0},
        {"mean": math.nan},
        {"root": 1},
        {"series": "a\nb"},
        {"test": 0},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings) -> None:
    with pytest.raises(SpecError):
        ForecastSpec("gru", **settings)


def test_what_only_texts_have_is_no_setting(table, tmp_path) -> None:
    run = Run(spec=ForecastSpec("gru"), data=str(table), polarity=("x.tsv",))
    with pytest.raises(SpecError, match="--polarity is not a setting of a forecast"):
        execute(run, tmp_path / "run")
    below = tmp_path / "below.csv"
    below.write_text("level\n" + "\n".join(str(n - 5) for n in range(300)))
    run = Run(spec=ForecastSpec("gru", root=True), data=str(below))
    with pytest.raises(SpecError, match="below zero"):
        execute(run, tmp_path / "run")
