"""Charts through their specs: encodings, domains, titles, sizes, and the frames they are drawn with."""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import pytest
import torch
from helpers_charts import spec_of
from helpers_history import OVERFIT
from helpers_trace import sentiment_trace, translation_trace

from rnnviz_core import charts, limits
from rnnviz_core.cells import equations as cells
from rnnviz_core.cells import meanings
from rnnviz_core.charts import (
    attention,
    building_blocks,
    cell_drawing,
    context,
    embeddings,
    gates,
    inspector,
    matrices,
    memory,
    replaced,
    softmax,
    states,
    theme,
    training,
    trajectory,
    word_map,
)
from rnnviz_core.frames import attention as attention_frames
from rnnviz_core.frames import cell_drawing as drawing_frames
from rnnviz_core.frames import context as context_frames
from rnnviz_core.frames import embeddings as embedding_frames
from rnnviz_core.frames import gate_summary
from rnnviz_core.frames import gates as gate_frames
from rnnviz_core.frames import inspector as inspector_frames
from rnnviz_core.frames import matrices as matrix_frames
from rnnviz_core.frames import memory as memory_frames
from rnnviz_core.frames import replaced as replaced_frames
from rnnviz_core.frames import states as state_frames
from rnnviz_core.frames import tokens as token_frames
from rnnviz_core.frames import training as training_frames
from rnnviz_core.frames import trajectory as trajectory_frames
from rnnviz_core.frames import word_map as word_map_frames
from rnnviz_core.frames.columns import frame
from rnnviz_core.frames.layer import Layer
from rnnviz_core.models.stacks import stack_of
from rnnviz_core.ui.shell import glossary

STEPS = ("position", "other_position", "target_position", "rank", "order")  # what sorts an axis
LSTM = ("input", "forget", "candidate", "output")
TRACE = sentiment_trace("lstm", attention=True)
PAIR = translation_trace()
PLACE = Layer()
RNN = SimpleNamespace(
    stacks=lambda: {"encoder": stack_of(torch.nn.RNN(16, 16))}
)  # its drawing asks for a weight
(TERMS,) = gate_frames.fit(gate_frames.term_bars(gate_frames.terms(TRACE, PLACE, LSTM, 1, 2)))
RING = token_frames.one_step(token_frames.step_texts(TRACE, "encoder"), 1, unit=2)
STEP = token_frames.step_columns(["a"])
CLASSES = pd.DataFrame({"kind": "its own", "order": [0], "name": "good", "probability": 0.5})
PIECES = token_frames.step_frame(["a"]).assign(kind="shuffled", probability=0.5, writes="b", moved=0.1)
CONTRIBUTIONS = pd.DataFrame(
    [("embedding 3", "from the input", 0.5, 2.0, 1.0, 0, "0000 embedding 3")],
    columns=["name", "kind", "weight", "number", "value", "order", "tick"],
).assign(least=0.0, most=1.0)
LEDGER = memory_frames.ledger(TRACE, PLACE, 5)
PLANE = trajectory_frames.plane(TRACE, PLACE)
PATH = trajectory_frames.path(TRACE, PLACE, PLANE)
DIRECTIONS = trajectory_frames.directions(TRACE, PLANE, np.eye(5, 16))
MATRIX = matrix_frames.Matrix(np.eye(16), None)
RUNS = {"A": OVERFIT, "B": OVERFIT}
MOMENTS = token_frames.one_step(training_frames.moment_names(OVERFIT), 1)
VERDICTS = {**MOMENTS, "class": ["good"], "order": np.zeros(1), "probability": np.ones(1)}
VECTORS = np.random.default_rng(0).normal(size=(9, 4))

# How to make every template of these pages, and the frames that it is drawn with.
TEMPLATES: dict[str, Callable[[], tuple[Any, dict[str, Any]]]] = {
    "embedding_heatmap": lambda: (
        embeddings.embedding_heatmap(16),
        {
            "cells": embedding_frames.vectors(TRACE),
            "chosen": embedding_frames.chosen(TRACE, "encoder", 1),
        },
    ),
    "similarity_matrix": lambda: (
        embeddings.similarity_matrix(),
        {
            "pairs": embedding_frames.similarity(TRACE),
            "chosen": embedding_frames.chosen(TRACE, "encoder", 1),
        },
    ),
    "neighbour_bars": lambda: (
        embeddings.neighbour_bars(),
        {"neighbours": embedding_frames.neighbours(VECTORS, tuple("abcdefghi"), 5)},
    ),
    "neighbourhood_map": lambda: (
        word_map.neighbourhood_map("PCA"),
        {"pieces": word_map_frames.neighbourhood(VECTORS, tuple("abcdefghi"), 5, "pca")},
    ),
    "word_axis": lambda: (
        word_map.word_axis(),
        {
            "tokens": word_map_frames.fit(word_map_frames.axis(TRACE, "encoder", np.eye(9, 16), 4, 5))[0],
            "chosen": embedding_frames.chosen(TRACE, "encoder", 1),
        },
    ),
    **{
        f"gate_maps {name}": lambda name=name, order=order, unit=unit: (
            gates.gate_maps(LSTM, 16, ordered=order is not None),
            {
                "cells": gate_frames.cells(TRACE, PLACE, order),
                "chosen": gate_frames.chosen(TRACE, "encoder", 1, unit, order),
            },
        )
        for name, order, unit in (("in order", None, 2), ("sorted", np.arange(16)[::-1], None))
    },
    "gate_histograms": lambda: (
        inspector.gate_histograms(("forget",)),
        {
            "bins": gate_summary.histograms(TRACE, PLACE, ("forget",)),
            "shares": gate_summary.shares(TRACE, PLACE, ("forget",)),
        },
    ),
    "matrix": lambda: (
        matrices.matrix("W", "forget", 16, 16),
        {"weights": matrix_frames.rows(MATRIX, 3), "chosen": matrix_frames.chosen(3)},
    ),
    "contribution_bars": lambda: (inspector.contribution_bars("forget"), {"terms": CONTRIBUTIONS}),
    "convention_bars": lambda: (
        inspector.convention_bars("before"),
        {
            "conventions": token_frames.step_frame(["a"]).assign(before=0.1, most=0.1),
            "chosen": token_frames.one_step(["a"], 0),
        },
    ),
    **{
        f"cell_drawing {cell}": lambda cell=cell: (
            cell_drawing.cell_drawing(cell),
            dict(
                zip(
                    ("nodes", "wires"),
                    drawing_frames.drawing(RNN, sentiment_trace(cell), PLACE, 3, 2),
                )
            ),
        )
        for cell in ("rnn", "gru", "lstm")
    },
    "gate_means": lambda: (
        gates.gate_means(LSTM),
        {"means": gate_summary.means(TRACE, PLACE, LSTM), "chosen": RING},
    ),
    "cell_terms": lambda: (gates.cell_terms(LSTM), {"terms": TERMS}),
    "state_maps": lambda: (
        states.state_maps(("hidden", "cell"), 16),
        {"cells": state_frames.cells(TRACE, PLACE), "chosen": RING},
    ),
    "unit_lines": lambda: (
        states.unit_lines("cell", 16),
        {
            "cells": state_frames.cells(TRACE, PLACE, "cell"),
            "picked": state_frames.picked([0, 1]),
            "lines": state_frames.lines(TRACE, PLACE, "cell", [0, 1]),
        },
    ),
    "change_bars": lambda: (
        states.change_bars(("hidden", "cell")),
        {"changes": state_frames.changes(TRACE, PLACE), "chosen": RING},
    ),
    "ledger": lambda: (
        memory.ledger("cell", 16),
        {
            "lengths": memory_frames.in_norm(LEDGER),
            "left": memory_frames.per_unit(LEDGER),
            "shares": memory_frames.of_unit(LEDGER, 2),
        },
    ),
    "state_path": lambda: (trajectory.state_path("cell"), {"path": PATH}),
    "state_path two": lambda: (
        trajectory.state_path("cell", two=True),
        {"path": trajectory_frames.path(TRACE, PLACE, PLANE, TRACE)},
    ),
    "state_path classes": lambda: (
        trajectory.state_path("hidden", classes=True),
        {"path": PATH, "directions": DIRECTIONS},
    ),
    "weights": lambda: (attention.weights(), {"row": attention_frames.row(TRACE)}),
    "small_weights": lambda: (attention.small_weights(), {"row": attention_frames.row(TRACE)}),
    "alignment": lambda: (
        attention.alignment(),
        {
            "alignment": attention_frames.alignment(PAIR),
            "chosen": attention_frames.chosen_row(PAIR, 1),
            "row": attention_frames.row(PAIR, 1),
        },
    ),
    "small_alignment": lambda: (attention.small_alignment(), {"alignment": attention_frames.alignment(PAIR)}),
    **{
        f"context {name}": lambda name=name, trace=trace: (
            context.context(16, name == "translation"),
            {
                "context": context_frames.context(trace),
                "chosen": context_frames.chosen(PAIR, 1, 2),
                "shares": context_frames.context_of_unit(trace, 0, 2),
            },
        )
        for name, trace in (("translation", PAIR), ("sentiment", TRACE))
    },
    "attention verdict": lambda: (
        context.verdict(("bad", "good"), "bad"),
        {"verdict": {**STEP, "class": ["bad"], "value": [0.1], "total": ["together: logit +0.10"]}},
    ),
    "fixed": lambda: (
        context.fixed(16, "hidden", building_blocks.SOURCE),
        {"fixed": {"unit": [0], "value": [0.5]}, "lengths": context_frames.left_at_the_end(PAIR)},
    ),
    "fixed of an rnn": lambda: (
        context.fixed(16, None, building_blocks.READS),
        {"fixed": {"unit": [0], "value": [0.5]}},
    ),
    "small_fixed": lambda: (
        context.small_fixed("hidden", building_blocks.SOURCE),
        {"lengths": context_frames.left_at_the_end(PAIR)},
    ),
    "replaced_classes": lambda: (replaced.replaced_classes(), {"replaced": CLASSES}),
    "replaced_pieces": lambda: (replaced.replaced_pieces(), {"replaced": PIECES}),
    "entropy_bars": lambda: (
        attention.entropy_bars(),
        {
            "entropy": attention_frames.entropies(PAIR),
            "chosen": token_frames.one_step(attention_frames.targets(PAIR), 1),
        },
    ),
    "losses": lambda: (
        training.losses(2),
        {"losses": training_frames.losses(RUNS), "bests": training_frames.bests(RUNS)},
    ),
    "told_losses": lambda: (training.told_losses(2), {"updates": training_frames.updates(RUNS)}),
    "updates_by_step": lambda: (
        training.updates(2, "step"),
        {"updates": training_frames.updates(RUNS), "limits": training_frames.clip_limits(RUNS)},
    ),
    "updates": lambda: (
        training.updates(2),
        {"updates": training_frames.updates(RUNS), "limits": training_frames.clip_limits(RUNS)},
    ),
    "saturation": lambda: (
        training.saturation(("input", "forget")),
        {"saturation": training_frames.saturation(OVERFIT, "encoder.0")},
    ),
    "reach of a gradient": lambda: (
        training.reach(3, -3, 1),
        {"reach": training_frames.reach(OVERFIT, 0, "encoder.0")},
    ),
    "verdicts": lambda: (training.verdicts(("bad", "good"), True), {"verdicts": VERDICTS, "chosen": MOMENTS}),
}


@cache
def _made(name: str) -> tuple[Any, dict[str, pd.DataFrame]]:
    template, rows_of = TEMPLATES[name]()
    return template, {data: frame(rows) for data, rows in rows_of.items()}


@pytest.fixture
def template(name: str) -> Any:
    """Made by the process that tests it, and once: to make all takes seconds."""
    return _made(name)[0]


@pytest.fixture
def frames(name: str) -> dict[str, pd.DataFrame]:
    return _made(name)[1]


every_template = pytest.mark.parametrize("name", TEMPLATES)


def views(spec: dict[str, Any], data: str | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every view of a spec that draws a mark, with the name of its dataset."""
    data = spec.get("data", {}).get("name", data)
    children = spec.get("layer", []) + spec.get("vconcat", [])
    for child in children:
        yield from views(child, data)
    if "mark" in spec:
        assert data is not None
        yield data, spec


def channels(view: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for channel in view["encoding"].values():
        yield from channel if isinstance(channel, list) else [channel]


@every_template
def test_every_encoded_field_is_a_column_of_its_frame(template, frames):
    used = set()
    for data, view in views(spec_of(template)):
        used.add(data)
        made = {step["as"] for step in view.get("transform", []) if "calculate" in step}
        for channel in channels(view):
            sort = channel.get("sort")
            fields = {channel.get("field"), sort.get("field") if isinstance(sort, dict) else None}
            fields -= made | {None}
            assert fields <= set(frames[data].columns), (data, fields)
        for field in re.findall(r"datum\.(\w+)", json.dumps(view.get("transform", []))):
            assert field in frames[data].columns
    assert used == set(frames)


@every_template
def test_selections_name_columns_of_the_frames(template, frames):
    columns = set().union(*(frame.columns for frame in frames.values()))
    for parameter in spec_of(template).get("params", []):
        assert set(parameter.get("select", {}).get("fields", [])) <= columns


@every_template
def test_a_template_holds_no_rows_and_is_compiled_once(template, frames):
    spec = spec_of(template)
    assert "datasets" not in spec
    assert "values" not in json.dumps(spec.get("data", {}))
    assert len(json.dumps(spec)) < 30_000


@every_template
def test_titles_say_what_is_shown_and_fit_a_phone(template, frames):
    for title in titles(spec_of(template)):
        lines = [title["text"], *title.get("subtitle", [])]
        assert all(lines)
        assert len(title["text"]) <= 36, title
        assert all(len(line) <= 46 for line in lines), title


def titles(spec: dict[str, Any]) -> list[dict[str, Any]]:
    found = [view["title"] for view in spec.get("vconcat", [spec])]
    assert found
    return found


@every_template
def test_axes_have_titles_and_marks_have_tooltips(template, frames):
    for data, view in views(spec_of(template)):
        assert "tooltip" in view["encoding"] or view["mark"]["type"] == "rule"
        if data == "chosen" or view["mark"].get("opacity") == 0:  # an outline, or unseen
            continue
        for name in ("x", "y"):
            channel = view["encoding"].get(name, {})
            if "field" in channel and view["mark"]["type"] != "rule":
                assert "title" in channel, (name, view["mark"])


@every_template
def test_labels_lie_flat_by_the_width_of_their_own_axis(template, frames):
    """An axis asks for the width of its bands by the scale's name, which begins with its panel's."""
    spec = spec_of(template)
    for number, panel in enumerate(spec.get("vconcat", [spec])):
        prefix = panel.get("name", f"concat_{number}" if "vconcat" in spec else "")
        asked = set(re.findall(r"bandwidth\('(\w+)'\)", json.dumps(panel)))
        assert asked <= {f"{prefix}_{axis}".strip("_") for axis in ("x", "y")}


@every_template
def test_no_text_is_smaller_than_twelve_pixels(template, frames):
    sizes = re.findall(r'"(?:\w*[fF]ontSize)": ([\d.]+)', json.dumps(spec_of(template)))
    assert sizes
    assert min(map(float, sizes)) >= 12


@pytest.mark.slow
@every_template
def test_templates_fill_the_width_and_draw_in_a_notebook(template, frames):
    spec = spec_of(template)
    assert spec["autosize"]["type"] == "fit-x"
    assert "width" not in spec
    drawn = charts.with_rows(template, dark=True, **frames).to_dict(validate=False)  # it has been, when made
    assert drawn["background"] == theme.BACKGROUND[True]
    assert {name: len(rows) for name, rows in drawn["datasets"].items()} == {
        name: len(frame) for name, frame in frames.items()
    }


def test_plain_columns_are_drawn_as_a_data_frame_is():
    rows, template = state_frames.changes(TRACE, PLACE), states.change_bars(("hidden", "cell"))
    plain, table = (
        charts.with_rows(template, changes=one, chosen=RING).to_dict() for one in (rows, frame(rows))
    )
    assert plain["datasets"] == table["datasets"]
    assert plain["datasets"]["changes"][9]["token"] == "a"


@every_template
def test_token_axes_keep_reading_order_and_repeated_pieces(template, frames):
    for data, view in views(spec_of(template)):
        for channel in channels(view):
            if channel.get("field") in ("tick", "other", "target"):
                assert channel["sort"]["field"] in STEPS
                assert (
                    frames[data][channel["field"]].nunique()
                    == frames[data][channel["sort"]["field"]].nunique()
                )


def test_options_give_the_same_object_so_that_the_spec_is_compiled_once():
    assert gates.gate_maps(LSTM, 64) is gates.gate_maps(LSTM, 64)
    assert gates.gate_maps(LSTM, 64) is not gates.gate_maps(LSTM, 128)


def test_the_axis_hides_exactly_the_prefix_of_a_tick():
    assert token_frames.tick_texts(["good"])[0][building_blocks.TICK_PREFIX :] == "good"
    last = token_frames.tick_texts([""] * limits.PIECES)[-1]
    assert len(last) == building_blocks.TICK_PREFIX


# --- colours ----------------------------------------------------------------------------------


def colour_scale(chart: alt.LayerChart) -> dict[str, Any]:
    return next(view["encoding"]["color"] for _, view in views(chart.to_dict()))["scale"]


@pytest.mark.parametrize(
    "make, low, high",
    [
        (lambda: gates.gate_maps(("forget",), 16), 0, 1),
        (lambda: gates.gate_maps(("candidate",), 16), -1, 1),
        (lambda: states.state_maps(("hidden",), 16), -1, 1),
        (lambda: states.unit_lines("cell", 16), -3, 3),
        (lambda: embeddings.similarity_matrix(), -1, 1),
        (lambda: embeddings.embedding_heatmap(16), -embeddings.LIMIT, embeddings.LIMIT),
        (lambda: attention.alignment(), 0, 1),
        (lambda: context.context(16, True), -1, 1),
    ],
)
def test_colour_domains_are_fixed_and_clamp(make, low, high):
    scale = colour_scale(make())
    assert (scale["domain"][0], scale["domain"][-1]) == (low, high)
    assert len(scale["domain"]) == len(scale["range"])
    assert scale["clamp"] is True
    if low < 0:
        assert scale["domain"][len(scale["domain"]) // 2] == 0


def test_charts_and_frames_agree_on_where_colours_end():
    assert embeddings.LIMIT == embedding_frames.LIMIT
    assert states.LIMITS["cell"] == state_frames.CELL_LIMIT
    assert trajectory.READINGS == trajectory_frames.READINGS
    assert replaced.KINDS == replaced_frames.KINDS
    assert inspector.KINDS == inspector_frames.KINDS
    assert set(gate_frames.TERMS.values()) == set(gates.TERM_COLOURS)
    assert gate_frames.term_names(TRACE) == gates.TERMS
    assert f"Left: below {gate_summary.CLOSED}, right: above {gate_summary.OPEN}" == inspector.ENDS
    assert gate_summary.SHARES == gates.STATES


def test_equations_headings_and_glossary_say_the_same_of_a_gate():
    charted = str(gates.gate_maps((*meanings.GATES,), 4).to_dict())
    for gate, text in meanings.GATES.items():
        cell = "gru" if gate in cells.gates("gru") and gate != "candidate" else "lstm"
        assert cells.definition(cell)[gate].meaning == f"{text}."
        assert text in charted
        assert glossary.TERMS["candidate" if gate == "candidate" else f"{gate} gate"].meaning.startswith(text)


def test_every_gate_has_its_colour_and_meaning():
    names = {name for cell in ("rnn", "gru", "lstm") for name in cells.gates(cell)}
    assert names == set(theme.GATE_COLOURS) == set(meanings.GATES)
    assert theme.GATE_COLOURS["forget"] == "#D55E00"  # fixed by the design note
    assert gates.gate_title("candidate") == "Candidate"
    assert gates.result_title("cell") == "New cell state"


def luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_contrast_of_text_and_marks(dark):
    page = theme.BACKGROUND[dark]
    assert min(contrast(page, pair[dark]) for pair in (theme.TEXT, theme.MUTED)) >= 4.5
    marks = (
        *theme.STATE_COLOURS.values(),
        *theme.TERM_COLOURS,
        *theme.LINE_COLOURS,
        theme.ACCENT,
        theme.OUTLINE,
    )
    assert min(contrast(page, colour) for colour in marks) >= 3


@pytest.mark.parametrize("count", range(2, 21))
def test_lines_of_classes_can_be_told_apart_in_grey(count):
    names = tuple(f"class {number}" for number in range(count))
    shapes, dashes = theme.class_looks(names)
    assert len({(shape, *dash) for shape, dash in zip(shapes, dashes, strict=True)}) == count
    channels = [set(view["encoding"]) for _, view in views(softmax.verdicts(names).to_dict())]
    assert any({"shape", "color"} <= found for found in channels)
    assert any({"strokeDash", "color"} <= found for found in channels)


@pytest.mark.parametrize(
    "make, field",
    [
        (lambda: gates.gate_means(LSTM), "gate"),
        (lambda: states.unit_lines("cell", 16), "line"),
        (lambda: trajectory.state_path("hidden", two=True), "reading"),
    ],
)
def test_other_lines_have_a_shape_each_too(make, field):
    spec = spec_of(make())
    shapes = [view["encoding"]["shape"] for _, view in views(spec) if "shape" in view.get("encoding", {})]
    assert [(shape["field"], len(set(shape["scale"]["range"]))) for shape in shapes] == [
        (field, len(shapes[0]["scale"]["range"]))
    ]


def test_a_states_colour_belongs_to_that_state_alone():
    states_ = set(theme.STATE_COLOURS.values())
    others = {*theme.LINE_COLOURS, *theme.GATE_COLOURS.values(), *theme.CLASS_COLOURS, *theme.NAME_COLOURS}
    assert not states_ & {*others, theme.ACCENT, theme.OUTLINE, trajectory.OTHER}
    assert theme.TERM_COLOURS[1] == theme.STATE_COLOURS["hidden"]  # what the hidden state says
    for cell in ("rnn", "gru", "lstm"):
        spec = json.dumps(cell_drawing.cell_drawing(cell).to_dict())
        assert all(colour in spec for colour in states_)


@pytest.mark.parametrize("make", [softmax.terms, context.verdict])
def test_the_total_stands_above_the_bars(make):
    """Its line of text ends above the highest place where anything can be drawn."""
    found = [(view["mark"], view["encoding"]) for _, view in views(spec_of(make(("a", "b"), "a")))]
    texts = [(mark, encoding) for mark, encoding in found if mark["type"] == "text"]
    (text,) = [one for one in texts if "angle" not in one[0]]  # upright: numbers of units
    (top,) = {json.dumps(one["y"]["scale"]["range"][1]) for _, one in found if "scale" in one.get("y", {})}
    assert text[0]["baseline"] == "top"
    assert text[1]["y"]["value"] + text[0]["fontSize"] * 1.3 <= float(top)


def test_pale_gate_colours_stand_on_an_outline():
    """Two of the fixed gate colours are under 3:1 on white; a darker line runs behind every gate's line."""
    marks = [view["mark"] for _, view in views(gates.gate_means(("reset", "update")).to_dict())]
    casing, line = (mark for mark in marks if mark["type"] == "line")
    assert casing["color"] == theme.OUTLINE
    assert casing["strokeWidth"] > line["strokeWidth"]


@pytest.mark.parametrize("dark", [False, True])
def test_scales_are_even_and_their_middle_is_the_page(dark):
    light = [luminance(colour) for colour in theme.SEQUENTIAL]
    assert light == sorted(light)
    arms = [luminance(pair[dark]) for pair in theme.DIVERGING]
    left, right = arms[:6], arms[5:][::-1]
    for arm in (left, right):
        assert arm == sorted(arm, reverse=dark)
    assert contrast(theme.DIVERGING[5][dark], theme.BACKGROUND[dark]) < 1.3


def test_one_template_serves_both_themes():
    assert theme.either(("#ffffff", "#000000")).to_dict() == {"expr": f"{theme.DARK} ? '#000000' : '#ffffff'"}


# --- sizes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("tokens, row", [(1, 20), (32, 20), (33, 12), (100, 6), (limits.PIECES, 3)])
def test_the_matrix_of_a_long_text_fits_the_screen(tokens, row):
    assert embeddings.row_height(tokens) == row
    assert embeddings.similarity_matrix(row).to_dict()["height"] == {"step": row}


@pytest.mark.parametrize("count, height", [(16, 192), (64, 256), (128, 384), (256, 512), (1024, 1024)])
def test_rows_are_whole_pixels(count, height):
    assert building_blocks.rows_height(count) == height
    assert height % count == 0


@pytest.mark.parametrize("count", [4, 64, 128, 256, 1024])
def test_row_labels_are_sparse(count):
    ticks = building_blocks.rows_y("unit", count, "unit").to_dict()["axis"]["values"]
    assert len(ticks) <= 9
    assert ticks[0] == 0


@every_template
def test_a_mark_says_its_tooltip_or_its_text_and_nothing_else(template, frames):
    for _, view in views(spec_of(template)):
        mark, encoding = view["mark"], view["encoding"]
        said = mark.get("description", {}).get("expr", "")
        assert mark.get("aria") is False or said, view
        named = encoding["text"] if "text" in encoding else encoding.get("tooltip", [])
        named = named if isinstance(named, list) else [named]
        wanted = {one.get("field") for one in named}
        assert set(re.findall(r"datum\['(\w+)'\]", said)) <= wanted
        for line in re.findall(r"'([^']*): ' \+", said):
            assert line.removeprefix("; ") in {one.get("title", one.get("field")) for one in named}


@every_template
def test_no_axis_reads_ticks_aloud(template, frames):
    for _, view in views(spec_of(template)):
        for name in ("x", "y"):
            channel = view["encoding"].get(name, {})
            if channel.get("field") in ("tick", "target", "other_tick") and channel.get("axis") is not None:
                assert channel["axis"].get("description") or channel["axis"].get("aria") is False


def test_a_cell_of_a_heatmap_has_its_tooltip_in_one_expression():
    """Words and formats are those of the template's own lines; nothing else is computed for a cell."""
    for part, view in views(spec_of(charts.states.state_maps(("hidden", "cell"), 8))):
        if view["mark"]["type"] == "rect" and "scale" in view["encoding"].get("color", {}):
            name = view["encoding"]["color"]["field"]
            assert view["encoding"]["tooltip"]["value"]["expr"] == (
                "{'token': datum['token'], 'step t': format(datum['position'], 'd'), "
                f"'unit': datum['unit'], '{name}': format(datum['{name}'], '.4~f')" + "}"
            ), part
