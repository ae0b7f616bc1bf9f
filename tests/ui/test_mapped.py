"""Tables of shipped models stay in their files; what was read of them is given back, and reads the same."""

import sys
from pathlib import Path

import pytest
import torch

from rnnviz_core import limits
from rnnviz_core.checkpoints import registry
from rnnviz_core.contracts.task import record
from rnnviz_core.models.components import Lookup, in_single_precision
from rnnviz_core.places import shipped
from rnnviz_core.ui.serving import loaders, mapped

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
    tables = registry.keep_in_file(network, shipped() / MODEL, tables_only=True)
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


@pytest.mark.parametrize("name", ["de-en-gru-bahdanau", "sentiment-bilstm-attention", "sunspots-peephole"])
def test_a_network_whose_weights_stay_in_the_file_computes_the_same(name: str) -> None:
    network = registry.load(name)
    before = {key: weight.clone() for key, weight in network.state_dict().items()}
    registry.keep_in_file(network, shipped() / name)
    assert all(weight.dtype == torch.float16 for weight in network.parameters())
    first, second = in_single_precision(network), in_single_precision(network)
    tables = [one.weight for one in network.modules() if isinstance(one, Lookup)]
    assert [one.weight for one in first.modules() if isinstance(one, Lookup)] == tables, "never copied"
    for key, weight in first.state_dict().items():
        assert torch.equal(weight.float(), before[key]), key
    computing = [weight for weight in first.parameters() if weight.dtype == torch.float32]
    assert {id(weight) for weight in computing}.isdisjoint(id(weight) for weight in second.parameters())
    assert all(weight.data_ptr() % 64 == 0 for weight in computing), "as torch's own memory"
    text = " ".join(map(str, range(30))) if name.startswith("sunspots") else "Das ist gut."
    found, wanted = record(first, text), record(registry.load(name), text)
    assert set(found) == set(wanted)
    assert all((found[site] == wanted[site]).all() for site in wanted)


def test_large_networks_are_held_one_or_two_at_a_time() -> None:
    large = [entry for entry in loaders.shipped().entries if entry.bytes > limits.KEPT_NETWORK_BYTES][:3]
    assert len(large) == 3
    for entry in large:
        network = loaders.model(entry)
        assert network is loaders.model(entry), "asked for again in the same run"
        assert all(weight.dtype == torch.float16 for weight in loaders.stored(entry).parameters())
    assert len(loaders._computing) == 1 or loaders._computing.bytes <= limits.CACHED_WEIGHT_BYTES
    assert len(loaders._computing) < len(large)
