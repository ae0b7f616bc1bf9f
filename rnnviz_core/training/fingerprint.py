"""What a run is made of, as one flat fingerprint: settings, texts, labels, teachers, tokenizers.

Two runs with the same fingerprint produce the same weights; a run goes on only where the state file carries
its own. Where the data lies is not part of it, what was read there is.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from rnnviz_core.checkpoints import vocabularies
from rnnviz_core.checkpoints.registry import SPEC, WEIGHTS, Model
from rnnviz_core.contracts.task import names, task
from rnnviz_core.inputs.corpora import Labelled, Pairs, Texts

Fingerprint = dict[str, Any]  # name of a setting -> plain value, "content of --data" -> digest
CONTENT, TOKENIZER = "content of ", "tokenizer of "
# The contents of sources count, not their names, nor how their tables are laid out.
SOURCES = ("data", "validation", "beside", "polarity", "start", "pretrain", "teacher", "layout")
WITHOUT_INFLUENCE = ("threads", "device")  # a run may go on somewhere else
# What the reading before the labels does not depend on, besides what it sets itself.
NOT_OF_READING = ("epochs", "average", "patience")
NAMED = 3  # differences that a message names


def of_settings(run: Mapping[str, Any]) -> Fingerprint:
    """The settings of a run, from `Run.to_dict` or the ``run.json`` it was written to."""
    flat = {**run, **run["spec"], **run["config"]}
    left_out = ("spec", "config", "layout", *SOURCES, *WITHOUT_INFLUENCE)  # a layout shows in what was read
    plain: Fingerprint = json.loads(json.dumps(flat))
    return as_named_now({name: value for name, value in plain.items() if name not in left_out})


def as_named_now(marks: Fingerprint) -> Fingerprint:
    """A fingerprint with the values that its task has renamed since, so that older runs still go on."""
    if marks.get("task") not in names():
        return marks
    return {**marks, **task(marks["task"]).spec.renamed_values(marks)}


def of_contents(contents: Mapping[str, Labelled | Pairs | Texts | None]) -> Fingerprint:
    """The digests of what was read, by the option that named it."""
    return {f"{CONTENT}--{name}": _digest(read) for name, read in contents.items() if read is not None}


def of_teachers(folders: Iterable[str]) -> Fingerprint:
    """The digests of the checkpoints a run learns from: settings, weights and vocabulary."""
    named = enumerate(map(Path, folders), start=1)
    return {f"{CONTENT}--teacher {number}": _checkpoint_digest(folder) for number, folder in named}


def of_start(folder: str | None) -> Fingerprint:
    """The digest of the checkpoint that a run goes on from, if there is one."""
    return {} if folder is None else {f"{CONTENT}--start": _checkpoint_digest(Path(folder))}


def _checkpoint_digest(folder: Path) -> str:
    hashed = hashlib.sha256()
    for file in (folder / SPEC, folder / WEIGHTS, *vocabularies.files(folder)):
        if file.is_file():  # one that is missing is named when the checkpoint is loaded
            hashed.update(hashlib.sha256(file.read_bytes()).digest())
    return hashed.hexdigest()


def of_tokenizers(model: Model) -> Fingerprint:
    """The digests of a model's vocabularies."""
    return {
        f"{TOKENIZER}the {name}": hashlib.sha256(tokenizer.serialized).hexdigest()
        for name, tokenizer in model.tokenizers.items()
    }


def of_reading(marks: Fingerprint, epochs: int) -> Fingerprint:
    """The part of a run's fingerprint that what it reads first depends on."""
    kept = {name: value for name, value in marks.items() if name not in NOT_OF_READING}
    return {**kept, "epochs": epochs}


def apart_from_seed(marks: Fingerprint) -> Fingerprint:
    """What two runs that differ only in their seed have in common."""
    return {name: value for name, value in marks.items() if name != "seed" and not name.startswith(TOKENIZER)}


def differences(kept: Mapping[str, Any], mine: Mapping[str, Any]) -> str:
    """What differs, in words: ``epochs 2 instead of 1, other content of --data``; empty when nothing does.

    Names that stand in one of the two only count as different.
    """
    words = []
    for name in dict.fromkeys((*mine, *kept)):
        if kept.get(name) == mine.get(name):
            continue
        if name.startswith((CONTENT, TOKENIZER)):
            words.append(f"other {name}")
        else:
            words.append(f"{name} {_short(mine.get(name))} instead of {_short(kept.get(name))}")
    more = len(words) - NAMED
    return ", ".join(words[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:60]


def _digest(columns: Labelled | Pairs | Texts) -> str:
    """A digest of every cell in its order; the lengths keep neighbouring cells apart."""
    hashed = hashlib.sha256()
    for field in fields(columns):
        cells = getattr(columns, field.name)
        hashed.update(f"{field.name} {len(cells)} ".encode())
        for cell in cells:
            data = str(cell).encode("utf-8", "surrogatepass")
            hashed.update(b"%d:" % len(data))
            hashed.update(data)
    return hashed.hexdigest()
