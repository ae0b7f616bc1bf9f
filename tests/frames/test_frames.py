"""Frames against numbers that can be derived by hand, and against the arrays they are made of."""

import numpy as np
import pytest
from helpers_trace import WORDS, sentiment_trace, translation_trace
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from rnnviz_core import languages
from rnnviz_core.cells import equations as cells
from rnnviz_core.frames import (
    columns,
    embeddings,
    gate_summary,
    gates,
    numbers,
    tokens,
)
from rnnviz_core.frames.layer import Layer

CELLS = ("rnn", "gru", "lstm")
PLACE = Layer()


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


def test_a_step_is_called_by_its_text_or_its_number():
    assert tokens.called(["thin", "1", "1"], 0) == "“thin”"
    assert tokens.called(["thin", "1", "1"], 1) == "step 1"
    assert tokens.called(["thin", "1", "1"], 2) == "“1”"


def test_counted_steps_have_labels_at_round_numbers():
    marks = tokens.round_numbers(60)
    assert [at for at, mark in enumerate(marks) if mark != "1"] == [0, 10, 20, 30, 40, 50]
    assert [at for at, mark in enumerate(marks) if mark == " "] == [0, 50], "where there is next to no room"


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
    frame = columns.frame(embeddings.similarity(sentiment_trace()))
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
    assert embeddings.neighbours_in_words(frame) == "fine 1.00, …ly 0.00"
    assert list(frame["piece"]) == ["fine", "…ly"]  # dots: a piece that continues a word
    assert list(frame["id"]) == [5, 6]
    assert list(frame["rank"]) == [1, 2]
    assert_allclose(frame["value"], [1 / np.sqrt(1.01), 0], atol=1e-6)


def test_a_vocabulary_smaller_than_the_list():
    frame = embeddings.neighbours(np.eye(6), tuple("abcdef"), chosen=5, count=12)
    assert list(frame["id"]) == [4]


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


def test_vectors_are_the_recorded_numbers():
    trace = translation_trace()
    for part in ("encoder", "decoder"):
        frame = columns.frame(embeddings.vectors(trace, part))
        assert_allclose(
            frame.pivot(index="position", columns="dim", values="value"), trace[f"{part}.embedding"]
        )
    assert embeddings.chosen(trace, "decoder", 1)["token"] == ["I"]
    assert list(embeddings.chosen(trace, "decoder", 99)["position"]) == [4]


# --- gates ------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS)
def test_names_are_those_of_the_cell(cell):
    assert gates.names(sentiment_trace(cell)) == cells.gates(cell)


def test_activations_carry_the_number_before_squeezing():
    trace = sentiment_trace()
    frame = columns.frame(gates.cells(trace, PLACE))
    assert_allclose(frame["forget"], 1 / (1 + np.exp(-frame["forget_preactivation"])), atol=1e-6)
    for gate in cells.gates("lstm"):
        recorded = trace[f"encoder.0.{gate}"]
        assert_allclose(frame[gate], recorded[frame["position"], frame["unit"]])
    assert_allclose(frame["row"], frame["unit"])


def test_rows_follow_an_order_and_the_chosen_unit_goes_along():
    trace, order = sentiment_trace(), np.roll(np.arange(16), 5)[::-1]
    frame = columns.frame(gates.cells(trace, PLACE, order))
    assert (order[frame["row"]] == frame["unit"]).all()
    ring = gates.chosen(trace, "encoder", 2, 7, order)
    assert order[ring["row"][0]] == ring["unit"][0] == 7
    none = gates.chosen(trace, "encoder", 2, None, order)
    assert (none["unit"][0], none["row"][0], none["position"][0]) == (-1, -1, 2)


def test_means_and_shares_by_hand():
    trace = sentiment_trace()
    values = trace["encoder.0.forget"]
    mean = columns.frame(gate_summary.means(trace, PLACE, ("forget",)))
    assert_allclose(mean["mean"], values.mean(1), atol=1e-6)
    assert (mean["low"] <= mean["mean"]).all()
    assert (mean["mean"] <= mean["high"]).all()
    share = columns.frame(gate_summary.shares(trace, PLACE, ("forget",))).set_index("state")["share"]
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
    assert tuple(dict.fromkeys(bars["term"])) == gates.term_names(trace)


@pytest.mark.parametrize("reverse", [False, True])
def test_the_previous_state_is_the_one_read_before(reverse):
    trace = sentiment_trace(bidirectional=True)
    place = Layer("encoder", 0, reverse)
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
    frame = columns.frame(gates.chosen(sentiment_trace(), "encoder", 2, 7))
    assert frame[["position", "tick", "unit", "row"]].to_dict("records") == [
        {"position": 2, "tick": "0002 good", "unit": 7, "row": 7}
    ]


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_in_brief_comes_out_at_the_recorded_numbers(cell):
    """Every line is arithmetic that can be done again, with the numbers it shows."""
    trace = sentiment_trace(cell)
    lines = gates.in_brief(trace, PLACE, 3, 2)
    assert len(lines) == len(cells.gates(cell)) + (2 if cell == "lstm" else 1)
    for words, formula, result in lines:
        name = words.removesuffix(" gate").removesuffix(" state")
        assert float(result.replace("−", "-")) == pytest.approx(trace[f"encoder.0.{name}"][3, 2], abs=6e-4)
        done = eval(  # its own text, of numbers and two functions
            formula.replace("−", "-").replace("·", "*"),
            {"σ": lambda x: 1 / (1 + np.exp(-x)), "tanh": np.tanh},
        )
        assert done == pytest.approx(trace[f"encoder.0.{name}"][3, 2], abs=3e-3), words


def test_rows_of_a_page():
    assert gates.in_rows(("a", "b", "c"), 2) == [("a", "b"), ("c",)]


# --- words for readers who cannot see a chart -------------------------------------------------


def test_alternatives_name_what_stands_out():
    trace = sentiment_trace(attention=True)
    assert "Most alike" in embeddings.similarity_in_words(trace)
    assert "forget 0." in gate_summary.means_in_words(trace, PLACE, ("forget",))
    with languages.speak("de"):
        assert "Vergessen 0," in gate_summary.means_in_words(trace, PLACE, ("forget",))
    assert "% below 0.1, " in gate_summary.shares_in_words(trace, PLACE, ("forget",))
    assert "candidate: sum" in gates.terms_in_words(gates.terms(trace, PLACE, ("candidate",), 0, 0))
    one = sentiment_trace(words=("▁good",))
    assert embeddings.similarity_in_words(one) == "There is only one token."


def test_embeddings_beyond_the_colours_are_said():
    trace = sentiment_trace()
    beyond = int((np.abs(trace["encoder.embedding"]) > embeddings.LIMIT).sum())
    assert beyond > 0  # the made-up embeddings reach that far
    assert f" {beyond} of " in embeddings.clipped_in_words(trace)


@pytest.mark.parametrize(
    "value, form, text",
    [
        (-0.824, ".2f", "−0.82"),
        (0.824, "+.2f", "+0.82"),
        (-0.004, ".2f", "0.00"),
        (-12345.6, ".0f", "−12346"),
        (1.2e-7, ".1e", "1.2e-07"),
        (-1.2e-7, ".1e", "−1.2e-07"),
    ],
)
def test_numbers_are_printed_with_a_true_minus(value, form, text):
    assert numbers.printed(value, form) == text
    assert numbers.printed(np.float32(value), form) == text


# --- long texts -------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 9, allow_nan=False), min_size=1, max_size=80))
def test_of_near_steps_the_one_that_moved_most_keeps_its_label(moved):
    marks = np.asarray([int(mark) for mark in tokens.priorities(np.asarray(moved))])
    assert len(marks) == len(moved)
    assert marks[int(np.argmax(moved))] == 9
    for apart in range(2, 10):
        kept = np.flatnonzero(marks >= apart)
        assert (np.diff(kept) >= apart).all(), "labels that are drawn have room"
