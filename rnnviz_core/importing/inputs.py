"""What an imported network reads: a table of numbers, ids, or a text with the vocabulary of its training."""

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from rnnviz_core import limits
from rnnviz_core.errors import TextError, unknown_choice
from rnnviz_core.inputs.memory import File, InMemory, file_of
from rnnviz_core.languages import N_, _

from .network import Imported

_WORDS = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[^\w\s]")
_UNKNOWN = ("<unk>", "<oov>", "[unk]", "unk", "<UNK>", "<OOV>", "[UNK]")
_SHOWN = 12  # names of columns in a message
# What a page asks for in other words.
ASK_WORDS = N_("pass --vocabulary FILE (JSON or a word per line), or the ids themselves")


@dataclass(frozen=True)
class Read:
    """An input: ids (time), or numbers (time, width), with a label for each step."""

    data: np.ndarray
    tokens: tuple[str, ...]
    columns: tuple[str, ...] = ()  # the names of the numbers, where the table names them
    places: tuple[tuple[int, int], ...] = ()  # of a typed text: the characters of each step


def read_input(given: str, network: Imported, columns: Sequence[str] = (), label: str | None = None) -> Read:
    """An input as a person names it.

    Parameters
    ----------
    given
        A file (``.csv``, ``.tsv``, ``.npy``, ``.txt``), or the text or numbers themselves.
    network
        What is to read it.
    columns
        Of a table: the columns to read, in the order in which the network was trained.
    label
        Of a table: the column that names the steps.

    Raises
    ------
    TextError
        When it cannot be read, is too long, or does not fit the network.
    """
    path = Path(given) if len(given) < 1_000 and "\n" not in given else None
    try:
        there = path is not None and path.is_file()
    except (OSError, ValueError):
        there = False
    if not there:
        if re.search(r"\.(csv|tsv|npy)$", given.strip()):
            raise TextError(_("there is no file {given!r:.200}", given=given))
        return typed(given, network)
    assert path is not None
    match path.suffix.lower():
        case ".npy":
            return read_array(path)
        case ".csv" | ".tsv":
            return _table(path, network, columns, label)
        case _:
            return typed(text_of(path), network)


def text_of(path: File) -> str:
    """The text of a file.

    Raises
    ------
    TextError
        When it is no UTF-8, or too large.
    """
    check_size(path)
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise TextError(_("{file} cannot be read as UTF-8: {error}", file=path.name, error=error)) from None


def check_size(path: File) -> None:
    """Refuse an input that is too large."""
    size = path.stat().st_size
    if size > limits.IMPORT_CONFIG_BYTES:
        raise TextError(
            _(
                "{file} has {size} bytes; an input has up to {limit}",
                file=path.name,
                size=size,
                limit=limits.IMPORT_CONFIG_BYTES,
            )
        )


def read_array(path: File) -> Read:
    """The array of a ``.npy`` file; a batch of one is that one.

    Raises
    ------
    TextError
        When it is damaged, or holds no numbers.
    """
    check_size(path)
    try:
        if isinstance(path, Path):
            data = np.load(path, allow_pickle=False, mmap_mode="r")
        else:
            data = _array_in_memory(path)
        if data.size * 8 > limits.IMPORT_UNPACKED_BYTES or data.dtype.kind not in "fiub":
            raise TextError(
                _(
                    "{file} holds {size} values of {dtype}; numbers are read",
                    file=path.name,
                    size=data.size,
                    dtype=data.dtype,
                )
            )
        found = np.array(data)
    except TextError:
        raise
    except Exception as error:  # any damage: the file is untrusted bytes
        said = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise TextError(_("{file} is no array: {said}", file=path.name, said=said)) from None
    if found.ndim == 3 and len(found) == 1:  # a batch of one
        found = found[0]
    return Read(found, tuple(f"step {step}" for step in range(len(found) if found.ndim else 0)))


def _array_in_memory(path: InMemory) -> np.ndarray:
    """Numbers over the bytes themselves: nothing is set aside that the header may claim."""
    stream = path.open()
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    version = np.lib.format.read_magic(stream)
    if version not in read:
        raise ValueError(_("its version is {version}", version=version))
    shape, columns_first, kind = read[version](stream)
    if kind.kind not in "fiub":
        raise ValueError(_("it holds {kind}", kind=kind))
    flat = np.frombuffer(path.content, kind, offset=stream.tell())
    return flat.reshape(shape, order="F" if columns_first else "C")


def typed(text: str, network: Imported) -> Read:
    """Numbers as they stand; words where there is a vocabulary.

    Raises
    ------
    TextError
        When it cannot be read by this network.
    """
    if network.reads == "numbers":
        places = _spans(text)
        try:
            data = np.array([float(text[start:end]) for start, end in places])
        except ValueError as error:
            raise TextError(_("the network reads numbers: {error}", error=error)) from None
        if network.width > 1:
            if len(data) % network.width:
                raise TextError(
                    _(
                        "there are {count} numbers; the network reads {width} per step",
                        count=len(data),
                        width=network.width,
                    )
                )
            data = data.reshape(-1, network.width)
            wide = network.width
            places = [(places[n][0], places[n + wide - 1][1]) for n in range(0, len(places), wide)]
        return Read(data, tuple(f"step {step}" for step in range(len(data))), places=tuple(places))
    if re.fullmatch(r"[\s,;\d]+", text) and text.strip():
        places = _spans(text)
        ids = [int(text[start:end]) if end - start < 12 else 2**31 for start, end in places]
        if not ids or max(ids) >= 2**31:
            said = _("the id {largest} is too large", largest=max(ids)) if ids else _("there is no id")
            raise TextError(said)
        return Read(np.array(ids), tuple(_named(one, network) for one in ids), places=tuple(places))
    if not network.vocabulary:
        raise TextError(
            # Translators: {ask} is “pass --vocabulary FILE …” or “drop its vocabulary beside it …”.
            _(
                "the network reads ids, and which word has which id its file does not say: {ask}",
                ask=_(ASK_WORDS),
            )
        )
    return _words(text, network)


def _spans(text: str) -> list[tuple[int, int]]:
    """Where the parts between blanks, commas and semicolons stand."""
    return [found.span() for found in re.finditer(r"[^\s,;]+", text)]


def _named(one: int, network: Imported) -> str:
    return network.vocabulary[one] if one < len(network.vocabulary) else str(one)


def _words(text: str, network: Imported) -> Read:
    ids = {word: number for number, word in enumerate(network.vocabulary) if word}
    other = next((ids[name] for name in _UNKNOWN if name in ids), None)
    found, words, places = [], [], []
    for match in _WORDS.finditer(text):
        word = match.group()
        number = ids.get(word, ids.get(word.lower(), other))
        if number is None and not word[0].isalnum():
            continue  # Keras's own tokenizer drops punctuation
        if number is None:
            raise TextError(
                _("the vocabulary has no word {word!r}, and no word for those that it lacks", word=word)
            )
        found.append(number)
        words.append(word)
        places.append(match.span())
    if not found:
        raise TextError(_("the text has no word of the vocabulary"))
    return Read(np.array(found), tuple(words), places=tuple(places))


def _table(path: File, network: Imported, columns: Sequence[str], label: str | None) -> Read:
    text = text_of(path)
    first = text.partition("\n")[0]
    separator = "\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=first.count)
    rows = [row for row in csv.reader(text.splitlines(), delimiter=separator) if row]
    if not rows:
        raise TextError(_("{file} is empty", file=path.name))
    named = any(_number(cell) is None for cell in rows[0])
    names = [cell.strip() for cell in rows[0]] if named else [str(place + 1) for place in range(len(rows[0]))]
    rows = rows[1:] if named else rows
    if not 1 <= len(rows) <= limits.IMPORT_STEPS:
        raise TextError(
            _(
                "{file} has {count} rows of numbers; 1 to {limit} are read",
                file=path.name,
                count=len(rows),
                limit=limits.IMPORT_STEPS,
            )
        )
    for name in (*columns, *(() if label is None else (label,))):
        if name not in names:
            raise TextError(f"{path.name}: {unknown_choice('column', name, names[:_SHOWN])}")
    numeric = [
        name
        for place, name in enumerate(names)
        if _number(rows[0][place] if place < len(rows[0]) else "") is not None
    ]
    chosen = list(columns) or [name for name in numeric if name != label]
    if network.width and len(chosen) != network.width:
        raise TextError(
            _(
                "{file} has {count} columns of numbers ({listed}) and the network reads {width}: name "
                "them with --columns, in the order of training",
                file=path.name,
                count=len(chosen),
                listed=", ".join(chosen[:_SHOWN]),
                width=network.width,
            )
        )
    data = np.array(
        [[_cell(path.name, row, names, name, line) for name in chosen] for line, row in enumerate(rows)]
    )
    place = (
        names.index(label)
        if label is not None
        else next((spot for spot, name in enumerate(names) if name not in numeric), None)
    )
    tokens = tuple(
        row[place].strip() if place is not None and place < len(row) else f"step {step}"
        for step, row in enumerate(rows)
    )
    if network.reads == "ids":
        return Read(data[:, 0].astype(np.int64), tokens)
    return Read(data, tokens, tuple(chosen) if named else ())


def _number(cell: str) -> float | None:
    try:
        return float(cell.strip())
    except ValueError:
        return None


def _cell(file: str, row: Sequence[str], names: Sequence[str], name: str, line: int) -> float:
    place = names.index(name)
    found = _number(row[place]) if place < len(row) else None
    if found is None:
        shown = row[place] if place < len(row) else _("nothing")
        raise TextError(
            _(
                "{file}: row {row} has {shown!r:.40} in the column {name!r}; a number is read there",
                file=file,
                row=line + 1,
                shown=shown,
                name=name,
            )
        )
    return found


def with_vocabulary(network: Imported, path: str | File) -> Imported:
    """The same network with the words of a vocabulary: JSON (word to id, or a list), or a word per line.

    Raises
    ------
    TextError
        When the file is no vocabulary, or too large.
    """
    path = file_of(path)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise TextError(
            _("{file} cannot be read: {reason}", file=path.name, reason=error.strerror or error)
        ) from None
    if size > limits.IMPORT_CONFIG_BYTES:
        raise TextError(
            _(
                "{file} has {size} bytes; a vocabulary has up to {limit}",
                file=path.name,
                size=size,
                limit=limits.IMPORT_CONFIG_BYTES,
            )
        )
    text = text_of(path)
    words: Any = text.splitlines()
    if path.suffix.lower() == ".json":
        try:
            words = json.loads(text)
            if isinstance(words, dict) and isinstance(words.get("config"), dict):  # Keras's Tokenizer
                words = json.loads(words["config"]["word_index"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise TextError(
                _("{file} is no vocabulary: {error!r:.100}", file=path.name, error=error)
            ) from None
    return replace(network, vocabulary=_listed(words, path.name))


def _listed(words: Any, name: str) -> tuple[str, ...]:
    """The word of each id."""
    if isinstance(words, list):
        return tuple(map(str, words))
    if not isinstance(words, dict) or not all(type(number) is int for number in words.values()):
        raise TextError(
            _("{name} is no vocabulary: it must map each word to its id, or list the words", name=name)
        )
    if not words or min(words.values()) < 0 or max(words.values()) > 4 * len(words) + 100:
        raise TextError(_("{name} is no vocabulary: its ids do not run from 0", name=name))
    found = [""] * (max(words.values()) + 1)
    for word, number in words.items():
        found[number] = str(word)
    return tuple(found)
