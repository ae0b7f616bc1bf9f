"""Where the SentencePiece models of a checkpoint are: in its folder, or shared by several checkpoints.

Models trained on the same texts have the same vocabulary. Among published checkpoints each is kept once, as
``tokenizers/<digest>.model``, and ``tokenizers.json`` in a checkpoint's folder says which is whose:
``{"source": "<digest>", "target": "<digest>"}``. The digest is the start of the file's SHA-256 and is checked
when it is read. A file ``source.model`` in the folder itself comes first: runs keep their own, and a folder
that is copied somewhere else needs its own.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from rnnviz_core import limits
from rnnviz_core.errors import CheckpointError
from rnnviz_core.inputs.tokenizer import Tokenizer

from .files import read, read_json, replace

SHELF = "tokenizers"  # folder beside the checkpoints
REFERENCES = "tokenizers.json"  # in a checkpoint's folder
DIGITS = 16  # of the digest, in hexadecimal: 64 bits


def digest(data: bytes) -> str:
    """The name of a shared file, a digest of its content."""
    return hashlib.sha256(data).hexdigest()[:DIGITS]


def find(folder: Path, name: str) -> Path:
    """The file of one of a checkpoint's tokenizers.

    Raises
    ------
    CheckpointError
        When what `REFERENCES` says is not a digest.
    """
    own = folder / f"{name}.model"
    if own.exists() or not (folder / REFERENCES).exists():
        return own
    named = read_json(folder / REFERENCES).get(name)
    if named is None:
        return own
    if not isinstance(named, str) or not re.fullmatch(rf"[0-9a-f]{{{DIGITS}}}", named):
        raise CheckpointError(
            f"{folder.name}/{REFERENCES}: {name} is {named!r:.60}; it must be {DIGITS} hexadecimal digits"
        )
    return folder.resolve().parent / SHELF / f"{named}.model"


def load(folder: Path, name: str) -> Tokenizer:
    """One of a checkpoint's tokenizers; `CheckpointError` names the file that is missing or damaged."""
    file = find(folder, name)
    shared = file.name != f"{name}.model"
    place = f"{folder.name}/{REFERENCES}" if shared else f"{folder.name}/{file.name}"
    try:
        data = read(file, limits.TOKENIZER_BYTES)
        if shared and digest(data) != file.stem:
            raise CheckpointError(f"{SHELF}/{file.name} is damaged: its content is not what its name says")
        return Tokenizer.cached(data)
    except CheckpointError as error:
        alone = shared and not file.exists()
        hint = f"; of a folder copied alone, copy that file too: into it, as {name}.model" if alone else ""
        raise CheckpointError(f"{place}: {error}{hint}") from None


def _places(folder: Path) -> dict[str, Path]:
    """The file of every tokenizer that a checkpoint has or refers to."""
    names = {file.stem for file in folder.glob("*.model")}
    if (folder / REFERENCES).exists():
        names |= {name for name in read_json(folder / REFERENCES) if name.isidentifier()}
    return {name: find(folder, name) for name in sorted(names)}


def files(folder: Path) -> list[Path]:
    """The existing tokenizer files of a checkpoint, its own or shared ones."""
    return [file for file in _places(folder).values() if file.is_file()]


def shared_by(folder: Path) -> dict[str, str]:
    """The tokenizers that a checkpoint shares, by name: where they lie in the folder of checkpoints."""
    return {name: f"{SHELF}/{file.name}" for name, file in _places(folder).items() if file.stem != name}


def keep(folder: Path, tokenizers: Mapping[str, Tokenizer]) -> None:
    """Write tokenizers into a checkpoint's own folder."""
    for name, tokenizer in tokenizers.items():
        data = tokenizer.serialized
        replace(folder / f"{name}.model", partial(Path.write_bytes, data=data))
    (folder / REFERENCES).unlink(missing_ok=True)


def share(folder: Path, tokenizers: Mapping[str, Tokenizer]) -> None:
    """Store tokenizers where all checkpoints of one collection find them, each once, and refer to them."""
    if not tokenizers:  # numbers are read
        return
    shelf = folder.resolve().parent / SHELF
    shelf.mkdir(exist_ok=True)
    names = {}
    for name, tokenizer in tokenizers.items():
        data = tokenizer.serialized
        names[name] = digest(data)
        file = shelf / f"{names[name]}.model"
        if not file.exists() or digest(file.read_bytes()) != names[name]:
            replace(file, partial(Path.write_bytes, data=data))
    text = json.dumps(names, indent=2) + "\n"
    replace(folder / REFERENCES, partial(Path.write_text, data=text, encoding="utf-8"))
    for name in tokenizers:  # last: until here the folder can be read with its own
        (folder / f"{name}.model").unlink(missing_ok=True)
