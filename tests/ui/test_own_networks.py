"""What visitors drop: damaged files become messages, limits hold, nobody sees what another one holds."""

import io
import random

import numpy as np
import pytest
import torch
from helpers_keras import drawn, write_h5

import rnnviz_core as rnnviz
from rnnviz_core import limits
from rnnviz_core.checkpoints.sources import Held
from rnnviz_core.inputs.memory import InMemory
from rnnviz_core.ui.serving import loaders, own_networks


def sound(tmp_path) -> dict[str, bytes]:
    torch.manual_seed(0)
    pickled = io.BytesIO()
    torch.save(torch.nn.GRU(2, 3).state_dict(), pickled)
    trace = rnnviz.record_module(torch.nn.GRU(2, 3), torch.randn(4, 2))
    array = io.BytesIO()
    np.save(array, np.ones((4, 2)))
    layers = [("LSTM", {"name": "a", "units": 4}, drawn((3, 16), (4, 16), (16,)))]
    write_h5(tmp_path / "x.h5", layers, "2.15.0")
    return {
        "x.pt": pickled.getvalue(),
        "x.npz": trace.to_npz(),
        "x.parquet": trace.to_parquet(),
        "x.csv": b"date,a,b\n2024-01-01,1,2\n2024-01-02,3,4\n",
        "x.npy": array.getvalue(),
        "x.h5": (tmp_path / "x.h5").read_bytes(),
    }


def damaged(content: bytes, draw: random.Random) -> bytes:
    match draw.randrange(3):
        case 0:
            return content[: draw.randrange(len(content))]
        case 1:
            at = draw.randrange(len(content))
            return content[:at] + draw.randbytes(8) + content[at + 8 :]
        case _:
            return draw.randbytes(200)


def test_damaged_files_are_opened_or_told_of(tmp_path) -> None:
    draw, told = random.Random(5), 0
    for name, content in sound(tmp_path).items():
        assert own_networks.look_at(InMemory(name, content)).kind != own_networks.PROBLEM, name
        for _ in range(2 if name == "x.h5" else 25):  # that one is read in a process of its own
            found = own_networks.look_at(InMemory(name, damaged(content, draw)))
            told += found.kind == own_networks.PROBLEM
            assert (found.kind == own_networks.PROBLEM) == bool(found.message)
            assert "--" not in found.message
    assert told > 60


def test_a_large_file_is_not_looked_at() -> None:
    found = own_networks.look_at(InMemory("x.pt", b"\0" * (limits.UPLOAD_BYTES + 1)))
    assert found.message == (
        f"x.pt has {limits.UPLOAD_BYTES + 1} bytes; the limit is {limits.UPLOAD_BYTES}: larger files are "
        "opened "
        "by rnnviz import"
    )


@pytest.fixture
def session(monkeypatch) -> Held:
    held = Held()
    monkeypatch.setattr(loaders, "own", lambda: held)
    return held


def test_a_session_holds_so_much_and_lets_go(session, monkeypatch) -> None:
    trace = rnnviz.record_module(torch.nn.GRU(2, 3), torch.randn(4, 2))
    monkeypatch.setattr(limits, "OWN_NETWORKS", 2)
    for name in ("a.npz", "b.npz", "a.npz"):
        own_networks.open_trace(trace, name)
    assert [entry.id for entry in own_networks.opened()] == ["b.npz", "a.npz"] or len(
        own_networks.opened()
    ) == 2
    with pytest.raises(rnnviz.RnnvizError, match="2 networks and traces are open; the limit is 2"):
        own_networks.open_trace(trace, "c.npz")
    own_networks.remove("a.npz")
    monkeypatch.setattr(limits, "OWN_BYTES", 2 * trace.nbytes - 1)
    with pytest.raises(rnnviz.RnnvizError, match="all that is open would take"):
        own_networks.open_trace(trace, "c.npz")
    with pytest.raises(rnnviz.RnnvizError, match="is the name of a model that is installed here"):
        own_networks.open_trace(trace, loaders.shipped().entries[0].id)
