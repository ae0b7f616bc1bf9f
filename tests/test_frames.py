"""Frames against numbers that can be derived by hand, and against the arrays they are made of."""

import numpy as np
import pytest
from helpers_trace import WORDS, sentiment_trace, translation_trace
from numpy.testing import assert_allclose

from rnnviz_core import cells
from rnnviz_core.frames import attention, embeddings, gates, memory, states, tokens, trajectory
from rnnviz_core.frames.gates import Place

CELLS = ("rnn", "gru", "lstm")
PLACE = Place()


# --- tokens -----------------------------------------------------------------------------------


def test_repeated_pieces_stay_apart_and_in_reading_order():
    frame = tokens.step_frame(["a", "b", "a"])
    assert list(frame["tick"]) == ["0000 a", "0001 b", "0002 a"]
    assert frame["tick"].is_unique
    assert list(frame["position"]) == [0, 1, 2]


@pytest.mark.parametrize(
    "piece, shown", [("▁good", "good"), ("ing", "ing"), ("</s>", "(end)"), ("<s>", "(start)"), ("▁", "␣")]
)
def test_a_piece_as_a_person_reads_it(piece, shown):
    assert tokens.shown(piece) == shown


def test_a_grid_holds_every_number_once():
    values = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    frame = tokens.grid_frame(values, ["x", "x"], "unit")
    assert_allclose(frame.pivot(index="position", columns="unit", values="value"), values)
    assert set(zip(frame["position"], frame["tick"], strict=True)) == {(0, "0000 x"), (1, "0001 x")}
    assert set(frame["token"]) == {"x"}


def test_a_grid_of_nothing_is_empty():
    assert tokens.grid_frame(np.zeros((0, 3)), [], "unit").empty
    assert tokens.spread(np.zeros(0)) == "no values"


def test_clipped_counts_what_lies_beyond_on_either_side():
    assert tokens.clipped(np.array([-2.5, -2.0, 0.0, 2.0, 2.1]), 2.0) == 2


def test_a_decoder_step_names_what_is_read_and_what_is_written():
    trace = translation_trace()
    assert tokens.step_texts(trace, "decoder")[:2] == ["(start) → I", "I → loved"]
    assert tokens.read_texts(trace, "decoder")[:2] == ["(start)", "I"]
    assert tokens.step_texts(trace, "encoder")[0] == "me"


# --- embeddings -------------------------------------------------------------------------------


def test_cosine_by_hand():
    vectors = np.array([[1.0, 0.0], [3.0, 0.0], [0.0, 2.0], [-1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    found = embeddings.cosine(vectors[:1], vectors)[0]
    assert_allclose(found, [1, 1, 0, -1, 1 / np.sqrt(2), 0], atol=1e-12)


def test_the_same_piece_twice_is_entirely_alike():
    frame = embeddings.similarity(sentiment_trace())
    twice = frame[(frame["position"] == 1) & (frame["other_position"] == 5)]  # both are "▁a"
    assert_allclose(twice["value"], 1.0)
    assert list(twice["other"]) == ["0005 a"]
    assert list(twice["other_token"]) == ["a"]
    assert_allclose(frame.loc[frame["position"] == frame["other_position"], "value"], 1.0)
    assert frame["value"].between(-1, 1).all()
    assert len(frame) == len(WORDS) ** 2


def test_neighbours_are_sorted_and_leave_out_the_piece_itself_and_special_pieces():
    matrix = np.array([[1, 0], [1, 0], [1, 0], [1, 0], [1, 0], [1, 0.1], [0, 1], [-1, 0]], dtype=np.float32)
    pieces = ("<pad>", "<unk>", "<s>", "</s>", "▁good", "▁fine", "ly", "▁bad")
    frame = embeddings.neighbours(matrix, pieces, chosen=4, count=2)
    assert list(frame["piece"]) == ["fine", "…ly"]  # dots: a piece that continues a word
    assert list(frame["id"]) == [5, 6]
    assert list(frame["rank"]) == [1, 2]
    assert_allclose(frame["value"], [1 / np.sqrt(1.01), 0], atol=1e-6)


def test_a_vocabulary_smaller_than_the_list():
    frame = embeddings.neighbours(np.eye(6), tuple("abcdef"), chosen=5, count=12)
    assert len(frame) == 1


def test_the_vocabulary_and_ids_of_either_side(make_translation, make_sentiment):
    model = make_translation()
    matrix, pieces = embeddings.vocabulary(model, "decoder")
    assert matrix.shape[0] == len(pieces) == len(model.target_tokenizer)
    matrix, pieces = embeddings.vocabulary(make_sentiment())
    assert matrix.shape[0] == len(pieces)
    trace = translation_trace()
    assert embeddings.token_id(trace, "decoder", 0) == 2  # <s>
    assert embeddings.token_id(trace, "decoder", 2) == trace.tokens["target"][1].id
    assert embeddings.token_id(trace, "encoder", 1) == trace.tokens["source"][1].id


# --- gates ------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS)
def test_names_are_those_of_the_cell(cell):
    assert gates.names(sentiment_trace(cell)) == cells.gates(cell)


def test_activations_carry_the_number_before_squeezing():
    trace = sentiment_trace()
    frame = gates.activations(trace, PLACE, "forget")
    assert_allclose(frame["value"], 1 / (1 + np.exp(-frame["preactivation"])), atol=1e-6)


def test_means_and_shares_by_hand():
    trace = sentiment_trace()
    values = trace["encoder.0.forget"]
    mean = gates.means(trace, PLACE, ("forget",))
    assert_allclose(mean["mean"], values.mean(1), atol=1e-6)
    assert (mean["low"] <= mean["mean"]).all()
    assert (mean["mean"] <= mean["high"]).all()
    share = gates.shares(trace, PLACE, ("forget",)).set_index("state")["share"]
    assert share["closed"] == pytest.approx((values < 0.1).mean())
    assert share["open"] == pytest.approx((values > 0.9).mean())
    assert share.sum() == pytest.approx(1)


@pytest.mark.parametrize("cell", CELLS)
def test_the_terms_of_a_cell_add_up(cell):
    trace = sentiment_trace(cell)
    frame = gates.terms(trace, PLACE, cells.gates(cell), 3, 5)
    assert_allclose(frame["from_input"] + frame["from_state"], frame["sum"], atol=1e-5)
    squeezed = np.where(frame["gate"] == "candidate", np.tanh(frame["sum"]), 1 / (1 + np.exp(-frame["sum"])))
    assert_allclose(frame["activation"], squeezed, atol=1e-6)
    bars = gates.term_bars(frame)
    assert len(bars) == 3 * len(frame)
    assert set(bars["term"]) == set(gates.TERMS.values())


@pytest.mark.parametrize("reverse", [False, True])
def test_the_previous_state_is_the_one_read_before(reverse):
    trace = sentiment_trace(bidirectional=True)
    place = Place("encoder", 0, reverse)
    hidden, last = trace[place.site("hidden")], len(WORDS) - 1
    assert_allclose(gates.previous(trace, place, "hidden", 3), hidden[4 if reverse else 2])
    assert_allclose(gates.previous(trace, place, "hidden", last if reverse else 0), 0)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("position", [0, 4])
def test_the_worked_equations_end_in_the_recorded_state(cell, position):
    trace = sentiment_trace(cell)
    blocks = gates.worked(trace, PLACE, position, 2)
    by_name = {block.name: block for block in blocks}
    assert set(by_name) == {*cells.gates(cell), "hidden"} | ({"cell"} if cell == "lstm" else set())
    for name, block in by_name.items():
        assert block.value == pytest.approx(trace[f"encoder.0.{name}"][position, 2])
        assert block.latex.startswith(r"\begin{aligned}")
        assert f"{block.value:.3f}" in block.latex or r"\times 10" in block.latex
        assert block.meaning
    assert r"W_{" in blocks[0].latex


def test_the_worked_equations_hold_nothing_of_the_text():
    """Formulas are interpreted by the page, so no piece of the text may get into one."""
    trace = sentiment_trace(words=("▁$x$", "▁\\frac", "▁end"))
    assert not any("$" in b.latex or "frac" in b.latex for b in gates.worked(trace, PLACE, 1, 0))


def test_the_chosen_cell_is_one_row():
    frame = gates.chosen_cell(sentiment_trace(), "encoder", 2, 7)
    assert frame[["position", "tick", "unit"]].to_dict("records") == [
        {"position": 2, "tick": "0002 good", "unit": 7}
    ]


def test_rows_of_a_page():
    assert gates.in_rows(("a", "b", "c"), 2) == [("a", "b"), ("c",)]


# --- states -----------------------------------------------------------------------------------


@pytest.mark.parametrize("cell, expected", [("lstm", ("hidden", "cell")), ("gru", ("hidden",))])
def test_the_states_of_a_layer(cell, expected):
    assert states.names(sentiment_trace(cell), PLACE) == expected


@pytest.mark.parametrize("reverse", [False, True])
def test_changes_by_hand(reverse):
    trace = sentiment_trace(bidirectional=True)
    place = Place("encoder", 0, reverse)
    frame = states.changes(trace, place)
    hidden = trace[place.site("hidden")]
    moved = frame[frame["state"] == "hidden"].set_index("position")
    first, after, before = (7, 3, 4) if reverse else (0, 4, 3)
    assert moved["change"][first] == pytest.approx(np.linalg.norm(hidden[first]))  # from a state of zeros
    assert moved["change"][after] == pytest.approx(np.linalg.norm(hidden[after] - hidden[before]))
    assert_allclose(moved["size"], np.linalg.norm(hidden, axis=1))
    assert set(frame["state"]) == {"hidden", "cell"}


def test_lines_start_with_the_chosen_unit_and_go_on_with_the_widest():
    trace = sentiment_trace()
    units = states.companions(trace, PLACE, "hidden", 3)
    spread = np.ptp(trace["encoder.0.hidden"], axis=0)
    assert units[0] == 3
    assert units[1] == next(int(u) for u in np.argsort(-spread) if u != 3)
    frame = states.lines(trace, PLACE, "hidden", units)
    assert list(frame.drop_duplicates("line")["order"]) == [0, 1, 2, 3]
    assert_allclose(frame[frame["order"] == 0]["value"], trace["encoder.0.hidden"][:, 3])


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
    place = Place("encoder", 0, reverse)
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
    lengths = memory.in_norm(found)  # the encoder starts from zeros: no column for its initial state
    assert list(lengths["position"]) == [0, 1]
    assert lengths["share"][1] == pytest.approx(1)
    assert lengths["along"].sum() == pytest.approx(np.linalg.norm(found.recorded))
    assert_allclose(memory.of_unit(found, 3)["value"].sum(), found.recorded[3], atol=1e-6)
    units = memory.per_unit(found)
    assert_allclose(units.groupby("unit")["value"].sum(), found.recorded, atol=1e-6)


def test_the_initial_state_has_its_share():
    trace = translation_trace()
    start = np.full(16, 0.5, dtype=np.float32)
    first = trace["decoder.0.update"][0] * start
    hidden = trace["decoder.0.hidden"] * np.float32(1)
    hidden[0] += first  # h_0 = (1 - z) * n + z * h_before
    arrays = {**trace.arrays, "decoder.0.initial_hidden": start, "decoder.0.hidden": hidden}
    found = memory.ledger(type(trace)(**{**vars(trace), "arrays": arrays}), Place("decoder"), 0)
    assert_allclose(found.left[0], first, atol=1e-6)
    assert found.difference < 1e-5
    frame = memory.in_norm(found)
    assert list(frame["token"][:2]) == [memory.BEFORE, "(start) → I"]
    assert frame["tick"].iloc[0] == f"-001 {memory.BEFORE}"
    assert "% left" in memory.in_words(frame)


def test_a_plain_rnn_keeps_no_ledger():
    assert memory.state_name(sentiment_trace("rnn")) is None


# --- trajectory -------------------------------------------------------------------------------


@pytest.mark.parametrize("reverse", [False, True])
def test_the_plane_is_that_of_sklearn(reverse):
    from sklearn.decomposition import PCA

    trace = sentiment_trace(bidirectional=True)
    place = Place("encoder", 0, reverse)
    found = trajectory.plane(trace, place)
    oracle = PCA(2).fit(found.path)
    assert_allclose(found.shares, oracle.explained_variance_ratio_, atol=1e-6)
    assert_allclose(np.abs(found.points), np.abs(oracle.transform(found.path)), atol=1e-5)
    assert_allclose(found.axes @ found.axes.T, np.eye(2), atol=1e-9)
    frame = trajectory.path(trace, place, found)
    read = range(len(WORDS) - 1, -1, -1) if reverse else range(len(WORDS))
    assert list(frame["position"]) == [-1, *read]
    assert list(frame.loc[frame["end"], "position"]) == [0 if reverse else len(WORDS) - 1]
    assert_allclose(found.path[0], 0)


def test_directions_keep_their_angles_and_fit_the_path():
    trace = sentiment_trace()
    found = trajectory.plane(trace, PLACE)
    weights = np.zeros((5, 16))
    weights[0], weights[4] = -found.axes[0], found.axes[0]  # worst and best along the first direction
    frame = trajectory.directions(trace, found, weights)
    assert list(frame["name"]) == list(trace.labels["class"])
    assert frame["x2"][4] == pytest.approx(np.abs(found.points).max())
    assert frame["x2"][0] == pytest.approx(-frame["x2"][4])
    assert_allclose(frame["y2"], 0, atol=1e-9)
    assert_allclose(frame["share"][[0, 4]], 1)
    assert "%" in trajectory.in_words(trajectory.path(trace, PLACE, found), found)


def test_class_weights_are_those_of_the_layer_that_is_read(make_sentiment):
    trace = sentiment_trace(hidden=5, bidirectional=True, layers=2)
    model = make_sentiment("lstm", bidirectional=True)
    rows = model.output.weight.numpy()
    assert trajectory.class_weights(model, trace, Place("encoder", 0)) is None
    assert_allclose(trajectory.class_weights(model, trace, Place("encoder", 1)), rows[:, :5])
    assert_allclose(trajectory.class_weights(model, trace, Place("encoder", 1, True)), rows[:, 5:])
    assert trajectory.class_weights(None, translation_trace(), PLACE) is None


# --- attention --------------------------------------------------------------------------------


def test_weights_sum_to_one_and_the_equal_share_is_one_in_n():
    frame = attention.weights(sentiment_trace(attention=True))
    assert frame["weight"].sum() == pytest.approx(1)
    assert_allclose(frame["equal"], 1 / len(WORDS))
    exp = np.exp(frame["score"] - frame["score"].max())
    assert_allclose(frame["weight"], exp / exp.sum(), atol=1e-6)


def test_alignment_rows_keep_both_axes():
    trace = translation_trace()
    frame = attention.alignment(trace)
    matrix = frame.pivot(index="target_position", columns="position", values="weight")
    assert_allclose(matrix, trace["attention.weights"])
    assert_allclose(frame.groupby("target_position")["weight"].sum(), 1, atol=1e-5)
    row = frame[(frame["target_position"] == 1) & (frame["position"] == 3)].iloc[0]
    assert (row["target"], row["tick"], row["token"], row["last"]) == ("0001 loved", "0003 la", "la", 4)


def test_entropy_by_hand():
    trace = translation_trace()
    weights = np.zeros_like(trace["attention.weights"])
    weights[0, 0] = 1  # certain: 0 bits
    weights[1:, :2] = 0.5  # two equally: 1 bit, as if over 2 tokens
    arrays = {**trace.arrays, "attention.weights": weights}
    frame = attention.entropy(type(trace)(**{**vars(trace), "arrays": arrays}))
    assert_allclose(frame["entropy"], [0, 1, 1, 1, 1])
    assert_allclose(frame["words"], [1, 2, 2, 2, 2])
    assert_allclose(frame["most"], np.log2(6))


def test_the_context_is_a_column_per_step_or_one_for_all():
    trace = translation_trace()
    frame = attention.context(trace)
    assert_allclose(frame.pivot(index="position", columns="unit", values="value"), trace["attention.context"])
    arrays = {**translation_trace(attention=False).arrays, "encoder.context": np.arange(16.0)}
    axes = {**translation_trace(attention=False).axes, "encoder.context": ("unit",)}
    fixed = type(trace)(**{**vars(trace), "arrays": arrays, "axes": axes})
    assert_allclose(attention.context(fixed)["value"], np.arange(16))
    assert set(attention.context(fixed)["token"]) == {"every step"}


def test_the_spread_of_equal_weights_is_all_tokens():
    frame = attention.weights(sentiment_trace(attention=True)).assign(weight=1 / 8)
    assert "Entropy 3.00 of at most 3.00 bits" in attention.spread_in_words(frame)
    assert "over 8.0 tokens" in attention.spread_in_words(frame)


@pytest.mark.parametrize("make, expected", [(sentiment_trace, False), (translation_trace, True)])
def test_whether_there_is_attention(make, expected):
    assert attention.has_attention(make()) is expected


# --- words for readers who cannot see a chart -------------------------------------------------


def test_alternatives_name_what_stands_out():
    trace = sentiment_trace(attention=True)
    assert "Most weight" in attention.weights_in_words(attention.weights(trace))
    assert "Most alike" in embeddings.similarity_in_words(embeddings.similarity(trace))
    assert "(step " in states.changes_in_words(states.changes(trace, PLACE))
    assert "forget 0." in gates.means_in_words(gates.means(trace, PLACE, ("forget",)))
    assert "candidate: sum" in gates.terms_in_words(gates.terms(trace, PLACE, ("candidate",), 0, 0))
    one = embeddings.similarity(sentiment_trace(words=("▁good",)))
    assert embeddings.similarity_in_words(one) == "There is only one token."
    pair = translation_trace()
    assert "loved: " in attention.alignment_in_words(attention.alignment(pair))
    assert "of at most" in attention.entropy_in_words(attention.entropy(pair))


def test_embeddings_beyond_the_colours_are_said():
    trace = sentiment_trace()
    beyond = int((np.abs(trace["encoder.embedding"]) > embeddings.LIMIT).sum())
    assert beyond > 0  # the made-up embeddings reach that far
    assert f" {beyond} of " in embeddings.clipped_in_words(trace)
