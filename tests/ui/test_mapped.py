"""Tables of shipped models stay in their files; what was read of them is given back, and reads the same."""

import sys
from pathlib import Path

import pytest
import torch

from rnnviz_core.checkpoints import registry
from rnnviz_core.models.components import Lookup
from rnnviz_core.places import shipped
from rnnviz_core.ui.serving import mapped

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mapped files are looked up in /proc")
MODEL = "sentiment-tiny-lstm"


def resident(table: torch.Tensor) -> int:
    """kB of the table's mapping that are in memory."""
    at, found = table.data_ptr(), False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        first, *rest = line.split()
        if "-" in first and not first.endswith(":"):
            low, high = (int(end, 16) for end in first.split("-"))
            found = low <= at < high
        elif found and first == "Rss:":
            return int(rest[0])
    raise AssertionError("the table is in no mapping")


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> torch.Tensor:
    monkeypatch.setattr(mapped, "_watched", [])
    network = registry.load(MODEL)
    before = {name: one.weight.clone() for name, one in network.named_modules() if isinstance(one, Lookup)}
    tables = registry.keep_tables_in_file(network, shipped() / MODEL)
    assert len(tables) == len(before) == 1
    assert torch.equal(tables[0].float(), *before.values()), "not a digit is lost"
    mapped.watch(tables)
    return tables[0]


def test_what_was_read_is_given_back_and_reads_the_same(table: torch.Tensor) -> None:
    before = table.float().sum()
    held = resident(table)
    assert mapped.let_go() > 0.9 * table.nbytes
    assert resident(table) < held / 2
    assert table.float().sum() == before


def test_a_table_that_is_gone_is_forgotten(monkeypatch: pytest.MonkeyPatch, table: torch.Tensor) -> None:
    monkeypatch.setattr(mapped, "_watched", [mapped.weakref.ref(table.clone())])
    assert mapped.let_go() == 0
    assert not mapped._watched


def test_memory_that_is_no_file_is_never_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be zeros afterwards."""
    monkeypatch.setattr(mapped, "_watched", [])
    own = torch.ones(1_000_000, dtype=torch.float16)
    mapped.watch([own])
    assert mapped.let_go() == 0
    assert own.sum() == 1_000_000
