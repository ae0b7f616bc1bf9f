"""Templates of a training and of a study have the columns that their frames give, and are valid Vega-Lite."""

import pandas as pd
import pytest
from helpers_charts import columns_of, datasets_of, spec_of

from rnnviz_core.charts import study as study_charts
from rnnviz_core.charts import toy as toy_charts
from rnnviz_core.frames import study as study_frames
from rnnviz_core.frames import toy as toy_frames
from rnnviz_core.frames.columns import frame
from rnnviz_core.training.watched import Seen, Update
from rnnviz_core.tuning.report import Report, Trial

SEEN = Seen(
    tuple(Update(number, 2.0 / number, 0.5 * number) for number in range(1, 41)),
    ((20, {"accuracy_2": 50.0, "accuracy_4": 30.0}), (40, {"accuracy_2": 100.0, "accuracy_4": 60.0})),
    3.0,
    10.0,
)
SPACE = {
    "rate": {"low": 0.001, "high": 0.1, "log": True},
    "hidden": {"low": 8, "high": 128, "log": False},
    "optimizer": {"values": ["adam", "sgd"]},
}


def trial(number: int, state: str, figure: float | None, rate: float, hidden: int, optimizer: str) -> Trial:
    settings = {"rate": rate, "hidden": hidden, "optimizer": optimizer}
    return Trial(number, state, figure, settings, (figure or 0.0,), 1.0)


STUDY = Report(
    "mine",
    "accuracy",
    True,
    {"epochs": 3},
    SPACE,
    (
        trial(0, "complete", 40.0, 0.01, 8, "adam"),
        trial(1, "pruned", 20.0, 0.1, 128, "sgd"),
        trial(2, "complete", 50.0, 0.001, 68, "adam"),
        trial(3, "complete", 45.0, 0.01, 68, "sgd"),
        trial(4, "fail", None, 0.01, 68, "sgd"),
    ),
    {"rate": 0.7, "hidden": 0.2, "optimizer": 0.1},
    "python -m rnnviz_core train sentiment",
)
AXES = study_frames.axes(STUDY)
LEVEL = toy_frames.level(25.0)
DRAWN = {
    "losses": lambda: (toy_charts.losses(), {"losses": toy_frames.losses(SEEN)}),
    "norms": lambda: (toy_charts.norms(True), {"norms": toy_frames.norms(SEEN), "level": LEVEL}),
    "unclipped": lambda: (toy_charts.norms(False), {"norms": toy_frames.norms(SEEN)}),
    "accuracies": lambda: (
        toy_charts.accuracies((2, 4), 4),
        {"accuracies": toy_frames.accuracies(SEEN, (2, 4)), "level": LEVEL},
    ),
    "beyond": lambda: (
        toy_charts.beyond(("a", "b")),
        {"beyond": toy_frames.beyond({"a": {2: 9.0}, "b": {2: 8.0}}), "level": LEVEL},
    ),
    "parallel": lambda: (
        study_charts.parallel(AXES, "accuracy", 20.0, 50.0),
        {"lines": study_frames.lines(STUDY), "marks": study_frames.marks(STUDY)},
    ),
    "course": lambda: (study_charts.course("accuracy"), {"course": study_frames.course(STUDY)}),
    "importances": lambda: (
        study_charts.importances(tuple(study_frames.importances(STUDY)["setting"])),
        {"importances": study_frames.importances(STUDY)},
    ),
}


@pytest.mark.parametrize("name", DRAWN)
def test_templates_are_valid_and_ask_for_columns_that_there_are(name: str) -> None:
    template, frames = DRAWN[name]()
    spec = spec_of(template)  # validated against Vega-Lite's schema
    assert datasets_of(spec) == set(frames)
    for data, columns in columns_of(spec).items():
        assert columns <= set(frame(frames[data]).columns)
    assert spec["title"]["text"]


def test_losses_are_smoothed_over_the_last_ones() -> None:
    rows = frame(toy_frames.losses(SEEN))
    raw = pd.Series([2.0 / number for number in range(1, 41)])
    expected = raw.rolling(toy_frames.SMOOTH, min_periods=1).mean()
    assert rows["mean"].to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-5)


def test_a_norm_above_the_limit_was_cut() -> None:
    rows = frame(toy_frames.norms(SEEN))
    assert rows.clipped.tolist() == ["as it is"] * 20 + ["cut to the limit"] * 20


def test_places_on_the_axes() -> None:
    assert AXES == ("optimizer", "hidden", "rate", "accuracy")
    rows = frame(study_frames.lines(STUDY))
    assert rows.trial.nunique() == 4, "a trial without a figure is left out"
    first = rows[rows.trial == 0].set_index("axis")
    assert first.place.to_dict() == pytest.approx(
        {"optimizer": 0.0, "hidden": 0.0, "rate": 0.5, "accuracy": 20 / 30}
    )
    assert first.shown["rate"] == "0.01"
    ends = frame(study_frames.marks(STUDY))
    assert ends[ends.axis == "optimizer"].text.tolist() == ["adam", "sgd"]
    assert frame(study_frames.course(STUDY)).best.tolist() == [40.0, 40.0, 50.0, 50.0]
    assert study_frames.table(STUDY, 2)["trial"] == [2, 3]
    assert "4 of" not in study_frames.in_words(STUDY)
    assert "1 of them ended early; the best is trial 2" in study_frames.in_words(STUDY)
