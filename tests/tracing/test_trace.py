"""Site names, what a trace refuses, and files: exact both ways, and damage of any kind is a `TraceError`."""

import contextlib
import functools
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from rnnviz_core import limits
from rnnviz_core.errors import TraceError
from rnnviz_core.inputs.steps import Token
from rnnviz_core.tracing.module import record_module
from rnnviz_core.tracing.trace import Trace, layer_site, site

TOKENS = (Token("▁warm", 5, 0, 4), Token("▁soup", 6, 4, 9), Token("▁warm", 5, 9, 14))


def small(**changes: Any) -> Trace:
    """A trace whose numbers are easy to name."""
    hidden = np.arange(6, dtype=np.float32).reshape(3, 2) / 8
    content: dict[str, Any] = {
        "model": "sentiment-test",
        "text": "warm soup warm",
        "tokens": {"time": TOKENS},
        "arrays": {
            "encoder.0.hidden": hidden,
            "encoder.0.initial_hidden": np.zeros(2, dtype=np.float32),
            "readout.logits": np.array([0.5, -0.25], dtype=np.float64),
        },
        "axes": {
            "encoder.0.hidden": ("time", "unit"),
            "encoder.0.initial_hidden": ("unit",),
            "readout.logits": ("class",),
        },
        "labels": {"class": ("bad", "good")},
        "meta": {"task": "sentiment", "notes": []},
        "max_difference": 1.5e-7,
    }
    return Trace(**(content | changes))


def assert_same(left: Trace, right: Trace) -> None:
    assert left.header() == right.header()
    for name in left:
        np.testing.assert_array_equal(left[name], right[name])
        assert left[name].dtype == right[name].dtype


# --- sites ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words, name",
    [
        (("encoder", 0, "forget"), "encoder.0.forget"),
        (("encoder", 1, "reverse", "hidden"), "encoder.1.reverse.hidden"),
        (("readout", "prefix_logits"), "readout.prefix_logits"),
    ],
)
def test_site_grammar(words: tuple[Any, ...], name: str) -> None:
    assert site(*words) == name


@pytest.mark.parametrize(
    "words",
    [
        ("encoder",),
        ("encoder", 0),
        ("encoder", -1, "hidden"),
        ("encoder", 0, "left", "hidden"),
        ("encoder", "reverse", 0),
        ("encoder", 0, "Hidden"),
        ("en.coder", "hidden"),
        ("", "hidden"),
        ("encoder", 0, "reverse", "hidden", "again"),
    ],
)
def test_what_is_no_site(words: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match="a site is part"):
        site(*words)


def test_layer_site_in_both_directions() -> None:
    assert layer_site("encoder", 2, "cell") == "encoder.2.cell"
    assert layer_site("encoder", 2, "cell", reverse=True) == "encoder.2.reverse.cell"


# --- the trace itself -------------------------------------------------------------------------


def test_a_trace_cannot_be_changed() -> None:
    trace = small()
    with pytest.raises(ValueError, match="read-only"):
        trace["encoder.0.hidden"][0, 0] = 1
    with pytest.raises(AttributeError):
        trace.text = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        trace.arrays["readout.bias"] = np.zeros(2)  # type: ignore[index]
    with pytest.raises(TypeError):
        trace.meta["task"] = "other"  # type: ignore[index]


def test_a_computed_array_is_like_any_other_and_weighs_nothing(tmp_path: Path) -> None:
    whole = small()
    looks: list[int] = []
    hidden, name = whole["encoder.0.hidden"], "encoder.0.hidden"

    def add(initial: np.ndarray) -> np.ndarray:
        looks.append(1)
        return hidden + initial

    trace = whole.computing(name, "encoder.0.initial_hidden", add)
    assert not looks
    assert list(trace) == list(whole)
    assert name in trace
    assert len(trace.arrays) == len(whole.arrays)
    assert trace.nbytes == whole.nbytes - hidden.nbytes
    assert not looks
    with pytest.raises(ValueError, match="read-only"):
        trace[name][0, 0] = 1
    with pytest.raises(TypeError):
        trace.arrays[name] = hidden  # type: ignore[index]
    again = Trace.load(trace.save(tmp_path / "small.npz"))
    assert_same(trace, whole)
    assert_same(again, whole)
    assert trace.to_frame().equals(whole.to_frame())
    assert replace(trace, text="other").nbytes == trace.nbytes


def test_freezing_leaves_the_caller_s_array_alone() -> None:
    logits = np.zeros(2)
    small(arrays={"readout.logits": logits}, axes={"readout.logits": ("class",)})
    logits[0] = 1


@pytest.mark.parametrize(
    "name, array, axes, message",
    [
        ("encoder.0.cell", np.zeros((4, 2)), ("time", "unit"), "has 4 along 'time', others 3"),
        ("encoder.0.cell", np.zeros((3, 2)), ("time",), r"has shape \(3, 2\) but the axes \('time',\)"),
        ("encoder.0.cell", np.zeros((3, 2)), ("time", "width"), "but the axes"),
        ("encoder.0.cell", np.array([None, "x", 1]), ("time",), "holds object"),
        ("encoder.0.cell", np.array(["a", "b", "c"]), ("time",), "holds <U1"),
        ("encoder..cell", np.zeros((3, 2)), ("time", "unit"), "'encoder..cell' is not a site"),
    ],
)
def test_arrays_must_fit_their_axes(
    name: str, array: np.ndarray, axes: tuple[str, ...], message: str
) -> None:
    trace = small()
    with pytest.raises(TraceError, match=message):
        small(arrays={**trace.arrays, name: array}, axes={**trace.axes, name: axes})


def test_arrays_and_axes_go_together() -> None:
    with pytest.raises(TraceError, match=r"'readout\.bias' has an array without axes or axes without"):
        small(axes={**small().axes, "readout.bias": ("class",)})


def test_looking_up_sites() -> None:
    trace = small()
    assert "encoder.0.hidden" in trace
    assert list(trace) == ["encoder.0.hidden", "encoder.0.initial_hidden", "readout.logits"]
    with pytest.raises(
        TraceError, match=r"no site 'encoder\.0\.cell' in this trace; it has encoder\.0\.hidden"
    ):
        trace["encoder.0.cell"]
    assert (trace.layers(), trace.layers("decoder"), trace.reverses()) == (1, 0, False)
    assert trace.time_axis() == "time"


# --- the tidy frame ---------------------------------------------------------------------------


def test_frame_has_a_row_per_number() -> None:
    frame = small().to_frame()
    assert list(frame.columns) == ["site", "time", "unit", "class", "token", "value"]
    assert len(frame) == 6 + 2 + 2
    row = frame.iloc[3]
    assert (row["site"], row["time"], row["unit"], row["token"]) == ("encoder.0.hidden", 1, 1, "▁soup")
    assert row["value"] == 3 / 8
    assert frame["class"].isna().sum() == 8
    assert frame["token"].isna().sum() == 4
    assert list(frame["value"][-2:]) == [0.5, -0.25]
    assert [str(dtype) for dtype in frame.dtypes[["site", "time", "token"]]] == ["string", "Int32", "string"]


def test_frame_of_chosen_sites() -> None:
    frame = small().to_frame("readout.logits")
    assert list(frame.columns) == ["site", "class", "token", "value"]
    assert list(frame["class"]) == [0, 1]
    with pytest.raises(TraceError, match=r"no site 'readout\.nothing'"):
        small().to_frame("readout.nothing")


def test_frame_of_a_matrix_over_two_texts() -> None:
    weights = np.arange(6.0).reshape(2, 3)
    trace = small(
        tokens={"source": TOKENS, "target": TOKENS[:2]},
        arrays={"attention.weights": weights},
        axes={"attention.weights": ("target", "source")},
    )
    frame = trace.to_frame()
    assert list(frame["source"]) == [0, 1, 2, 0, 1, 2]
    assert list(frame["target"]) == [0, 0, 0, 1, 1, 1]
    assert list(frame["token"]) == ["▁warm"] * 3 + ["▁soup"] * 3
    assert list(frame["value"]) == list(range(6))


def test_frame_without_tokens() -> None:
    frame = small(tokens={}).to_frame()
    assert frame["token"].isna().all()


# --- files ------------------------------------------------------------------------------------

NUMBERS = st.sampled_from([np.float32, np.float64]).flatmap(
    lambda dtype: arrays_of.arrays(dtype, st.tuples(st.just(3), st.integers(1, 4)))
)


@pytest.mark.parametrize("ending", [".npz", ".parquet"])
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(array=NUMBERS, text=st.text(), difference=st.floats(0, 1e-4))
def test_files_are_exact(
    tmp_path: Path, ending: str, array: np.ndarray, text: str, difference: float
) -> None:
    trace = small(
        text=text,
        tokens={"time": tuple(Token(f"▁{text}", 7, i, i + 1) for i in range(3))},
        arrays={**small().arrays, "encoder.0.cell": array},
        axes={**small().axes, "encoder.0.cell": ("time", "unit")},
        max_difference=difference,
    )
    assert_same(trace, Trace.load(trace.save(tmp_path / f"trace{ending}")))


def test_a_lone_surrogate_survives(tmp_path: Path) -> None:
    trace = small(text="warm \ud800 soup")
    assert Trace.load(trace.save(tmp_path / "trace.npz")).text == "warm \ud800 soup"


def test_csv_holds_the_rows(tmp_path: Path) -> None:
    lines = small().save(tmp_path / "trace.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "site,time,unit,class,token,value"
    assert lines[4] == "encoder.0.hidden,1,1,,▁soup,0.375"


def test_other_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"ends in '\.txt'; choose one of \.npz, \.parquet, \.csv"):
        small().save(tmp_path / "trace.txt")
    (tmp_path / "trace.csv").write_text("a")
    with pytest.raises(
        TraceError, match=r"cannot be read: it ends in '\.csv'; choose one of \.npz, \.parquet"
    ):
        Trace.load(tmp_path / "trace.csv")


def test_paths_that_do_not_work(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"absent\.npz cannot be read: No such file"):
        Trace.load(tmp_path / "absent.npz")
    with pytest.raises(TraceError, match="cannot be written: No such file"):
        small().save(tmp_path / "absent" / "trace.npz")
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(TraceError, match="cannot be read"):
        Trace.load(tmp_path / "folder.npz")


def test_files_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npz, parquet = (small().save(tmp_path / f"trace.{ending}") for ending in ("npz", "parquet"))
    monkeypatch.setattr(limits, "TRACE_BYTES", 20)
    with pytest.raises(TraceError, match="the trace has 48 bytes; a file holds up to 20"):
        small().save(tmp_path / "again.npz")
    for path in (npz, parquet):
        with pytest.raises(TraceError, match=r"has \d+ bytes; the limit is 20"):
            Trace.load(path)


def test_unpacked_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = {"encoder.0.hidden": np.zeros((3, 40_000), dtype=np.float32)}
    trace = small(arrays=many, axes={"encoder.0.hidden": ("time", "unit")})
    npz, parquet = (trace.save(tmp_path / f"trace.{ending}") for ending in ("npz", "parquet"))
    assert npz.stat().st_size < 5_000
    monkeypatch.setattr(limits, "TRACE_BYTES", 400_000)
    with pytest.raises(TraceError, match=r"unpacks to \d+ bytes; the limit is 400000"):
        Trace.load(npz)
    with pytest.raises(TraceError, match="has 120000 numbers of 4 bytes; the limit is 100000"):
        Trace.load(parquet)


def parquet_of(path: Path, values: pa.Array, **changes: Any) -> Path:
    """A Parquet file with the header of a trace, as somebody who means harm would write it."""
    header = json.dumps(small().header() | changes)
    table = pa.table({"value": values}).replace_schema_metadata({"rnnviz": header})
    pq.write_table(table, path, compression="zstd", row_group_size=2**30)
    return path


def varint(count: int) -> bytes:
    """A count as Parquet's footer holds it: zigzag, seven bits a byte."""
    count, found = 2 * count, bytearray()
    while count >= 128:
        found.append(count % 128 + 128)
        count //= 128
    return bytes([*found, count])


def wide_type(path: Path) -> Path:
    return parquet_of(path, pa.array(np.zeros(10)), dtypes=dict.fromkeys(small(), "<U30000000"))


def long_text(path: Path) -> Path:
    return parquet_of(path, pa.DictionaryArray.from_arrays([0] * 1200, ["x" * 1_000_000]).cast("string"))


def text_as_dictionary(path: Path) -> Path:
    return parquet_of(path, pa.DictionaryArray.from_arrays([0] * 1200, ["x" * 1_000_000]))


def nested(path: Path) -> Path:
    return parquet_of(path, pa.ListArray.from_arrays([0, 40_000_000], pa.array(np.zeros(40_000_000))))


@functools.cache
def many_rows() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return parquet_of(Path(folder) / "many.parquet", pa.array(np.zeros(40_000_000))).read_bytes()


def too_many(path: Path) -> Path:
    path.write_bytes(many_rows())
    return path


def footer_lies(*places: int) -> Callable[[Path], Path]:
    """40 million rows of which the footer admits 3 million at some of the places where it counts them."""

    def write(path: Path) -> Path:
        content = many_rows()
        true, told = varint(40_000_000), varint(3_000_000)
        start = content.rindex(b"PAR1") - 4 - int.from_bytes(content[-8:-4], "little")
        footer = content[start:].split(true)
        assert len(footer) == 5, "the counts of the file, the column (twice), and the row group"
        joined = footer[0]
        for number, rest in enumerate(footer[1:]):
            joined += (told if number in places else true) + rest
        path.write_bytes(content[:start] + joined)
        return path

    write.__name__ = f"footer_lies_{'_'.join(map(str, places))}"
    return write


def large_header_npz(path: Path) -> Path:
    path = path.with_suffix(".npz")
    header = np.frombuffer(b'{"axes": [' + b"[], " * 8_000_000 + b"[]]}", dtype=np.uint8)
    np.savez_compressed(path, header=header)
    return path


LIES = (footer_lies(0), footer_lies(0, 3), footer_lies(0, 1, 2), footer_lies(0, 1, 2, 3))
HARMFUL = (wide_type, long_text, text_as_dictionary, nested, too_many, large_header_npz, *LIES)
# A process of its own reads each file (forked: imports take longest); its peak begins at what it holds.
LOADS = """
import os, sys, pyarrow.parquet
from pathlib import Path
from rnnviz_core.errors import TraceError
from rnnviz_core.tracing.trace import Trace

def most():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))

good, *all_bad = map(Path, sys.argv[1:])
for bad in all_bad:
    if not os.fork():
        Trace.load(good)
        before = most()
        try:
            Trace.load(bad)
        except TraceError as error:
            print(bad.stem, (most() - before) // 1024, error, flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """For each harmful file: MiB that reading it took, and what was said of it."""
    folder = tmp_path_factory.mktemp("harmful")
    good = small().save(folder / "good.parquet")
    files = [write(folder / f"{write.__name__}.parquet") for write in HARMFUL]
    assert max(file.stat().st_size for file in files) < 300_000
    script = [sys.executable, "-c", LOADS, good, *files]
    done = subprocess.run(script, capture_output=True, text=True, check=True)
    lines = [line.split(maxsplit=2) for line in done.stdout.splitlines()]
    return {name: (int(mebibytes), told) for name, mebibytes, told in lines}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize("name", [write.__name__ for write in HARMFUL])
def test_a_small_file_takes_little_memory(taken: dict[str, tuple[int, str]], name: str) -> None:
    """What it would unpack to is known before it is unpacked, and refused in words that say why."""
    mebibytes, told = taken[name]
    assert mebibytes < 64, f"{mebibytes} MiB: {told}"
    assert "damaged" not in told, told


def test_headers_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = [small().save(tmp_path / f"trace.{ending}") for ending in ("npz", "parquet")]
    monkeypatch.setattr(limits, "TRACE_HEADER_BYTES", 500)
    for path in saved:
        with pytest.raises(TraceError, match=r"its header has \d+ bytes; the limit is 500"):
            Trace.load(path)
    for write in (small().to_npz, small().to_parquet):
        with pytest.raises(TraceError, match=r"its header has \d+ bytes; the limit is 500"):
            write()


def shapes(*shape: object) -> dict[str, Any]:
    return {"shapes": dict.fromkeys(small(), shape)}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"dtypes": dict.fromkeys(small(), "O")}, "holds object"),
        ({"dtypes": dict.fromkeys(small(), "<M8[s]")}, "holds datetime64"),
        (shapes(-1, 2), "has the shape"),
        (shapes(2.5), "has the shape"),
        (shapes(True), "has the shape"),
        (shapes(2**40, 2**40), "numbers together, and its table 10"),
        (shapes(1), "numbers together, and its table 10"),
    ],
    ids=str,
)
def test_a_parquet_header_that_does_not_fit_the_table_is_refused(
    tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    path = parquet_of(tmp_path / "trace.parquet", pa.array(np.zeros(10)), **changes)
    with pytest.raises(TraceError, match=told):
        Trace.load(path)


def test_pickled_objects_are_refused(tmp_path: Path) -> None:
    """An object array runs code when it is unpickled: it is not even looked at."""
    header = small().header()
    content = dict(small().arrays)
    content["readout.logits"] = np.array([_Bomb(), _Bomb()], dtype=object)
    encoded = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    np.savez(tmp_path / "trace.npz", allow_pickle=True, header=encoded, **content)
    with pytest.raises(TraceError, match=r"damaged, or not a trace \(Object arrays cannot be loaded"):
        Trace.load(tmp_path / "trace.npz")


class _Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (_explode, ())


def _explode() -> None:
    raise SystemExit("an object was unpickled")


def rewritten(trace: Trace, **changes: Any) -> bytes:
    """An ``.npz`` whose header has been tampered with."""
    encoded = np.frombuffer(json.dumps(trace.header() | changes).encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, header=encoded, **trace.arrays)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"axes": {"encoder.0.hidden": ["time", "unit"], "readout.absent": ["class"]}},
        {"axes": {"encoder.0.hidden": ["unit"]}},
        {"axes": None},
        {"axes": {"../../etc/passwd": ["unit"]}},
        {"tokens": {"time": [["a", 1, 0, 1]]}},
        {"tokens": {"time": ["abcd"]}},
        {"tokens": 5},
        {"labels": {"class": 3}},
        {"meta": [1, 2]},
        {"meta": "text"},
        {"max_difference": "big"},
        {"max_difference": None},
        {"text": 3},
        {"model": ["a"]},
    ],
    ids=str,
)
def test_a_tampered_header_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    (tmp_path / "trace.npz").write_bytes(rewritten(small(), **changes))
    with pytest.raises(TraceError):
        Trace.load(tmp_path / "trace.npz")


def test_a_zip_of_something_else(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "trace.npz", "w") as archive:
        archive.writestr("readme.txt", "no arrays here")
    with pytest.raises(TraceError, match=r"trace\.npz cannot be read: damaged, or not a trace"):
        Trace.load(tmp_path / "trace.npz")


@pytest.mark.parametrize("ending", [".npz", ".parquet"])
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damaged_bytes(tmp_path: Path, ending: str, data: st.DataObject) -> None:
    """Bytes are cut off, overwritten or invented: a trace or a `TraceError`, nothing else."""
    content = bytearray(small().to_npz() if ending == ".npz" else small().to_parquet())
    match data.draw(st.sampled_from(["cut", "overwritten", "invented"])):
        case "cut":
            del content[data.draw(st.integers(0, len(content) - 1)) :]
        case "overwritten":
            for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
                content[place] = data.draw(st.integers(0, 255))
        case _:
            content = bytearray(data.draw(st.binary(max_size=200)))
    path = tmp_path / f"trace{ending}"
    path.write_bytes(content)
    with contextlib.suppress(TraceError):
        Trace.load(path)


# --- immutable, for good ----------------------------------------------------------------------


def recorded() -> Trace:
    """Two layers, read in both directions: halves of outputs, rows in turned order, states of batches."""
    torch.manual_seed(3)
    module = torch.nn.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True)
    return record_module(module, torch.randn(3, 6, 3), item=1)


def test_every_array_goes_into_torch() -> None:
    trace = recorded()
    for name in trace:
        array = trace[name]
        assert array.flags.c_contiguous, name
        assert all(stride > 0 for stride in array.strides), name
        assert torch.equal(torch.tensor(array), torch.tensor(array.tolist()))


def test_an_array_is_contiguous_however_it_came() -> None:
    turned = np.arange(6, dtype=np.float32).reshape(2, 3)[::-1].T
    trace = small(arrays={"encoder.0.hidden": turned}, axes={"encoder.0.hidden": ("time", "unit")})
    assert trace["encoder.0.hidden"].flags.c_contiguous
    np.testing.assert_array_equal(trace["encoder.0.hidden"], turned)


def test_no_array_can_be_made_writable(tmp_path: Path) -> None:
    trace = recorded()
    again = Trace.load(trace.save(tmp_path / "trace.npz"))
    shorter = again.computing("encoder.0.hidden", "encoder.1.hidden", np.negative)
    for found in (trace, again, shorter, replace(trace, text="other")):
        for name in found:
            array = found[name]
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0
            while isinstance(array, np.ndarray):
                with pytest.raises(ValueError, match="WRITEABLE"):
                    array.setflags(write=True)
                array = array.base


def test_meta_is_immutable_to_its_depths() -> None:
    meta = {"task": "module", "beam": [{"text": "a", "pieces": ["x"]}], "search": {"kept": [True, False]}}
    trace = small(meta=meta)
    for change in (
        lambda: trace.meta["beam"].append(1),
        lambda: trace.meta["beam"][0].update(text="b"),
        lambda: trace.meta["beam"][0]["pieces"].append("y"),
        lambda: trace.meta["search"].__setitem__("kept", []),
    ):
        with pytest.raises((AttributeError, TypeError)):
            change()
    meta["beam"][0]["pieces"].append("y")  # what it was made from is somebody else's
    assert trace.meta["beam"][0]["pieces"] == ("x",)
    assert trace.header()["meta"] == {
        "task": "module",
        "beam": [{"text": "a", "pieces": ["x"]}],
        "search": {"kept": [True, False]},
    }


# --- the limit of a file is the documented one ------------------------------------------------


@pytest.mark.parametrize("ending", ["npz", "parquet"])
def test_a_trace_of_nearly_the_limit_is_saved_and_read(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of single precision a file holds twice as many numbers as of double."""
    for dtype in (np.float32, np.float64):
        values = np.zeros((3, 120_000 // np.dtype(dtype).itemsize), dtype=dtype)
        trace = small(arrays={"encoder.0.hidden": values}, axes={"encoder.0.hidden": ("time", "unit")})
        monkeypatch.setattr(limits, "TRACE_BYTES", values.nbytes + 2_000)  # the header comes on top
        assert_same(Trace.load(trace.save(tmp_path / f"trace.{ending}")), trace)
        monkeypatch.setattr(limits, "TRACE_BYTES", values.nbytes - 1)
        with pytest.raises(TraceError, match=f"the trace has {values.nbytes} bytes; a file holds up to"):
            trace.save(tmp_path / f"more.{ending}")
        assert not (tmp_path / f"more.{ending}").exists()


def test_a_file_that_could_not_be_read_again_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not compress: the arrays fit, and the file with its other columns does not."""
    values = np.random.default_rng(0).random((3, 1_000))
    trace = small(arrays={"encoder.0.hidden": values}, axes={"encoder.0.hidden": ("time", "unit")})
    monkeypatch.setattr(limits, "TRACE_BYTES", values.nbytes)
    with pytest.raises(TraceError, match=r"the file would have \d+ bytes; the limit is 24000"):
        trace.save(tmp_path / "trace.parquet")
    with pytest.raises(TraceError, match=r"unpacks to \d+ bytes; the limit is 24000"):
        trace.save(tmp_path / "trace.npz")
    assert not list(tmp_path.iterdir())
