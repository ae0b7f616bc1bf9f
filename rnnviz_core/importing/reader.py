"""Reads an HDF5 file, or the one in a ``.keras`` archive, in a process of its own: ``python -m`` this module.

The bytes come in on standard input; out go a JSON header and the arrays. h5py is all that reads them: what is
damaged may end this process, not the one that asked. Links to other files, references, virtual data sets and
foreign filters are refused, sizes are looked at before memory is spent, and the process's memory is limited.
"""

import io
import json
import sys
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from rnnviz_core.languages import _, set_language

MEMORY = 3 * 2**30  # bytes of address space
FILTERS = (1, 2, 3, 32000)  # deflate, shuffle, fletcher32, lzf: those that h5py brings
TEXTS = ("model_config", "keras_version", "backend", "layer_names", "weight_names", "name")
DEPTH = 24  # groups within groups


class Refused(Exception):
    """What is wrong with the file, in words."""


def main() -> None:
    """Read standard input, write standard output."""
    set_language(sys.argv[1])
    unpacked, arrays, config = (int(argument) for argument in sys.argv[2:5])
    limit_memory()
    try:
        header, found = read(sys.stdin.buffer.read(), unpacked, arrays, config)
    except Refused as error:
        header, found = {"error": str(error)}, []
    except MemoryError:
        header, found = {"error": _("it takes more memory than is allowed")}, []
    except Exception as error:  # any other damage: the file is untrusted bytes
        header, found = {"error": _("damaged ({name}: {error})", name=type(error).__name__, error=error)}, []
    encoded = json.dumps(header).encode()
    out = sys.stdout.buffer
    out.write(len(encoded).to_bytes(8, "little") + encoded)
    for array in found:
        out.write(array.tobytes())
    out.flush()


def limit_memory() -> None:
    """Bound the memory of this process, and write no core file."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read(data: bytes, unpacked: int, arrays: int, config: int) -> tuple[dict[str, Any], list[np.ndarray]]:
    """Header and arrays: ``files`` (texts of a ``.keras``), ``texts`` by group, ``arrays`` by path."""
    import h5py  # the extra `import`

    header: dict[str, Any] = {"files": {}, "texts": {}, "arrays": {}}
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
            for name in ("config.json", "metadata.json"):
                if sizes.get(name, 0) > config:
                    raise Refused(
                        _(
                            "its {name} has {size} bytes; the limit is {config}",
                            name=name,
                            size=sizes[name],
                            config=config,
                        )
                    )
                if name in sizes:
                    header["files"][name] = archive.read(name).decode()
            if sizes.get("model.weights.h5", 0) > unpacked:
                raise Refused(
                    _(
                        "its weights unpack to {size} bytes; the limit is {unpacked}",
                        size=sizes["model.weights.h5"],
                        unpacked=unpacked,
                    )
                )
            data = archive.read("model.weights.h5")
    found = []
    total = 0
    with h5py.File(io.BytesIO(data), "r") as file:
        for path, node in _walk(h5py, file, arrays):
            if isinstance(node, h5py.Group):
                if texts := _texts(h5py, node, config):
                    header["texts"][path] = texts
                continue
            _check(h5py, path, node)
            kind = np.dtype(np.float64 if node.dtype == np.float64 else np.float32)
            if node.dtype.kind in "iub":
                kind = np.dtype(np.int64)
            total += int(np.prod(node.shape, dtype=object)) * max(node.dtype.itemsize, kind.itemsize)
            if total > unpacked:
                raise Refused(
                    _("its arrays take more than {unpacked} bytes, which is the limit", unpacked=unpacked)
                )
            array = np.ascontiguousarray(node[()], dtype=kind)
            header["arrays"][path] = [list(array.shape), kind.str]
            found.append(array)
    return header, found


def _walk(h5py: Any, file: Any, arrays: int) -> Iterator[tuple[str, Any]]:
    """Every group and data set that a hard link leads to, once."""
    waiting, seen = [("", file, 0)], set()
    while waiting:
        path, node, depth = waiting.pop()
        here = h5py.h5o.get_info(node.id)
        if (here.fileno, here.addr) in seen:
            continue
        seen.add((here.fileno, here.addr))
        if len(seen) > 4 * arrays:
            raise Refused(_("it holds more than {value} groups and arrays", value=4 * arrays))
        yield path, node
        if not isinstance(node, h5py.Group):
            continue
        if depth > DEPTH:
            raise Refused(_("its groups are nested more than {most} deep", most=DEPTH))
        for name in node:
            link = node.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                raise Refused(
                    _(
                        "{path}/{name} is a link to another file ({file!r:.60})",
                        path=path,
                        name=name,
                        file=link.filename,
                    )
                )
            if isinstance(link, h5py.SoftLink):
                raise Refused(
                    _("{path}/{name} is a soft link, which Keras does not write", path=path, name=name)
                )
            child = node[name]
            if isinstance(child, h5py.Group | h5py.Dataset):
                waiting.append((f"{path}/{name}".lstrip("/"), child, depth + 1))


def _check(h5py: Any, path: str, node: Any) -> None:
    """Refuse a data set that is more than numbers in this very file."""
    if node.dtype.kind not in "fiub" or node.dtype.itemsize > 8:
        raise Refused(_("{path} holds {dtype}; weights are numbers", path=path, dtype=node.dtype))
    if node.external or node.is_virtual:
        raise Refused(_("{path} keeps its numbers in another file", path=path))
    plan = node.id.get_create_plist()
    for number in range(plan.get_nfilters()):
        if plan.get_filter(number)[0] not in FILTERS:
            raise Refused(
                _(
                    "{path} is packed by a filter that is not known ({number})",
                    path=path,
                    number=plan.get_filter(number)[0],
                )
            )


def _texts(h5py: Any, node: Any, limit: int) -> dict[str, Any]:
    """The attributes of a group that describe the network: texts, and lists of texts."""
    found: dict[str, Any] = {}
    names = [
        name for name in node.attrs if name.rstrip("0123456789") in TEXTS
    ]  # long lists go on in weight_names1
    for name in names:
        plain = h5py.h5a.open(node.id, name.encode())
        size = plain.get_space().get_simple_extent_npoints() * plain.get_type().get_size()
        if size > limit:
            raise Refused(
                _("its {name} has {size} bytes; the limit is {limit}", name=name, size=size, limit=limit)
            )
        value = node.attrs[name]
        if isinstance(value, np.ndarray):
            found[name] = [_text(one, limit) for one in value.tolist()] if value.size else []
        else:
            found[name] = _text(value, limit)
    return found


def _text(value: Any, limit: int) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    if len(text) > limit:
        raise Refused(
            _("a text in it has {count} characters; the limit is {limit}", count=len(text), limit=limit)
        )
    return text


if __name__ == "__main__":
    main()
