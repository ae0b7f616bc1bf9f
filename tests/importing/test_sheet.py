"""Tables as people have them, and files that lie in memory alone."""

import io

import numpy as np
import pytest
import torch
from safetensors.numpy import save

import rnnviz_core as rnnviz
from rnnviz_core.errors import TextError
from rnnviz_core.importing.opening import open_network
from rnnviz_core.importing.sheet import read_sheet
from rnnviz_core.inputs.memory import InMemory

TABLE = (
    b"\xef\xbb\xbfdate;close;volume;note;close\n2024-01-01;1.5;3;a;2\n"
    b"2024-01-02;2.5;4;b;4\n2024-01-03;3.5;;c;6\n"
)


def test_columns_of_numbers_texts_and_gaps() -> None:
    sheet = read_sheet(InMemory("x.csv", TABLE))
    assert list(sheet.numbers) == ["close", "close (2)"]
    assert sheet.label == "date"
    assert sheet.problems == ("volume has no number in 1 of 3 rows (row 3 has nothing)",)
    series = sheet.series(["close (2)", "close"], sheet.label, "standard")
    np.testing.assert_array_equal(series.values, [[2, 1.5], [4, 2.5], [6, 3.5]])
    np.testing.assert_allclose(
        series.scaled(), np.array([[-1, -1], [0, 0], [1, 1]]) * np.sqrt(1.5), rtol=1e-6
    )
    assert series.labels == ("2024-01-01", "2024-01-02", "2024-01-03")
    low, high = sheet.series(["close"], None, "range").scaled()[[0, -1], 0]
    assert (low, high) == (0, 1)


def test_a_constant_column_is_not_divided_by_zero() -> None:
    sheet = read_sheet(InMemory("x.csv", b"a,b\n5,1\n5,2\n"))
    for scaling in ("standard", "range"):
        np.testing.assert_array_equal(sheet.series(["a"], None, scaling).scaled(), 0)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", b"", "x.csv is empty"),
        ("x.csv", b"a,b\nx,y\n", "no column that holds a number"),
        ("x.csv", b"a\n", "0 rows"),
        ("x.csv", b"a,b\n\xff\xfe,1\n", "UTF-8"),
        ("x.csv", b"\n".join([b"1"] * 20_002), "20002 rows"),
        ("x.csv", b",".join([b"1"] * 600), "600 columns"),
        ("x.npy", b"\x93NUMPY\x01\x00", "no array"),
        ("x.npy", b"nothing", "no array"),
    ],
)
def test_what_is_no_table(name: str, content: bytes, message: str) -> None:
    with pytest.raises(TextError, match=message):
        read_sheet(InMemory(name, content))


def test_an_array_whose_header_lies_takes_no_memory() -> None:
    kept = io.BytesIO()
    np.lib.format.write_array_header_1_0(kept, {"descr": "<f8", "fortran_order": False, "shape": (10**12, 3)})
    with pytest.raises(TextError, match="no array"):
        read_sheet(InMemory("x.npy", kept.getvalue() + b"\0" * 48))
    objects = io.BytesIO()
    np.save(objects, np.array([{}], object), allow_pickle=True)
    with pytest.raises(TextError, match="it holds object"):
        read_sheet(InMemory("x.npy", objects.getvalue()))
    sound = io.BytesIO()
    np.save(sound, np.asfortranarray(np.arange(6.0).reshape(3, 2)))
    np.testing.assert_array_equal(
        read_sheet(InMemory("x.npy", sound.getvalue())).numbers["column 2"], [1, 3, 5]
    )


def test_a_file_in_memory_is_read_as_one_on_a_disk(tmp_path) -> None:
    torch.manual_seed(0)
    weights = {name: one.numpy() for name, one in torch.nn.LSTM(3, 4).state_dict().items()}
    pickled = io.BytesIO()
    torch.save({name: torch.from_numpy(one) for name, one in weights.items()}, pickled)
    x = np.ones((5, 3))
    for name, content in (("a.safetensors", save(weights)), ("a.pt", pickled.getvalue())):
        (tmp_path / name).write_bytes(content)
        there, here = open_network(tmp_path / name), open_network(InMemory(name, content))
        assert here.notes == there.notes
        one, other = (next(iter(net.record(x).values())) for net in (there, here))
        np.testing.assert_array_equal(one["encoder.0.hidden"], other["encoder.0.hidden"])
    trace = rnnviz.record_module(torch.nn.GRU(2, 3), torch.randn(4, 2))
    for name, content in (("t.npz", trace.to_npz()), ("t.parquet", trace.to_parquet())):
        loaded = rnnviz.Trace.load(InMemory(name, content))
        np.testing.assert_array_equal(loaded["encoder.0.hidden"], trace["encoder.0.hidden"])
