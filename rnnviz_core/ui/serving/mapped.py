"""Tables that stand in mapped files: what was read of them is given back, and read anew when it is asked for.

A search for the nearest words reads every row of a vocabulary, and the pages of the file then count as the
server's memory: 30 MB after a minute with 50 visitors. They are unchanged copies of what is on the disk, so
the system may have them back at any time (``madvise``); the next look costs some microseconds a page.
"""

import ctypes
import functools
import mmap
import weakref
from collections.abc import Collection, Iterable
from pathlib import Path

import torch

MADVISE = 4  # MADV_DONTNEED of Linux
_watched: "list[weakref.ref[torch.Tensor]]" = []


def watch(tables: Iterable[torch.Tensor]) -> None:
    """Remember those tables that really lie in a mapped file: giving back other memory would empty it."""
    files = _files()
    for table in tables:
        start = table.data_ptr()
        if any(first <= start and start + table.nbytes <= last for first, last in files):
            _watched.append(weakref.ref(table))


def let_go(only: Collection[torch.Tensor] | None = None) -> int:
    """Give back what was read of all tables, or `only` of these: their bytes, 0 where it cannot be done."""
    count = 0
    chosen = None if only is None else {id(table) for table in only}
    for one in list(_watched):
        table = one()  # held while its memory is spoken of: once freed, it could be anybody's
        if table is None:
            _watched.remove(one)
            continue
        if chosen is not None and id(table) not in chosen:
            continue
        start = -(-table.data_ptr() // mmap.PAGESIZE) * mmap.PAGESIZE
        length = (table.data_ptr() + table.nbytes - start) // mmap.PAGESIZE * mmap.PAGESIZE
        if length > 0:
            _system().madvise(ctypes.c_void_p(start), ctypes.c_size_t(length), MADVISE)
            count += length
    return count


@functools.cache
def _system() -> ctypes.CDLL:
    """The C library of this process."""
    return ctypes.CDLL(None)


def _files() -> list[tuple[int, int]]:
    """First and last address of every private mapping of a checkpoint's weights; none but on Linux."""
    try:
        lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        place, rights, *_rest = line.split(maxsplit=5)
        if line.endswith(".safetensors") and rights.endswith("p"):
            first, last = (int(end, 16) for end in place.split("-"))
            found.append((first, last))
    return found
