"""What a network of one's own holds, and what it is to read: a table with its columns, or a text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from rnnviz_core.errors import RnnvizError
from rnnviz_core.importing.inputs import text_of, with_vocabulary
from rnnviz_core.importing.network import Imported, with_words
from rnnviz_core.importing.sheet import SCALINGS, Series, Sheet
from rnnviz_core.inputs.steps import printed_number
from rnnviz_core.languages import N_, _, numerals
from rnnviz_core.tasks.own.opening import printable
from rnnviz_core.ui.serving.own_networks import TABLE, WORDS, Found, asked
from rnnviz_core.ui.shell.wording import plain

LONG = 40  # lines from which on a list of single words is taken for a vocabulary
STEPS_SHOWN = 8  # layers listed at once
PYTORCH = "a state dict of PyTorch"
OTHER = N_("the rows, counted")
AS_WORDS, AS_TEXT = N_("its vocabulary"), N_("a text to read")


@dataclass(frozen=True)
class Wanted:
    """A network, what was brought along for it, and what it reads at first."""

    network: Imported
    inputs: dict[str, Any]
    first: str

    def made(self) -> tuple[Imported, dict[str, Any], str]:
        """As `own_networks.open_network` takes it."""
        return self.network, self.inputs, self.first


def describe(found: Found) -> None:
    """The layers of a network, and what is assumed of them."""
    network: Imported = found.value
    if network.reads == "ids":
        what = _("reads ids, one per step")
    elif network.width:
        what = _("reads {width} numbers per step", width=network.width)
    else:
        what = _("reads any number of numbers per step")
    weights = _("{count:,} parameters", count=network.parameters())
    st.markdown(f"**{plain(network.name)}** · {plain(_(network.origin))} · {weights} · {what}")
    rows = [
        {
            _("Layer"): layer.name,
            _("Kind"): _(layer.words or layer.kind),
            _("Sizes"): " · ".join(
                f"{name} {' × '.join(map(str, array.shape))}"
                for name, array in list(layer.weights.items())[:4]
            ),
            "": {
                "recurrent": _("shown on every page"),
                "unknown": _("not known: the run ends before it"),
            }.get(layer.kind, ""),
        }
        for layer in network.layers
    ]
    st.dataframe(rows, hide_index=True, height=min(36 * (len(rows) + 1), 36 * (STEPS_SHOWN + 1)))
    for note in network.notes:
        st.caption(plain(_(note)))
    if network.origin == PYTORCH:
        _options(network)


def _options(network: Imported) -> None:
    """What a state dict does not say."""
    with st.expander(_("What the file does not say"), icon=":material/tune:", key="own-options"):
        st.text_input(
            _("Prefix: only weights whose names begin so"),
            key="own-prefix",
            max_chars=100,
            placeholder=_("all of them"),
        )
        if any("rnn" in str(layer.options.get("cell", {}).get("cell", "")) for layer in network.layers):
            st.selectbox(_("An nn.RNN’s nonlinearity"), ["tanh", "relu"], key="own-nonlinearity")


def choose(found: Found, rest: Sequence[Found]) -> Wanted | None:
    """Widgets for what the network is to read; None until there is something."""
    network: Imported = found.value
    if network.reads == "numbers":
        return _numbers(network, [one.value for one in rest if one.kind == TABLE])
    return _text(network, rest)


def _numbers(network: Imported, sheets: Sequence[Sheet]) -> Wanted | None:
    if not sheets:
        typed = st.text_area(
            _("What it reads: numbers, with commas or blanks between them; or drop a table (.csv) above"),
            key="own-typed",
            placeholder=" ".join(["0.1"] * max(1, min(network.width or 1, 8))) + " …",
        )
        return Wanted(network, {}, typed) if typed.strip() else None
    inputs: dict[str, Series] = {}
    for number, sheet in enumerate(sheets):
        series = _columns(network, sheet, number)
        if series is None:
            return None
        inputs[printable(sheet.name)] = series
    first = next(iter(inputs.values()))
    return Wanted(with_words(network, network.vocabulary, first.columns), inputs, next(iter(inputs)))


def _columns(network: Imported, sheet: Sheet, number: int) -> Series | None:
    """Which columns are read, what names the steps, and how the numbers are scaled."""
    st.markdown(
        _(
            "**{sheet}** · {rows:,} rows · {count} columns of numbers",
            sheet=plain(sheet.name),
            rows=sheet.rows,
            count=len(sheet.numbers),
        )
    )
    for problem in sheet.problems[:5]:
        st.caption(plain(_("Left out: {problem}.", problem=_(problem))))
    columns = st.multiselect(
        _("Columns, in the order of training ({width})", width=network.width)
        if network.width
        else _("Columns, in the order of training"),
        list(sheet.numbers),
        default=list(sheet.usual(network.width)),
        key=f"own-columns-{number}",
    )
    left, right = st.columns(2)
    with left:
        offered = [OTHER, *sheet.texts, *sheet.numbers]
        label = st.selectbox(
            _("Steps are named by"),
            offered,
            format_func=lambda name: _(OTHER) if name == OTHER else name,
            index=offered.index(sheet.label) if sheet.label in offered else 0,
            key=f"own-label-{number}",
        )
    with right:
        scaling = st.selectbox(
            _("Scaling"),
            list(SCALINGS),
            format_func=lambda name: _(SCALINGS[name]),
            key=f"own-scaling-{number}",
            help=_("As in training: a network’s file does not say it. Each column is scaled for itself."),
        )
    if network.width and len(columns) != network.width:
        st.warning(
            _(
                "The network reads {width} numbers per step; {count} columns are chosen.",
                width=network.width,
                count=len(columns),
            ),
            icon=":material/warning:",
        )
        return None
    if not columns:
        st.warning(_("Choose at least one column."), icon=":material/warning:")
        return None
    series = sheet.series(columns, None if label == OTHER else label, scaling or "none")
    _show_scaling(series)
    return series


def _show_scaling(series: Series) -> None:
    """What is made of each column."""
    shift, scale = series.shift_and_scale()
    read = series.scaled()
    rows = []
    for place, name in enumerate(series.columns):
        plainly = (shift[place], scale[place]) == (0.0, 1.0)
        rows.append(
            {
                _("Column"): name,
                _("In the file"): _range(series.values[:, place]),
                _("Becomes"): _("as it stands")
                if plainly
                else _(
                    "(value − {shift}) / {scale}",
                    shift=_printed(shift[place]),
                    scale=_printed(scale[place]),
                ),
                _("The network reads"): _range(read[:, place]),
            }
        )
    st.dataframe(rows, hide_index=True)
    if abs(read).max() > 20:
        st.warning(
            _(
                "Numbers as large as these saturate most networks: was it trained on scaled ones? Choose "
                "a scaling."
            ),
            icon=":material/warning:",
        )


def _range(values: Any) -> str:
    return _("{low} to {high}", low=_printed(float(values.min())), high=_printed(float(values.max())))


def _printed(value: float) -> str:
    return numerals(printed_number(value))


def _text(network: Imported, rest: Sequence[Found]) -> Wanted | None:
    """The vocabulary, if there is one, and the text or the ids."""
    inputs: dict[str, Any] = {}
    for number, one in enumerate(rest):
        if one.kind == TABLE:
            series = _columns(network, one.value, number)
            if series is None:
                return None
            inputs[printable(one.name)] = series
            continue
        if one.kind != WORDS:
            continue
        try:
            if _is_vocabulary(one, number):
                network = with_vocabulary(network, one.value)
                st.caption(plain(_("{file}: {count:,} words.", file=one.name, count=len(network.vocabulary))))
            else:
                inputs[printable(one.name)] = text_of(one.value)
        except RnnvizError as error:
            st.error(plain(asked(str(error))), icon=":material/error:")
            return None
    if inputs:
        return Wanted(network, inputs, next(iter(inputs)))
    label = _("What it reads: ids, with blanks between them (its vocabulary was not dropped)")
    if network.vocabulary:
        label = _("What it reads: a text")
    typed = st.text_area(label, key="own-typed", placeholder="" if network.vocabulary else "4 8 15")
    return Wanted(network, inputs, typed.strip()) if typed.strip() else None


def _is_vocabulary(found: Found, number: int) -> bool:
    """JSON is a vocabulary; of a ``.txt`` a person says what it is, and its lines what it seems to be."""
    if found.name.lower().endswith(".json"):
        return True
    lines = found.value.content[:20_000].decode("utf-8", "replace").splitlines()
    single = sum(len(line.split()) <= 1 for line in lines) > 0.9 * len(lines)
    guess = len(lines) >= LONG and single
    chosen = st.segmented_control(
        # Translators: two answers follow: “its vocabulary”, “a text to read”.
        _("{file} is", file=plain(found.name)),
        [AS_WORDS, AS_TEXT],
        format_func=lambda kind: _(kind),
        default=AS_WORDS if guess else AS_TEXT,
        key=f"own-words-{number}",
        required=True,
    )
    return chosen == AS_WORDS
