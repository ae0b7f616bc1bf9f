"""Rows as plain columns, and as the bytes in which they travel."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from streamlit import dataframe_util

from rnnviz_core.frames.columns import Texts, frame
from rnnviz_core.ui.drawing.arrow import arrow_bytes

COLUMNS = {
    "position": np.array([0, 1, 1], dtype=np.int16),
    "value": np.array([0.5, np.nan, -1.0], dtype=np.float32),
    "kept": np.array([True, False, True]),
    "token": Texts(np.array([1, 0, 1], dtype=np.int8), ["▁a", "b"]),
    "note": ["x", None, "z"],
}


def read(data: bytes) -> pa.Table:
    return pa.ipc.open_stream(data).read_all()


@pytest.mark.parametrize("rows", [COLUMNS, frame(COLUMNS)], ids=["columns", "frame"])
def test_rows_arrive_as_streamlit_itself_would_send_them(rows):
    sent = read(arrow_bytes(rows))
    usual = read(dataframe_util.convert_anything_to_arrow_bytes(frame(COLUMNS)))
    assert sent.to_pydict() == usual.to_pydict()
    assert sent["value"].null_count == 1
    assert pa.types.is_dictionary(sent["token"].type)


def test_streamlit_takes_the_bytes_as_they_are():
    data = arrow_bytes(COLUMNS)
    proto = dataframe_util.convert_arrow_bytes_to_pandas_df(data)
    assert proto["position"].tolist() == [0, 1, 1]


def test_the_frame_of_columns():
    made = frame(COLUMNS)
    assert made["token"].tolist() == ["b", "▁a", "b"]
    assert made["position"].dtype == np.int16
    assert frame(made) is made


def test_texts_that_come_twice_are_one_category():
    made = frame({"token": Texts(np.array([0, 1, 2]), ["a", "b", "a"])})
    assert made["token"].tolist() == ["a", "b", "a"]
    assert list(pd.Categorical(made["token"]).categories) == ["a", "b"]
    assert read(arrow_bytes({"token": Texts(np.array([0, 1, 2]), ["a", "b", "a"])})).to_pydict() == {
        "token": ["a", "b", "a"]
    }


def test_no_rows_at_all():
    empty = {"position": np.zeros(0, np.int16), "token": Texts(np.zeros(0, np.int8), [])}
    assert read(arrow_bytes(empty)).num_rows == 0
    assert frame(empty).empty
