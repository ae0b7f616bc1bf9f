"""What a file is, by its first bytes: never by its name alone, and before anything else is read of it."""

import zipfile
from pathlib import Path

from rnnviz_core import limits
from rnnviz_core.errors import CheckpointError
from rnnviz_core.inputs.memory import File
from rnnviz_core.languages import N_, _

HDF5 = b"\x89HDF\r\n\x1a\n"
POINTER = b"version https://git-lfs.github.com/spec/"
_SHOWN = N_(".safetensors, .pt or .pth (a state dict), .h5, .keras, .weights.h5, .onnx")


def kind_of(path: File) -> str:
    """``safetensors``, ``torch``, ``legacy`` (torch before 1.6), ``hdf5``, ``keras`` or ``onnx``.

    Raises
    ------
    CheckpointError
        When the file is missing, empty, too large, or something else; the message says what it seems to be.
    """
    try:
        size = path.stat().st_size
        if isinstance(path, Path) and path.is_dir():
            raise CheckpointError(_about_folder(path))
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise CheckpointError(
            _("{file} cannot be read: {reason}", file=path.name, reason=error.strerror or error)
        ) from None
    if size == 0:
        raise CheckpointError(_("{file} is empty: its download or its saving was cut off", file=path.name))
    if head.startswith(POINTER):
        raise CheckpointError(
            _(
                "{file} is a pointer of git-lfs, not the file itself: fetch it with `git lfs pull`",
                file=path.name,
            )
        )
    if size > limits.IMPORT_BYTES:
        raise CheckpointError(
            _(
                "{file} has {size} bytes; the limit is {limit}",
                file=path.name,
                size=size,
                limit=limits.IMPORT_BYTES,
            )
        )
    return _kind(path, head)


def _about_folder(path: Path) -> str:
    if (path / "saved_model.pb").exists():
        return _(
            "{file} is a folder of TensorFlow's SavedModel, which holds a program; open it where it was "
            'made and save the model anew: model.save("model.keras"); name a file: {known}',
            file=path.name,
            known=_(_SHOWN),
        )
    return _("{file} is a folder; name a file: {known}", file=path.name, known=_(_SHOWN))


def _kind(path: File, head: bytes) -> str:
    name = path.name
    if head.startswith(HDF5):
        return "hdf5"
    if head.startswith(b"PK\x03\x04"):
        return _zipped(path)
    start = head.lstrip()[:64].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise CheckpointError(
            _("{name} is a web page, not the file itself: download it again, by its raw address", name=name)
        )
    if head[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"):
        return "legacy"
    if len(head) > 9 and head[8:9] == b"{" and int.from_bytes(head[:8], "little") < limits.IMPORT_BYTES:
        return "safetensors"
    if path.suffix == ".safetensors":
        raise CheckpointError(
            _("{name} is damaged, or not safetensors: its header is not where it must be", name=name)
        )
    if head[4:8] == b"TFL3":
        raise CheckpointError(
            _(
                "{name} is a model of TensorFlow Lite, which is not read; use the .keras or .h5 of it",
                name=name,
            )
        )
    if (
        path.suffix == ".onnx"
        or (head[:1] == b"\x08" and b"onnx" in head[:200].lower())
        or head[:1] == b"\x08"
    ):
        return "onnx"
    raise CheckpointError(
        _("{name} is none of the files that can be opened: {known}", name=name, known=_(_SHOWN))
    )


def _zipped(path: File) -> str:
    """What a zip file holds; its sizes are looked at before anything is unpacked."""
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise CheckpointError(
            _("{file} is damaged: {error}; was the download cut off?", file=path.name, error=error)
        ) from None
    if len(entries) > limits.IMPORT_TENSORS:
        raise CheckpointError(
            _(
                "{file} holds {count} files; the limit is {limit}",
                file=path.name,
                count=len(entries),
                limit=limits.IMPORT_TENSORS,
            )
        )
    total = sum(entry.file_size for entry in entries)
    if total > limits.IMPORT_UNPACKED_BYTES:
        raise CheckpointError(
            _(
                "{file} unpacks to {total} bytes; the limit is {limit}",
                file=path.name,
                total=total,
                limit=limits.IMPORT_UNPACKED_BYTES,
            )
        )
    names = {entry.filename for entry in entries}
    if {"config.json", "model.weights.h5"} <= names:
        return "keras"
    last = {name.rsplit("/", 1)[-1] for name in names}
    if "constants.pkl" in last or any("/code/" in name for name in names):
        raise CheckpointError(
            _(
                "{file} is a TorchScript archive, which holds a program; save the state dict instead: "
                'torch.save(model.state_dict(), "weights.pt")',
                file=path.name,
            )
        )
    if "data.pkl" in last:
        return "torch"
    raise CheckpointError(
        _("{file} is a zip file, but of no kind that can be opened: {known}", file=path.name, known=_(_SHOWN))
    )
