"""Widgets that choose what to look at, bound to the URL; each only where there is a choice."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core import limits
from rnnviz_core.cells.equations import definition
from rnnviz_core.cells.kinds import RECURRENT
from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.contracts.task import task_of_spec
from rnnviz_core.frames import first_look
from rnnviz_core.frames.layer import Layer, layers
from rnnviz_core.frames.tokens import axis_of, named_steps, step_texts
from rnnviz_core.languages import N_, _, in_quotes, language
from rnnviz_core.models.specs import ModelSpec
from rnnviz_core.search import USUAL_BEAM
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.serving import loaders

if TYPE_CHECKING:
    from rnnviz_core.ui.serving.view import View

SIDES = {"encoder": N_("Source tokens"), "decoder": N_("Target tokens, as they are read back")}
ALL_GATES = tuple(dict.fromkeys(gate for cell in RECURRENT for gate in definition(cell).gate_names))
TOKEN_NAMES = {"time": "token", "source": "token", "target": "step"}  # axis -> name in the URL


def inside(words: str) -> str:
    """Words as they stand inside a sentence: without a capital, but German nouns keep theirs."""
    return words if language() == "de" else words.lower()


def forget_layer(spec: ModelSpec) -> None:
    """Drop a chosen layer that a network of this kind does not have."""
    parts = task_of_spec(spec).parts
    known = {
        Layer(part, layer, reverse).name
        for part in parts
        for layer in range(spec.layers)
        for reverse in ((False, True) if spec.bidirectional and part == "encoder" else (False,))
    }
    if url.get("layer") not in known:
        url.put("layer", None)


def choose_layer(view: "View") -> Layer:
    """The layer to look at; a widget only when there is more than one.

    Of a network without recurrence it is the one that others have: its sections look at none.
    """
    options = {layer.name: layer for layer in layers(view.trace) or [Layer()]}
    default = next(iter(options))
    chosen = url.checked("layer", url.one_of(tuple(options)), default, shown=inside(options[default].words))
    if len(options) > 1:
        key = url.widget("layer", chosen)
        with st.container(key="layer"):  # stands in the row of the tabs where there is room
            st.selectbox(
                _("Layer"),
                list(options),
                format_func=lambda name: options[name].words,
                key=key,
                on_change=lambda: url.put("layer", st.session_state[key]),
            )
    return options[chosen]


def choose_token(view: "View", part: str) -> int:
    """The step of `part` to look at, counted from 0; at first the one that matters most."""
    axis = view.trace.time_axis(part)
    tokens = step_texts(view.trace, part)
    name = TOKEN_NAMES[axis]
    chosen = whole(name, len(tokens), first_look.step(view.trace, part))
    key = url.widget(name, chosen)
    labels = {"encoder": _("Token"), "numbers": _("Step")}
    st.selectbox(
        labels.get(axis_of(view.trace, part), _("Step of the decoder")),
        range(len(tokens)),
        format_func=named_steps(view.trace, part).__getitem__,
        key=key,
        on_change=lambda: url.put(name, str(st.session_state[key])),
    )
    return chosen


def choose_unit(view: "View", size: int, default: int) -> int:
    """The unit to look at, counted from 0 as in the arrays; at first `default`."""
    del view
    chosen = whole("unit", size, default)
    key = url.widget("unit", chosen)
    st.number_input(
        _("Unit (0 to {last})", last=size - 1),
        0,
        size - 1,
        step=1,
        key=key,
        on_change=lambda: url.put("unit", str(st.session_state[key])),
    )
    return chosen


def chosen_token(view: "View", part: str) -> int | None:
    """The step of `part` that a click, the player or the link chose; None when nothing was chosen."""
    name = TOKEN_NAMES[view.trace.time_axis(part)]
    return None if url.get(name) is None else whole(name, len(step_texts(view.trace, part)), 0)


def current_token(view: "View", part: str) -> int:
    """The step of `part` to mark where there is no widget for it: as `choose_token` has it."""
    found = chosen_token(view, part)
    return first_look.step(view.trace, part) if found is None else found


def choose_one(
    name: str,
    label: str,
    options: Mapping[str, str],
    *,
    others: Collection[str] = (),
    help: str | None = None,
) -> str:
    """One of a few `options` (value -> its words), kept as `name` in the URL; the first is the default.

    A value of `others` is one that another model has: it is given up without a word.
    """
    default = next(iter(options))
    if url.get(name) in others and url.get(name) not in options:
        url.put(name, None)
    chosen = url.checked(name, url.one_of(tuple(options)), default, shown=options[default])
    key = url.widget(name, chosen)
    st.segmented_control(
        label,
        list(options),
        format_func=options.__getitem__,
        key=key,
        required=True,
        help=help,
        on_change=lambda: url.put(name, st.session_state[key]),
    )
    return chosen


def type_word(name: str, label: str, default: str = "", *, placeholder: str | None = None) -> str:
    """A short text, kept as `name` in the URL."""
    read = partial(url.short_enough, limit=limits.WORD_CHARACTERS, what="word")
    chosen = url.checked(name, read, default, shown=in_quotes(default) if default else _("none"))
    key = url.widget(f"{name}-{label}", chosen)
    st.text_input(
        label,
        key=key,
        max_chars=limits.WORD_CHARACTERS,
        placeholder=placeholder,
        on_change=lambda: url.put(name, st.session_state[key].strip() or None),
    )
    return chosen


def choose_beam() -> int:
    """How many translations the search keeps side by side; every page shows the best one."""
    chosen = beam()
    key = url.widget("beam", chosen)
    st.number_input(
        _("Beam: translations kept side by side (1 to {most})", most=limits.BEAM),
        1,
        limits.BEAM,
        step=1,
        key=key,
        on_change=lambda: url.put("beam", str(st.session_state[key])),
        width=380,
    )
    return chosen


def choose_reference() -> str:
    """A translation to force on the decoder (teacher forcing); empty: it is fed its own output."""
    chosen = reference()
    key = url.widget("reference", chosen)
    st.text_input(
        _("Feed it your translation"),
        key=key,
        max_chars=limits.CHARACTERS,
        placeholder=_("else its own output"),
        on_change=lambda: url.put("reference", st.session_state[key].strip() or None),
    )
    return chosen


def reference() -> str:
    """The translation that the decoder is fed, as it was typed."""
    return url.checked("reference", url.short_enough, "", shown=_("its own output"))


def beam() -> int:
    """The chosen width of the beam."""
    found = url.checked("beam", url.whole(limits.BEAM + 1), USUAL_BEAM)
    if not found:
        url.note(_("A beam keeps at least one translation; showing {usual}.", usual=USUAL_BEAM))
        url.put("beam", None)
    return found or USUAL_BEAM


def read(entry: Entry, text: str) -> Trace:
    """What the network of `entry` computes on `text`, searched for as widely as was chosen."""
    searched = {"beam": beam()} if "beam" in loaders.options(entry) else {}
    return loaders.trace(entry, text, **searched)


def whole(name: str, size: int, default: int) -> int:
    """A number below `size` from the URL; one that is too large gives the last one, and says so."""
    asked = url.number(url.get(name) or "")
    if asked is not None and asked >= size:
        digits = (url.get(name) or "").lstrip("0")
        named = digits if len(digits) <= url.DIGITS else f"{digits[: url.DIGITS]}…"
        # Translators: {name} is what stands in the link: token, unit, step.
        url.note(
            _(
                "There is no {name} {number} here; showing the last one, {last}.",
                name=name,
                number=named,
                last=size - 1,
            )
        )
        return size - 1
    return url.checked(name, url.whole(size), default, shown=str(default))


def choose_side(view: "View") -> str:
    """The part whose embeddings are shown; a widget only for a translation."""
    if "decoder.embedding" not in view.trace:
        return "encoder"
    return choose_one("side", _("Side"), {name: _(words) for name, words in SIDES.items()})
