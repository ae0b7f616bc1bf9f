"""The states page: its numbers against the trace, its sections, and what the URL keeps."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers_app import datasets_of, described, in_url, rows_of, words
from helpers_trace import WORDS, sentiment_trace, translation_trace
from numpy.testing import assert_allclose
from streamlit.testing.v1 import AppTest

from rnnviz_core.charts import states as charts
from rnnviz_core.charts import trajectory as trajectory_charts
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.contracts import task as recorder
from rnnviz_core.frames import gate_order, memory, states, trajectory
from rnnviz_core.frames.columns import frame
from rnnviz_core.frames.layer import Layer
from rnnviz_core.frames.numbers import printed
from rnnviz_core.tracing.module import record_module
from rnnviz_core.ui.views.states.maps import read_units, written

PLACE = Layer()
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("cell, expected", [("lstm", ("hidden", "cell")), ("gru", ("hidden",))])
def test_the_states_of_a_layer(cell, expected):
    assert states.names(sentiment_trace(cell), PLACE) == expected


def test_the_heatmap_holds_every_number_once():
    trace = sentiment_trace()
    rows = frame(states.cells(trace, PLACE))
    for name in ("hidden", "cell"):
        grid = rows.pivot(index="position", columns="unit", values=name)
        assert_allclose(grid.to_numpy(), trace[f"encoder.0.{name}"])
    assert "hidden" not in states.cells(trace, PLACE, "cell")


@pytest.mark.parametrize("reverse", [False, True])
def test_changes_by_hand(reverse):
    trace = sentiment_trace(bidirectional=True)
    place = Layer("encoder", 0, reverse)
    rows = frame(states.changes(trace, place))
    hidden = trace[place.site("hidden")]
    moved = rows[rows["state"] == "hidden"].set_index("position")
    first, after, before = (7, 3, 4) if reverse else (0, 4, 3)
    assert moved["change"][first] == pytest.approx(np.linalg.norm(hidden[first]))  # from a state of zeros
    assert moved["change"][after] == pytest.approx(np.linalg.norm(hidden[after] - hidden[before]), rel=1e-5)
    assert_allclose(moved["size"], np.linalg.norm(hidden, axis=1))
    assert set(rows["state"]) == {"hidden", "cell"}
    assert f"by {moved['change'].max():.2f}" in states.changes_in_words(trace, place)
    said = states.change_in_words(trace, place, 4)
    assert f"hidden state by {moved['change'][4]:.2f}, to a length of {moved['size'][4]:.2f}" in said


def test_changes_side_by_side_share_their_axis():
    one, two = sentiment_trace("lstm"), sentiment_trace("gru")
    ends = [frame(states.changes(*pair))["high"].unique() for pair in ((one, PLACE, two), (two, PLACE, one))]
    tallest = max(frame(states.changes(trace, PLACE))["change"].max() for trace in (one, two))
    assert_allclose(ends, tallest)


def test_lines_are_the_picked_units_in_their_order():
    trace = sentiment_trace()
    spread = np.ptp(trace["encoder.0.hidden"], axis=0)
    assert states.widest(trace, PLACE, "hidden") == [int(unit) for unit in np.argsort(-spread)[:3]]
    rows = frame(states.lines(trace, PLACE, "hidden", [5, 3]))
    assert list(rows.drop_duplicates("line")["order"]) == [0, 1]
    for order, unit in enumerate((5, 3)):
        mine = rows[rows["order"] == order]
        assert set(mine["unit"]) == {unit}
        assert set(mine["line"]) == {f"unit {unit}"}
        assert_allclose(mine["value"], trace["encoder.0.hidden"][:, unit])
    assert not len(frame(states.lines(trace, PLACE, "hidden", [])))


def test_clipped_cell_states_are_said():
    trace = sentiment_trace()
    beyond = int((np.abs(trace["encoder.0.cell"]) > states.CELL_LIMIT).sum())
    assert states.outside(trace, PLACE, "cell") == beyond
    assert (states.clipped_in_words(trace, PLACE) == "") == (beyond == 0)
    assert states.clipped_in_words(sentiment_trace("gru"), PLACE) == ""


# --- memory -----------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("position", [0, 3, 7])
def test_the_ledger_sums_to_the_recorded_state(cell, reverse, position):
    trace = sentiment_trace(cell, bidirectional=True)
    place = Layer("encoder", 0, reverse)
    found = memory.ledger(trace, place, position)
    state = trace[place.site("cell" if cell == "lstm" else "hidden")][position]
    assert np.abs(found.left.sum(0) - state).max() < 1e-5
    assert found.difference < 1e-5
    unread = slice(1, position + 1) if reverse else slice(position + 2, None)
    assert not found.left[unread].any()
    assert not found.written[unread].any()


def test_the_ledger_by_hand():
    """Two tokens: of the first, its input * candidate times the second's forget gate is left."""
    trace = sentiment_trace(words=("▁not", "▁good"))
    gate = {name: trace[f"encoder.0.{name}"].astype(float) for name in ("input", "forget", "candidate")}
    found = memory.ledger(trace, PLACE, 1)
    assert_allclose(found.written[1], gate["input"][0] * gate["candidate"][0])
    assert_allclose(found.left[1], gate["forget"][1] * found.written[1])
    assert_allclose(found.left[2], gate["input"][1] * gate["candidate"][1])
    lengths = frame(memory.in_norm(found))  # the encoder starts from zeros: no column for its initial state
    assert list(lengths["position"]) == [0, 1]
    assert lengths["share"][1] == pytest.approx(1)
    assert lengths["along"].sum() == pytest.approx(np.linalg.norm(found.recorded))
    assert_allclose(memory.of_unit(found, 3)["value"].sum(), found.recorded[3], atol=1e-6)
    units = frame(memory.per_unit(found))
    assert_allclose(units.groupby("unit")["value"].sum(), found.recorded, atol=1e-6)


def test_the_initial_state_has_its_share():
    trace = translation_trace()
    start = np.full(16, 0.5, dtype=np.float32)
    first = trace["decoder.0.update"][0] * start
    hidden = trace["decoder.0.hidden"] * np.float32(1)
    hidden[0] += first  # h_0 = (1 - z) * n + z * h_before
    arrays = {**trace.arrays, "decoder.0.initial_hidden": start, "decoder.0.hidden": hidden}
    found = memory.ledger(type(trace)(**{**vars(trace), "arrays": arrays}), Layer("decoder"), 0)
    assert_allclose(found.left[0], first, atol=1e-6)
    assert found.difference < 1e-5
    rows = frame(memory.in_norm(found))
    assert list(rows["token"][:2]) == [memory.BEFORE, "(start) → I"]
    assert rows["tick"].iloc[0] == f"-001 {memory.BEFORE}"
    best = rows.loc[rows["left"].idxmax()]
    assert memory.in_words(found).startswith(
        f"“{best['token']}” {best['left']:.2f} ({100 * float(best['share']):.0f}\N{NO-BREAK SPACE}% left)"
    )


def test_a_plain_rnn_keeps_no_ledger():
    assert memory.state_name(sentiment_trace("rnn")) is None


# --- trajectory -------------------------------------------------------------------------------


@pytest.mark.parametrize("reverse", [False, True])
def test_the_plane_is_that_of_sklearn(reverse):
    from sklearn.decomposition import PCA

    trace = sentiment_trace(bidirectional=True)
    place = Layer("encoder", 0, reverse)
    found = trajectory.plane(trace, place)
    hidden = trace[place.site("hidden")]
    states_read = np.concatenate([np.zeros((1, 16)), hidden[::-1] if reverse else hidden])
    oracle = PCA(2).fit(states_read)
    assert_allclose(found.shares, oracle.explained_variance_ratio_, atol=1e-6)
    points = found.points(trace, place)
    assert_allclose(np.abs(points), np.abs(oracle.transform(states_read)), atol=1e-5)
    assert_allclose(found.axes @ found.axes.T, np.eye(2), atol=1e-9)
    rows = frame(trajectory.path(trace, place, found))
    assert_allclose(rows[["x", "y"]], points)
    read = range(len(WORDS) - 1, -1, -1) if reverse else range(len(WORDS))
    assert list(rows["position"]) == [-1, *read]
    assert list(rows.loc[rows["end"], "position"]) == [0 if reverse else len(WORDS) - 1]


def test_directions_keep_their_angles_and_fit_the_path():
    trace = sentiment_trace()
    found = trajectory.plane(trace, PLACE)
    weights = np.zeros((5, 16))
    weights[0], weights[4] = -found.axes[0], found.axes[0]  # worst and best along the first direction
    rows = frame(trajectory.directions(trace, found, weights))
    assert list(rows["name"]) == list(trace.labels["class"])
    assert rows["x2"][4] == pytest.approx(np.abs(found.points(trace, PLACE)).max())
    assert rows["x2"][0] == pytest.approx(-rows["x2"][4])
    assert_allclose(rows["y2"], 0, atol=1e-9)
    assert_allclose(rows["share"][[0, 4]], 1)
    x, y = found.points(trace, PLACE)[-1]
    assert f"to ({printed(x)}, {printed(y)}) after “try”" in trajectory.in_words(trace, PLACE, found)


LONG = "The plot is thin, but the actors make every scene shine, and the slow, sad end is not bad at all."


@pytest.mark.parametrize("text", ["The plot is thin, but the actors shine.", LONG, "no no no no no no no"])
@pytest.mark.parametrize("name", ["sentiment-rnn", "sentiment-lstm", "sentiment-bilstm-attention"])
def test_labels_of_a_path_do_not_lie_on_each_other(name, text):
    """Recomputed in pixels from what the chart is sent, for a phone and for two wider plots."""
    model = checkpoints.load(ROOT / "checkpoints" / name)
    trace = recorder.record(model, text)
    place = Layer("encoder", trace.layers("encoder") - 1)
    found = trajectory.plane(trace, place)
    arrows = trajectory.directions(trace, found, trajectory.class_weights(model, trace, place))
    at = len(trace.tokens["time"]) // 2
    rows = frame(trajectory.path(trace, place, found, chosen=at, arrows=arrows))
    assert rows.loc[rows["end"], "label"].item()
    assert (rows["label"] != "").sum() >= 3
    xs, ys = (np.concatenate([rows[one], arrows[f"{one}2"], [0.0]]) for one in "xy")
    for width in (*trajectory.WIDTHS, 400, 600, 800, 1000):
        boxes = []
        for row in rows[rows["label"] != ""].itertuples():
            x = 24 + (row.x - xs.min()) / np.ptp(xs) * (width - 48)
            y = 376 - (row.y - ys.min()) / np.ptp(ys) * 352
            gap = 13 if row.chosen else 9 if row.end else 6
            wide = 7 * len(row.label)
            left = x - gap - wide if row.left else x + gap
            top = y + 4 if row.below else y - 4 - 14
            boxes.append((left, top, left + wide, top + 14))
        for number, (left, top, right, bottom) in enumerate(boxes):
            for other in boxes[:number]:
                assert left >= other[2] or other[0] >= right or top >= other[3] or other[1] >= bottom
    assert all(str(number) in trajectory_charts.GAP for number in trajectory.GAPS.values())


def test_two_texts_share_one_plane():
    one, two = sentiment_trace(), sentiment_trace(words=("▁not", "▁good"))
    found = trajectory.plane(one, PLACE, "hidden", two)
    rows = frame(trajectory.path(one, PLACE, found, two))
    assert rows["reading"].tolist() == ["this one"] * 9 + ["the other"] * 3
    assert rows["position"].tolist() == [-1, *range(8), -1, -1, -1]
    chosen = frame(trajectory.path(one, PLACE, found, two, chosen=3))["chosen"]
    assert chosen.tolist() == [at == 4 for at in range(12)]
    assert not rows["chosen"].any()
    assert_allclose(rows[rows["reading"] == "the other"][["x", "y"]], found.points(two, PLACE))
    assert_allclose(
        rows.loc[0, ["x", "y"]].astype(float), rows.loc[9, ["x", "y"]].astype(float)
    )  # both from 0
    assert_allclose(rows[["x", "y"]].mean(), 0, atol=1e-9)


def test_class_weights_are_those_of_the_layer_that_is_read(make_sentiment):
    trace = sentiment_trace(hidden=5, bidirectional=True, layers=2)
    logits = np.zeros(len(trace.labels["class"]), dtype=np.float32)
    trace = replace(
        trace,
        arrays={**trace.arrays, "readout.logits": logits},
        axes={**trace.axes, "readout.logits": ("class",)},
    )
    model = make_sentiment("lstm", bidirectional=True)
    rows = model.output.weight.numpy()
    assert trajectory.class_weights(model, trace, Layer("encoder", 0)) is None
    assert_allclose(trajectory.class_weights(model, trace, Layer("encoder", 1)), rows[:, :5])
    assert_allclose(trajectory.class_weights(model, trace, Layer("encoder", 1, True)), rows[:, 5:])
    assert trajectory.class_weights(None, translation_trace(), PLACE) is None


# --- the page ---------------------------------------------------------------------------------

TEXT = "this story was never bad."
KINDS = {
    "sentiment-rnn": {"cell": "rnn"},
    "sentiment-lstm": {"cell": "lstm"},
    "sentiment-bigru-attention": {
        "cell": "gru",
        "attention": "pooling",
        "bidirectional": True,
        "layers": 2,
    },
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_sentiment):
    path = tmp_path_factory.mktemp("states")
    for name, settings in KINDS.items():
        model = make_sentiment(**settings)
        assert model.name == name
        checkpoints.save(model, path / name)
    return path


@pytest.fixture
def start(folder, monkeypatch):
    def run(**query: str) -> AppTest:
        monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(folder))
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        app.query_params.update({"model": "sentiment-lstm", "text": TEXT, **query})
        app.switch_page("pages/states.py").run()
        assert not app.exception
        return app

    return run


SECTIONS = ("maps", "units", "changes", "ledger", "path")


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("model", KINDS)
def test_every_section_of_every_kind_of_network(start, model, section):
    layers = ["encoder.0"]
    if "bigru" in model:
        layers += ["encoder.0.reverse", "encoder.1", "encoder.1.reverse"]
    for layer in layers:
        app = start(model=model, section=section, layer=layer)
        assert not any("link" in note.value for note in app.info)
        drawn = app.get("vega_lite_chart")
        if section == "ledger" and model == "sentiment-rnn":
            assert not drawn
            assert "keeps no memory apart" in app.info[0].value
        else:
            assert len(drawn) == 1
            assert described(drawn[0])
            assert "Try this" in words(app)


def test_only_the_open_section_is_drawn(start):
    assert datasets_of(start()) == {"cells", "chosen"}
    assert datasets_of(start(section="ledger")) == {"lengths", "left", "shares"}


def test_a_chosen_cell_shows_its_ring_and_its_arithmetic(start, folder):
    app = start()
    trace = recorder.record(checkpoints.load(folder / "sentiment-lstm"), TEXT)
    moved = np.abs(np.diff(trace["readout.prefix_probabilities"], axis=0)).sum(1)  # of each later step
    words = [at for at, token in enumerate(trace.tokens["time"]) if at and any(map(str.isalpha, token.text))]
    step = max(words, key=lambda at: moved[at - 1])
    unit = int(np.abs(np.diff(trace["encoder.0.hidden"], axis=0)[step - 1]).argmax())
    assert rows_of(app, "chosen")[["position", "unit"]].to_numpy().tolist() == [[step, unit]]
    assert len(app.latex) == 2  # its numbers at once
    app = start(token="2", unit="4")
    assert rows_of(app, "chosen")[["position", "unit"]].to_numpy().tolist() == [[2, 4]]
    assert len(app.latex) == 2  # cell and hidden state
    value = f"{trace['encoder.0.hidden'][2, 4]:.4g}"
    assert value.lstrip("-").rstrip("0")[:5] in app.latex[1].value
    rows = rows_of(app, "cells")
    grid = rows.pivot(index="position", columns="unit", values="cell").to_numpy()
    assert_allclose(grid, trace["encoder.0.cell"])


def test_a_link_keeps_the_units_and_the_state(start, folder):
    app = start(section="units", units="4,1", state="cell")
    assert app.multiselect[0].value == [4, 1]
    rows = rows_of(app, "lines")
    trace = recorder.record(checkpoints.load(folder / "sentiment-lstm"), TEXT)
    assert_allclose(rows[rows["unit"] == 1]["value"], trace["encoder.0.cell"][:, 1])
    app.multiselect[0].set_value([1, 0]).run()
    assert not app.exception
    assert in_url(app, "units") == "1,0"
    app.multiselect[0].set_value([]).run()
    assert in_url(app, "units") == "-"
    assert app.multiselect[0].value == []
    assert not len(rows_of(app, "lines"))


def test_a_clicked_row_is_picked_and_clicked_again_dropped(start):
    app = start(section="units", units="4,1")
    picked = []
    for position, unit, expected in ((2, 3, "4,1,3"), (1, 4, "1,3"), (1, 4, "1,3,4"), (0, 2, "1,3,4,2")):
        cell = {"position": position, "unit": unit}
        picked = [one for one in picked if one != cell] if cell in picked else [*picked, cell]
        app.session_state["states-units"] = {"selection": {"cell": picked}}
        app.run()
        assert not app.exception
        assert in_url(app, "units") == expected
        assert list(rows_of(app, "picked")["unit"]) == [int(one) for one in expected.split(",")]
        app.run()  # a run without a new click changes nothing
        assert in_url(app, "units") == expected


@pytest.mark.parametrize("raw", ["x", "99", "1,-2", "1;2", "²", "", "1,,2", "9" * 5000])
def test_nonsense_in_the_link_is_a_note(start, raw):
    app = start(section="units", units=raw)
    assert any("units" in note.value for note in app.info)
    assert len(app.multiselect[0].value) == 3
    assert "units" not in app.query_params
    assert any("state" in note.value for note in start(section="path", state="gate").info)


def test_units_are_written_and_read():
    assert read_units(64, written([3, 17])) == [3, 17]
    assert read_units(64, written([])) == []
    assert read_units(64, "3,3,70,5") == [3, 5]
    assert read_units(64, ",".join(map(str, range(20)))) == [0, 1, 2, 3, 4, 5]
    assert read_units(64, "") is None


def test_a_network_without_a_cell_state_falls_back_and_says_so(start):
    app = start(model="sentiment-bigru-attention", section="units", state="cell", layer="encoder.1")
    assert not app.info
    assert len(app.get("vega_lite_chart")) == 1
    app = start(model="sentiment-bigru-attention")
    assert "no cell state here: a GRU" in words(app)
    assert "An LSTM has" in app.info[0].value


def test_the_ledgers_sum_is_shown_and_true(start, folder):
    app = start(section="ledger", token="3", unit="2")
    trace = recorder.record(checkpoints.load(folder / "sentiment-lstm"), TEXT)
    recorded = trace["encoder.0.cell"][3, 2]
    assert f"recorded is **{printed(recorded, '.4f')}**" in words(app)
    shares = rows_of(app, "shares")
    assert_allclose(shares["value"].sum(), recorded, atol=1e-6)


def test_a_clicked_token_is_marked_in_changes_and_path(start):
    app = start(section="changes")
    app.session_state["states-changes"] = {"selection": {"cell": [{"position": 2}]}}
    app.run()
    assert rows_of(app, "chosen")["position"].tolist() == [2]
    assert in_url(app, "token") == "2"
    app = start(section="path", token="2")
    assert rows_of(app, "path").query("chosen")["position"].tolist() == [2]
    app.session_state["states-path"] = {"selection": {"cell": [{"position": -1}]}}  # before the first token
    app.run()
    assert not app.exception
    assert in_url(app, "token") == "2"


def test_a_second_click_on_a_cell_counts_after_another_choice(start):
    [click] = charts.unit_lines("hidden", 16).to_dict()["params"]
    assert click["select"]["toggle"] == "true"  # a click on a clicked cell takes it out of the selection
    app = start(section="maps")
    cell = {"position": 2, "unit": 3}
    app.session_state["states-maps"] = {"selection": {"cell": [cell]}}
    app.run()
    assert (in_url(app, "token"), in_url(app, "unit")) == ("2", "3")
    app.number_input[0].set_value(4).run()
    assert in_url(app, "unit") == "4"
    app.session_state["states-maps"] = {"selection": {"cell": {}}}  # as the browser says "none"
    app.run()
    assert (in_url(app, "token"), in_url(app, "unit")) == ("2", "3")
    app.number_input[0].set_value(4).run()
    app.run()
    assert in_url(app, "unit") == "4"


def test_a_selection_that_is_gone_with_its_chart_is_no_click(start):
    app = start(section="maps")
    app.session_state["states-maps"] = {"selection": {"cell": [{"position": 2, "unit": 3}]}}
    app.run()
    app.number_input[0].set_value(4).run()
    del app.session_state["states-maps"]
    app.run()
    app.session_state["states-maps"] = {"selection": {"cell": []}}
    app.run()
    assert in_url(app, "unit") == "4"


def test_comparing_on_every_section(start):
    for section in SECTIONS:
        app = start(section=section, with_text="the film was bad.", token="6")
        assert len(app.get("vega_lite_chart")) == (1 if section == "path" else 2), section
    assert set(rows_of(app, "path")["reading"]) == {"this one", "the other"}
    highs = start(section="changes", **{"with": "sentiment-rnn"})
    assert rows_of(highs, "changes")["high"].iloc[0] == rows_of(highs, "changes", 1)["high"].iloc[0]
    app = start(section="units", state="cell", **{"with": "sentiment-rnn"})
    assert any("no cell state" in note.value for note in app.info)


@pytest.mark.filterwarnings("ignore:LSTM with projections")
def test_a_projected_state_has_no_number_in_the_rows_that_only_the_cell_has():
    torch.manual_seed(0)
    trace = record_module(torch.nn.LSTM(3, 5, proj_size=2), torch.randn(4, 3))
    found, place = states.cells(trace, Layer()), Layer()
    assert place.units(trace) == 5
    hidden, cell = (np.asarray(found[name]).reshape(4, 5) for name in ("hidden", "cell"))
    np.testing.assert_array_equal(hidden[:, :2], trace["encoder.0.hidden"])
    assert np.isnan(hidden[:, 2:]).all()
    np.testing.assert_array_equal(cell, trace["encoder.0.cell"])
    assert len(gate_order.order(trace, place, ("forget",), "index")) == 5
