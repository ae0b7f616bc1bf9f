"""What a server gives back and does not pile up; measured on the C library's own books."""

import ctypes
import os
import sys

import numpy as np
import pyarrow as pa
import pytest
import torch

from bench.load import memory
from bench.sentences import language, sentences
from rnnviz_core import load, record
from rnnviz_core.frames.embeddings import vocabulary
from rnnviz_core.models.components import Lookup, halve_lookups
from rnnviz_core.ui.drawing import arrow
from rnnviz_core.ui.serving import loaders

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from glibc and /proc")


class Books(ctypes.Structure):
    """glibc's ``struct mallinfo2``."""

    NAMES = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks")
    _fields_ = [(name, ctypes.c_size_t) for name in (*NAMES, "keepcost")]


def in_use() -> int:
    """Bytes that C code holds in the heap."""
    mallinfo2 = ctypes.CDLL("libc.so.6").mallinfo2
    mallinfo2.restype = Books
    return mallinfo2().uordblks


def test_texts_of_many_lengths_leave_nothing_behind():
    entry = next(entry for entry in loaders.models().entries if entry.spec.cell == "lstm")
    model = loaders.model(entry)
    found = sentences(language(entry.spec), 1)
    words = " ".join(next(found) for _ in range(6)).split()

    def read(lengths: range) -> None:
        for length in lengths:
            record(model, " ".join(words[:length]))

    read(range(1, 13))  # the BLAS takes its workspace, once: 1.5 MiB for each form of product that it meets
    before = in_use()
    read(range(13, 53))
    assert in_use() - before < 500_000  # with oneDNN 40 lengths leave 4 MB


@pytest.mark.parametrize("task", ["sentiment", "translation"])
def test_a_served_model_keeps_half_of_a_table_and_every_digit(task):
    entry = next(entry for entry in loaders.models().entries if entry.spec.task == task)
    loaded, served = load(entry.path), loaders.model(entry)
    name = "embedding.weight" if task == "sentiment" else "source_embedding.weight"
    tables = loaded.state_dict()[name], served.state_dict()[name]
    assert tables[0].nbytes == 2 * tables[1].nbytes > 1_000_000
    text = next(sentences(language(entry.spec), 2))
    expected, found = (
        record(model, text, **({"beam": 3} if task == "translation" else {})) for model in (loaded, served)
    )
    assert {site: found[site].dtype for site in found} == {site: expected[site].dtype for site in expected}
    for site in expected:
        assert np.array_equal(found[site], expected[site]), site
    whole, kept = (vocabulary(model)[0] for model in (loaded, served))
    assert kept.dtype == np.float32
    assert np.array_equal(whole, kept)


def test_freed_memory_goes_back_to_the_system():
    pieces = [np.ones(7_500) for _ in range(2_000)]  # 60 kB each: glibc would keep them
    full = memory(os.getpid())
    kept = pieces[::50]
    del pieces
    before = memory(os.getpid())
    loaders.trim()
    assert memory(os.getpid()) < before - 60e6
    assert memory(os.getpid()) < full - 100e6
    assert kept[0][0] == 1


def test_memory_is_given_back_now_and_then_and_not_at_every_run(monkeypatch):
    trims = []
    monkeypatch.setattr(loaders, "trim", lambda: trims.append(1))
    monkeypatch.setattr(loaders, "_frozen", loaders._standing())
    monkeypatch.setattr(loaders, "_trimmed", loaders.time.monotonic())
    for _ in range(3):
        loaders.warm_up()
    assert not trims
    monkeypatch.setattr(loaders, "_trimmed", loaders.time.monotonic() - loaders.TRIM_SECONDS - 1)
    loaders.warm_up()
    assert len(trims) == 1


def test_rows_are_written_with_the_systems_allocator():
    assert arrow.arrow_bytes({"x": np.arange(3)})
    assert pa.default_memory_pool().backend_name == "system"


def test_a_table_that_would_lose_digits_stays_as_it_is():
    """A checkpoint that somebody saved in float32 is shown as `evaluate` reads it."""
    exact, finer = Lookup(4, 3), Lookup(4, 3)
    with torch.no_grad():
        exact.weight.copy_(exact.weight.half())
        finer.weight.fill_(1 / 3)
    halve_lookups(torch.nn.ModuleList([exact, finer]))
    assert exact.weight.dtype == torch.float16
    assert finer.weight.dtype == torch.float32


def test_reference_cycles_are_looked_for_every_other_time_and_before_a_freeze(monkeypatch):
    """The search takes longer than giving back what is free already."""
    now, collected = [100.0], []
    monkeypatch.setattr(loaders.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(loaders.gc, "collect", lambda: collected.append(now[0]))
    monkeypatch.setattr(loaders, "_collected", 100.0 - loaders.COLLECT_SECONDS)
    monkeypatch.setattr(loaders, "_trimmed", 0.0)
    for seconds in (0.0, 1.0, 2.0, 3.1, 4.2):
        now[0] = 100.0 + seconds * loaders.TRIM_SECONDS
        loaders.trim()
    assert collected == [100.0, 102.0, 104.2]
    loaders.trim(cycles=True)
    assert collected[-1] == 104.2
    assert len(collected) == 4
