"""One line in the log per error: where it happened and what it was, without a word that a person typed.

``RNNVIZ_DEBUG=1`` lets errors through instead, with their traceback on the page and in the log.
"""

import logging
import os
import traceback
from pathlib import Path

_logger = logging.getLogger("rnnviz")


def debugging() -> bool:
    """Whether errors should come through with their traceback."""
    return os.environ.get("RNNVIZ_DEBUG", "") not in ("", "0")


def line(error: BaseException, page: str, model: str) -> str:
    """The error's kind and the place it came from. Its message is left out: it may quote what was typed."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).parent.name in _FOLDERS] or frames
    place = f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else "nowhere"
    return f"rnnviz page={page} model={model} error={type(error).__name__} at={place}"


_FOLDERS = {"pages", "rnnviz_core", "ui", "charts", "frames"}


def report(error: BaseException, page: str, model: str) -> None:
    """Write one line to the log."""
    _logger.error(line(error, page, model))
