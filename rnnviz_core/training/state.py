"""The files in a run's folder: its state, whose it is, and the log of its epochs."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from rnnviz_core.checkpoints.files import replace
from rnnviz_core.checkpoints.registry import CARD, METRICS, SPEC, WEIGHTS
from rnnviz_core.contracts.task import read_spec
from rnnviz_core.errors import DataError, SpecError

from .fingerprint import Fingerprint, as_named_now, differences

STATE = "training.safetensors"
LOG = "metrics.jsonl"
RUN = "run.json"


def read_header(folder: Path) -> dict[str, str] | None:
    """The progress and the fingerprint that a state file carries, as JSON; None without such a file.

    Raises
    ------
    DataError
        When the file is damaged.
    """
    found = _open(folder, tensors=False)
    return None if found is None else found[0]


def read(folder: Path) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    """The header of a state file and its tensors."""
    found = _open(folder, tensors=True)
    assert found is not None, f"{folder / STATE} is gone"
    return found


def _open(folder: Path, *, tensors: bool) -> tuple[dict[str, str], dict[str, torch.Tensor]] | None:
    path = folder / STATE
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            names = file.keys() if tensors else ()
            return file.metadata() or {}, {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError) as error:
        raise DataError(f"{path} is damaged ({error}); delete it to start again") from None


def check(folder: Path, marks: Fingerprint, *, whole: bool = True) -> bool:
    """Whether a folder holds a state of the run with this fingerprint; False where it holds none.

    With `whole` false, `marks` may be a part of the fingerprint: the part that is known early.

    Raises
    ------
    SpecError
        When the state belongs to another run; the message names what differs.
    DataError
        When it is damaged.
    """
    header = read_header(folder)
    if header is None:
        return False
    kept = kept_fingerprint(header)
    if not kept:
        raise SpecError(
            f"{folder / STATE} was written by an earlier version, which does not say what it was trained on; "
            "choose another --out, or delete it to start again"
        )
    if not whole:
        kept = {name: value for name, value in kept.items() if name in marks}
    if found := differences(kept, marks):
        raise SpecError(
            f"{folder / STATE} belongs to a run with other settings ({found}); "
            "choose another --out, or delete it to start again"
        )
    return True


def kept_fingerprint(header: dict[str, str]) -> Fingerprint:
    """The fingerprint in a header; empty where an earlier version wrote the state."""
    return as_named_now(json.loads(header.get("fingerprint", "{}")))


def finished(folder: Path) -> int:
    """How many epochs a run has finished, from its state, or from its log where the state is gone."""
    header = read_header(folder)
    if header is not None:
        return int(json.loads(header["progress"])["epoch"])
    return len(_rows(folder))


def keep_log(folder: Path, epochs: int) -> None:
    """Leave the lines of the first `epochs` epochs in the log: what came after them is run again."""
    lines = [line for epoch, line in _rows(folder).items() if epoch <= epochs]
    if not lines:
        (folder / LOG).unlink(missing_ok=True)
    elif (folder / LOG).exists():
        replace(folder / LOG, lambda path: path.write_text("".join(f"{line}\n" for line in lines)))


def add_to_log(folder: Path, row: dict[str, Any]) -> None:
    """One more line."""
    with (folder / LOG).open("a") as file:
        file.write(json.dumps(row) + "\n")


def _rows(folder: Path) -> dict[int, str]:
    """The line of every epoch in the log; one that a kill cut short is left out."""
    found = {}
    path = folder / LOG
    for line in path.read_text(errors="replace").splitlines() if path.exists() else ():
        try:
            found[int(json.loads(line)["epoch"])] = line
        except (ValueError, KeyError, TypeError):
            continue
    return found


def begin(folder: Path, settings: str) -> None:
    """Write a run's settings; where it does not go on, what another run left here is removed first."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / STATE).exists():
        _remove_checkpoint(folder)
        (folder / LOG).unlink(missing_ok=True)
    replace(folder / RUN, lambda path: path.write_text(settings))


def _remove_checkpoint(run: Path) -> None:
    """Remove the checkpoint of the run whose settings stand in a folder; what else is there stays."""
    try:
        folder = run / read_spec(json.loads((run / RUN).read_text())["spec"]).model_id
    except (OSError, ValueError, KeyError, TypeError, SpecError):  # no run was here, or none we know
        return
    if not (folder / SPEC).exists():
        return
    for file in (folder / SPEC, folder / WEIGHTS, folder / METRICS, folder / CARD, *folder.glob("*.model")):
        file.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
