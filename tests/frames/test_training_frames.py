"""The words and rows of the training page, on runs whose numbers are known."""

from dataclasses import replace

from helpers_history import FLAT, LEARNING, OVERFIT, REACH, run

from rnnviz_core.frames import training
from rnnviz_core.frames.columns import frame


def test_overfitting_is_told_by_the_numbers():
    said = training.losses_in_words("A", OVERFIT)
    assert said == (
        "A overfits from epoch 2 on: there its validation loss is lowest, 0.500 "
        "(52.0\N{NO-BREAK SPACE}% right); by epoch 4 "
        "it has risen to 0.900, while the training loss went on falling, from 0.400 to 0.050."
    )
    assert "still falling" in training.losses_in_words("A", LEARNING)
    words = training.losses_in_words("A", FLAT)
    assert "overfits" not in words
    assert "lowest after epoch 2, 0.600" in words
    assert [training.overfits(one) for one in (OVERFIT, LEARNING, FLAT)] == [True, False, False]
    best = frame(training.bests({"A": OVERFIT, "B": LEARNING}))
    assert best[["run", "epoch", "value"]].values.tolist() == [["A", 2, 0.5], ["B", 4, 0.55]]


def test_clipping_is_told_by_the_numbers():
    said = training.clipping_in_words("A", OVERFIT)
    assert "cut 3 of 8 updates (38\N{NO-BREAK SPACE}%)" in said
    assert "longest gradient was 8.0;" in said
    assert "from 2.0 down to 1.0." in said
    none = run([0.7], [0.7], cut=0)
    assert "clipping at 1 cut nothing; the longest gradient was 8" in training.clipping_in_words("A", none)
    assert frame(training.clip_limits({"A": OVERFIT, "B": run([1], [1], clip=5.0)}))["limit"].tolist() == [
        1,
        5,
    ]


def test_moments_have_names():
    assert training.moment_names(OVERFIT) == ["0", "1", "epoch 1"]
    words = [training.moment_in_words(OVERFIT, place) for place in range(3)]
    assert words == ["before training", "after update 1", "after epoch 1 (update 2)"]


def test_rows_of_moments():
    rows = frame(training.saturation(OVERFIT, "encoder.0"))
    assert len(rows) == 3 * 2 * 2
    last = rows[(rows["token"] == "epoch 1") & (rows["gate"] == "forget")]
    assert last.set_index("end")["share"].to_dict() == {"low end": 0.3, "high end": 0.2}
    said = training.saturation_in_words("A", OVERFIT, "encoder.0")
    assert (
        "input 0\N{NO-BREAK SPACE}% → 60\N{NO-BREAK SPACE}%, "
        "forget 10\N{NO-BREAK SPACE}% → 50\N{NO-BREAK SPACE}%" in said
    )
    assert "Memory horizon: 1.5 → 8.0 steps." in said
    reach = frame(training.reach(OVERFIT, 0, "encoder.0"))
    assert reach["value"].tolist() == REACH.reshape(-1).tolist()
    assert reach["row_token"].tolist() == ["0", "0", "1", "1", "epoch 1", "epoch 1"]
    assert reach["token"].tolist() == ["good", "film"] * 3
    assert training.shades([OVERFIT, LEARNING], 0, "encoder.0") == (-3, 1)


def test_a_file_may_call_its_gates_anything():
    odd = replace(OVERFIT, gates=("encoder.0.<b>", "nothing"))
    assert training.gates_of(odd, "encoder.0") == {}
    assert "not looked at" in training.saturation_in_words("A", odd, "encoder.0")


def test_runs_of_other_lengths_share_an_axis_of_epochs():
    rows = frame(training.updates({"A": OVERFIT, "B": LEARNING}))
    assert rows[rows["run"] == "B"]["epoch"].tolist() == [step / 2 for step in range(1, 9)]
    losses = frame(training.losses({"A": OVERFIT}))
    assert losses[losses["kind"] == "validation"]["value"].tolist() == [0.69, 0.5, 0.6, 0.9]
