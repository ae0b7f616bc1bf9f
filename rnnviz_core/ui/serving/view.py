"""What a person chose, and what a page draws of it: every section is given a `View`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.contracts.claims import Example
from rnnviz_core.contracts.task import Typed
from rnnviz_core.tracing.trace import Trace

from . import loaders

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


@dataclass(frozen=True)
class View:
    """What a page draws: one text, read by one network; and perhaps a second view to compare it with."""

    page: str
    model_id: str
    entry: Entry
    trace: Trace
    text: str
    other: "View | None" = None
    second: bool = False  # whether this is the one compared with
    beside: "DeltaGenerator | None" = None  # the place beside the page's title

    def key(self, name: str) -> str:
        """The key of a chart or widget that a page draws once for each of two views."""
        return f"{name}-other" if self.second else name

    @property
    def has_weights(self) -> bool:
        """Whether there is a network behind the trace: a trace alone has none."""
        return bool(self.entry.parameters)

    @property
    def model(self) -> Any:
        """The loaded network, shared by all sessions: look, never change."""
        return loaders.model(self.entry)


@dataclass(frozen=True)
class Sentence:
    """What was typed, and what the pages show."""

    typed: str
    read: str
    tokens: int | None  # of what was typed; None when the model could not be loaded
    typing: Typed  # what the task of the model asks for
    first: int | None = None  # of a text that is longer than the limit: the first step that is shown


@dataclass(frozen=True)
class Choice:
    """What the person chose: a model and a text, and perhaps a second one of both beside it."""

    entry: Entry
    text: str
    other: "Choice | None" = None
    example: Example | None = None  # whose text it is
    hint: "DeltaGenerator | None" = None  # where to say what to watch in it
    written: Sentence | None = None  # of which `text` is what can be read
