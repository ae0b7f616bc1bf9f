"""The same words in other orders: which they are, and what is said of the answers."""

import pytest

from rnnviz_core.contracts.task import record
from rnnviz_core.frames import order
from rnnviz_core.frames.columns import frame
from rnnviz_core.languages import speak

TEXT = "this story was never bad"


def found(model, text=TEXT, seed=0):
    return {order.WRITTEN: record(model, text)} | {
        kind: record(model, other) for kind, other in order.orders(text, seed).items()
    }


@pytest.mark.parametrize("seed", range(6))
def test_every_order_holds_the_same_words_in_other_places(seed):
    for text in ("a b", "a a b", "one two three four."):
        orders = order.orders(text, seed)
        assert set(orders) == {order.BACKWARDS, order.SHUFFLED}
        assert all(sorted(other.split()) == sorted(text.split()) for other in orders.values())
        assert orders[order.SHUFFLED].split() != text.split()
    assert order.orders("one two", seed)[order.BACKWARDS] == "two one"


@pytest.mark.parametrize("text", ["", "one", "one one one"])
def test_one_word_has_no_order(text):
    assert order.orders(text, 0) == {}


def test_the_rows_are_the_probabilities_of_every_order(make_sentiment):
    traces = found(make_sentiment("gru"))
    rows = frame(order.classes(traces))
    for kind, trace in traces.items():
        of = rows[rows["kind"] == kind]
        assert list(of["name"]) == list(trace.labels["class"])
        assert of["probability"].tolist() == trace["readout.probabilities"].tolist()


def test_what_moved_is_said_and_a_bag_moves_nothing(make_sentiment):
    moving, still = found(make_sentiment("gru")), found(make_sentiment("none"))
    shares = [order.moved(moving[order.WRITTEN], moving[kind]) for kind in (order.BACKWARDS, order.SHUFFLED)]
    said = order.in_words(moving)
    assert all(
        f"{100 * share:.1f}\N{NO-BREAK SPACE}% of the probability moved" in said
        for share in shares
        if share > order.SAME
    )
    assert min(shares) > order.SAME  # this network is one whose answer moves
    assert order.in_words(still).count("nothing moved") == 2
    with speak("es"):
        assert not set("“”") & set(order.in_words(still)), "quoted as Spanish does"
    assert order.alike_in_words(still).endswith("in every order.")
    assert "another order moves" in order.alike_in_words(moving)  # whoever is asked, the numbers decide
