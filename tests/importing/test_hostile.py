"""Files that are damaged, disguised or made to do harm: a clear message, nothing executed, memory bounded."""

import json
import os
import pickle
import random
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from helpers_keras import drawn, write_h5
from safetensors.torch import save_file
from torch import nn

from rnnviz_core import limits
from rnnviz_core.errors import CheckpointError, RnnvizError
from rnnviz_core.importing.opening import open_network

ROOT = Path(__file__).resolve().parents[2]


class Evil:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.mark}",)


def h5(path: Path, change: Callable[[Any], None]) -> Path:
    """A sound file of Keras, and what `change` does to it."""
    write_h5(path, [("LSTM", {"name": "a", "units": 4}, drawn((3, 16), (4, 16), (16,)))], "2.15.0")
    with h5py.File(path, "a") as file:
        change(file)
    return path


def _external(file: Any) -> None:
    file["model_weights/a/x"] = h5py.ExternalLink("/etc/passwd", "/")


def _soft(file: Any) -> None:
    file["model_weights/a/x"] = h5py.SoftLink("/model_weights")


def _reference(file: Any) -> None:
    file.create_dataset("model_weights/a/x", data=file.ref, dtype=h5py.ref_dtype)


def _outside(file: Any) -> None:
    file.create_dataset("model_weights/a/x", (4,), "f4", external=[("/etc/passwd", 0, 16)])


def _virtual(file: Any) -> None:
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (4,))
    file.create_virtual_dataset("model_weights/a/x", layout)


def _endless(file: Any) -> None:
    file.create_dataset("model_weights/a/x", (10**12,), "f4", chunks=(1024,))


def _words(file: Any) -> None:
    file.create_dataset("model_weights/a/x", data=np.array([b"text"]))


def _deep(file: Any) -> None:
    file.create_group("/".join("g" * 60))


@pytest.mark.parametrize(
    "change, message",
    [
        (_external, "is a link to another file"),
        (_soft, "is a soft link"),
        (_reference, "weights are numbers"),
        (_outside, "keeps its numbers in another file"),
        (_virtual, "keeps its numbers in another file"),
        (_endless, "arrays take more than"),
        (_words, "weights are numbers"),
        (_deep, "nested more than"),
    ],
)
def test_an_hdf5_file_that_reaches_out_is_refused(tmp_path: Path, change: Any, message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        open_network(h5(tmp_path / "m.h5", change))


def test_a_group_within_itself_ends(tmp_path: Path) -> None:
    def loop(file: Any) -> None:
        file["model_weights/a/again"] = file["model_weights"]

    assert open_network(h5(tmp_path / "m.h5", loop)).width == 3


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("m.h5", b"", "is empty"),
        (
            "m.keras",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n",
            "pointer of git-lfs",
        ),
        ("m.pt", b"<!DOCTYPE html><html>", "is a web page"),
        ("m.safetensors", (10 * 2**30).to_bytes(8, "little") + b"{}", "damaged, or not safetensors"),
        (
            "m.safetensors",
            (10**6).to_bytes(8, "little") + b"{}",
            "says that its header has 1000000 bytes; the file has 2",
        ),
        ("m.h5", b"\x89HDF\r\n\x1a\n" + b"\0" * 100, "m.h5"),
        ("m.pkl", b"\x80\x04K\x01.", "damaged, or no file of weights"),
        ("m.keras", b"PK\x03\x04" + b"\0" * 50, "is damaged"),
        ("m.bin", b"just some text, and no network", "is none of the files that can be opened"),
        ("m.tflite", b"\x1c\0\0\0TFL3" + b"\0" * 9, "TensorFlow Lite"),
    ],
)
def test_what_is_no_network_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        open_network(tmp_path / name)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read: No such file"):
        open_network(tmp_path / "none.h5")
    (tmp_path / "saved_model.pb").write_bytes(b"x")
    with pytest.raises(
        CheckpointError, match=r"is a folder of TensorFlow's SavedModel, which holds a program"
    ):
        open_network(tmp_path)


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "IMPORT_UNPACKED_BYTES", 32 * 2**20)
    for names in (("config.json", "model.weights.h5"), ("m/data.pkl", "m/data/0")):
        path = tmp_path / "bomb.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names:
                with archive.open(name, "w", force_zip64=True) as entry:
                    for _ in range(40):
                        entry.write(bytes(2**20))
        assert path.stat().st_size < 2**18
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(CheckpointError, match=r"unpacks to 83886080 bytes; the limit is"):
            open_network(path)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kilobytes


def test_a_large_file_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "large.pt"
    with path.open("wb") as file:
        file.truncate(limits.IMPORT_BYTES + 1)
    with pytest.raises(CheckpointError, match="the limit is 268435456"):
        open_network(path)


@pytest.mark.parametrize("old", [True, False])
def test_pickles_are_never_run(tmp_path: Path, old: bool) -> None:
    mark, path = tmp_path / "mark", tmp_path / "evil.pt"
    torch.save({"a": Evil(mark)}, path, _use_new_zipfile_serialization=not old)
    with pytest.raises(CheckpointError, match=r"holds a whole model \(posix.system\)"):
        open_network(path)
    (tmp_path / "plain.pkl").write_bytes(pickle.dumps(Evil(mark)))
    with pytest.raises(CheckpointError, match=r"posix.system"):
        open_network(tmp_path / "plain.pkl")
    assert not mark.exists()
    torch.save(nn.LSTM(3, 4), path, _use_new_zipfile_serialization=not old)
    with pytest.raises(CheckpointError, match=r"torch.save\(model.state_dict\(\), \"weights.pt\"\)"):
        open_network(path)


def test_torchscript_is_named(tmp_path: Path) -> None:
    path = tmp_path / "script.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("m/data.pkl", b"")
        archive.writestr("m/code/__torch__.py", b"def forward(): ...")
    with pytest.raises(CheckpointError, match="TorchScript archive, which holds a program"):
        open_network(path)


def test_a_stretched_tensor_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "stretched.pt"
    torch.save({"rnn.weight_ih_l0": torch.zeros(1).expand(10**6, 10**6)}, path)
    with pytest.raises(CheckpointError, match="more than can be opened"):
        open_network(path)


def valid(folder: Path) -> dict[str, bytes]:
    """A sound file of every kind."""
    state = nn.LSTM(3, 4).state_dict()
    torch.save(state, folder / "a.pt")
    torch.save(state, folder / "b.pth", _use_new_zipfile_serialization=False)
    save_file(state, folder / "c.safetensors")
    return {name: (folder / name).read_bytes() for name in ("a.pt", "b.pth", "c.safetensors")}


def damaged(content: bytes, chance: random.Random) -> bytes:
    found = bytearray(content)
    for _ in range(chance.choice((1, 3, 20))):
        found[chance.randrange(len(found))] = chance.randrange(256)
    return bytes(found[: chance.randrange(len(found))] if chance.random() < 0.2 else found)


@pytest.mark.filterwarnings("ignore")
def test_damaged_files_are_opened_or_refused(tmp_path: Path) -> None:
    chance = random.Random(4)
    refused = 0
    for name, content in valid(tmp_path).items():
        for _ in range(60):
            (tmp_path / name).write_bytes(damaged(content, chance))
            try:
                open_network(tmp_path / name).record(np.ones((2, 3)))
            except RnnvizError as error:
                refused += len(str(error)) < 1_000
    assert refused > 30


FUZZ = """
import io, json, random, resource, signal, sys, types
from pathlib import Path
from rnnviz_core.importing import reader

content, first, last = Path(sys.argv[1]).read_bytes(), int(sys.argv[2]), int(sys.argv[3])
out, sys.argv = sys.stdout, ["reader", "en", str(2**24), "1000", str(2**20)]
for number in range(first, last):
    chance, found = random.Random(number), bytearray(content)
    for _ in range(chance.choice((1, 3, 20))):
        found[chance.randrange(len(found))] = chance.randrange(256)
    if number % 5 == 0:
        found = found[: chance.randrange(len(found))]
    wrote = io.BytesIO()
    sys.stdin = types.SimpleNamespace(buffer=io.BytesIO(bytes(found)))
    sys.stdout = types.SimpleNamespace(buffer=wrote)
    out.write(f"{number} ")
    out.flush()
    signal.setitimer(signal.ITIMER_REAL, 2)  # HDF5 may go round in circles: as in an import, that ends
    reader.main()
    signal.setitimer(signal.ITIMER_REAL, 0)
    size = int.from_bytes(wrote.getvalue()[:8], "little")
    error = json.loads(wrote.getvalue()[8 : 8 + size]).get("error")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    out.write(json.dumps([number, error, peak]) + "\\n")
    out.flush()
"""


@pytest.mark.slow
def test_damaged_hdf5_is_read_or_refused_with_a_message_in_bounded_memory(tmp_path: Path) -> None:
    """Every damaged file has an outcome; one that ends the reader's process is a message all the same."""
    path, count, first = h5(tmp_path / "m.h5", lambda file: None), 200, 0
    outcomes: dict[int, str | None] = {}
    crashed: list[int] = []
    while first < count:
        done = subprocess.run(
            [sys.executable, "-c", FUZZ, str(path), str(first), str(count)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        lines = done.stdout.splitlines()
        for line in lines:
            number, _, told = line.partition(" ")
            if told:
                _, outcomes[int(number)], peak = json.loads(told)
                assert peak < 3_000_000, "kilobytes: what the reader may take at most"
        if done.returncode == 0:
            break
        last = int(lines[-1].split()[0])
        if last not in outcomes:  # else it ended on its way out
            crashed.append(last)
        assert len(crashed) < 10
        first = last + 1
    assert sorted([*outcomes, *crashed]) == list(range(count))
    refused = [error for error in outcomes.values() if error is not None]
    assert 10 < len(refused) < count - 10
    assert all(5 < len(error) < 1_000 for error in refused)


@pytest.mark.parametrize("cut", [40, 600, 0.5])
def test_a_damaged_hdf5_file_is_a_message_of_the_import(tmp_path: Path, cut: float) -> None:
    path = h5(tmp_path / "m.h5", lambda file: None)
    content = path.read_bytes()
    path.write_bytes(content[: int(cut * len(content)) if cut < 1 else int(cut)])
    with pytest.raises(CheckpointError, match=r"^m\.h5"):
        open_network(path)


def test_a_reader_that_crashes_is_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rnnviz_core.importing import apart

    real = subprocess.run
    monkeypatch.setattr(
        apart.subprocess,
        "run",
        lambda command, **rest: real([sys.executable, "-c", "import os; os.abort()"], **rest),
    )
    with pytest.raises(CheckpointError, match="is damaged: reading it failed"):
        open_network(h5(tmp_path / "m.h5", lambda file: None))


def test_a_config_that_is_wrong_is_refused(tmp_path: Path) -> None:
    for config, message in (
        ("{", "is not JSON"),
        ("[1]", "is no object"),
        ('{"class_name": "Sequential", "config": {"layers": []}}', "lists no layers"),
        ('{"class_name": "Sequential", "config": {"layers": [{"class_name": "LSTM"}]}}', "has no settings"),
        (
            '{"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {"name": "d"}}]}',
            "holds no recurrent layer",
        ),
        (
            '{"class_name": "Sequential", "config": [{"class_name": "LSTM", "config": {"name": "zz"}}]}',
            "has 0 weights",
        ),
        ("[" * 100_000, "is not JSON"),
    ):
        (tmp_path / "c.json").write_text(config, encoding="utf-8")
        with pytest.raises(CheckpointError, match=message):
            open_network(h5(tmp_path / "m.h5", lambda file: None), config=tmp_path / "c.json")
