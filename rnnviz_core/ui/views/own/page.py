"""The page itself: a place to drop files, what they are, what the network is to read, and what is open."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from rnnviz_core import limits
from rnnviz_core.errors import RnnvizError
from rnnviz_core.inputs.memory import InMemory
from rnnviz_core.languages import N_, _, language
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.serving import loaders, own_networks
from rnnviz_core.ui.serving.own_networks import CONFIG, NETWORK, PROBLEM, TABLE, TRACE, WORDS, Found
from rnnviz_core.ui.shell import routes
from rnnviz_core.ui.shell.wording import architecture, plain

from . import reads

if TYPE_CHECKING:
    from rnnviz_core.ui.streamlit_private import UploadedFile

MEGABYTE = 2**20
_FOUND, _ROUND = "rnnviz-own-found", "rnnviz-own-round"  # what the files are; how often the box was emptied
_SAID = "rnnviz-own-said"
OPENS = (
    (
        N_("A network"),
        N_(".h5, .keras (Keras 1 to 3), .pt, .pth, .safetensors (a state dict of PyTorch), .onnx"),
    ),
    (
        N_("Something to read"),
        N_("a table (.csv, .tsv, .npy), or a text (.txt) with the vocabulary (.json, .txt)"),
    ),
    (N_("Or a trace alone"), N_(".npz, .parquet, as trace.save and Download write them")),
)
KEPT = N_(
    "Files stay in the memory of this session: they are never written to a disk, nobody else sees "
    "them, and they are gone when you close or reload this tab. Nothing in them is executed."
)


def draw() -> None:
    """All of the page."""
    files = st.file_uploader(
        _("Drop your files here"),
        accept_multiple_files=True,
        key=f"own-files-{st.session_state.get(_ROUND, 0)}",
        max_upload_size=limits.UPLOAD_BYTES // MEGABYTE,
        help=_(
            "At most {limit} MB each. Several at once, a network and its table or its vocabulary.",
            limit=limits.UPLOAD_BYTES // MEGABYTE,
        ),
    )
    st.caption(_(KEPT))
    if said := st.session_state.pop(_SAID, ""):
        st.success(plain(said), icon=":material/check:")
    found = _look(files)
    if not found and not own_networks.opened():
        _say_what_opens()
    for one in found:
        if one.kind == PROBLEM:
            st.error(plain(one.message), icon=":material/error:")
    _traces([one for one in found if one.kind == TRACE])
    _networks(found)
    _open_already()


def _say_what_opens() -> None:
    st.html(
        '<div class="rv-head">'
        + "".join(
            f'<div class="rv-row"><span class="rv-key" style="flex-basis:9rem">{escape(_(name))}</span>'
            f'<span class="rv-value">{escape(_(what))}</span></div>'
            for name, what in OPENS
        )
        + "</div>"
    )


def _look(files: "Sequence[UploadedFile]") -> list[Found]:
    """What each file is; looked at once, as long as it lies in the box."""
    known: dict[Any, Found] = st.session_state.setdefault(_FOUND, {})
    config = next((_in_memory(one) for one in files if _describes(one)), None)
    options = {
        "prefix": st.session_state.get("own-prefix", ""),
        "nonlinearity": st.session_state.get("own-nonlinearity", "tanh"),
    }
    found = {}
    for one in files:
        key = (one.file_id, config.name if config else "", *options.values(), language())
        if key not in known:
            with st.spinner(_("Reading {file} …", file=plain(one.name))):
                known[key] = own_networks.look_at(_in_memory(one), config, **options)
        found[key] = known[key]
    st.session_state[_FOUND] = found  # those that were taken out of the box are let go
    return list(found.values())


def _describes(file: "UploadedFile") -> bool:
    return file.name.lower().endswith(".json") and own_networks.kind_of(_in_memory(file)) == CONFIG


def _in_memory(file: "UploadedFile") -> InMemory:
    return InMemory(file.name, file.getvalue())


def _traces(found: Sequence[Found]) -> None:
    for number, one in enumerate(found):
        trace = one.value
        with st.container(border=True, key=f"own-trace-{number}"):
            axes = ", ".join(
                # Translators: {axis} is the axis as the file names it: time, source, target.
                _("{count} {axis} steps", count=len(tokens), axis=axis)
                for axis, tokens in trace.tokens.items()
            )
            network = trace.model.splitlines()[0][:80] or _("a network")
            axes = axes or _("its steps have no names")
            st.markdown(
                _(
                    "**{file}** is a trace of {network}: {steps}, {arrays} arrays.",
                    file=plain(one.name),
                    network=plain(network),
                    steps=plain(axes),
                    arrays=len(trace.arrays),
                )
            )
            if st.button(
                _("Open it"), key=f"own-open-trace-{number}", type="primary", icon=":material/open_in_new:"
            ):
                _go(lambda one=one: own_networks.open_trace(one.value, one.name), "")


def _networks(found: Sequence[Found]) -> None:
    """The network, what it holds, and what it is to read."""
    networks = [one for one in found if one.kind == NETWORK]
    again = [] if networks else _read_again()
    rest = [one for one in found if one.kind in (TABLE, WORDS)]
    if not networks and not (again and rest):
        if rest:
            names = ", ".join(plain(one.name) for one in rest)
            st.info(
                _("{names}: drop the network that is to read this, too.", names=names), icon=":material/info:"
            )
        return
    chosen = (networks or again)[0]
    if len(networks or again) > 1:
        offered = {one.name: one for one in (networks or again)}
        chosen = offered[st.selectbox(_("Network"), list(offered), key="own-which") or chosen.name]
    with st.container(border=True, key="own-network"):
        reads.describe(chosen)
        wanted = reads.choose(chosen, rest)
        if wanted is None:
            return
        if st.button(_("Open it"), key="own-open", type="primary", icon=":material/open_in_new:"):
            _go(lambda: own_networks.open_network(*wanted.made()), wanted.first)


def _read_again() -> list[Found]:
    """The networks that are open already: each once, however many parts it has."""
    models = [loaders.model(entry) for entry in own_networks.opened()]
    imported = {id(one.imported): one.imported for one in models if hasattr(one, "imported")}
    return [Found(one.name, 0, NETWORK, one) for one in imported.values()]


def _go(make: Any, text: str) -> None:
    """Open what `make` opens, and go to its overview; what is wrong is said instead."""
    try:
        with st.spinner(_("Running the network …")):
            entries = make()
    except RnnvizError as error:
        said = own_networks.asked(str(error))
        st.error(plain(said), icon=":material/error:")
        return
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1  # the box is empty again, its bytes let go
    st.session_state[_FOUND] = {}
    for name in url.NAMES:
        url.put(name, None)
    for name, value in (
        ("task", str(entries[0].spec.task)),
        ("model", entries[0].id),
        ("text", text or None),
    ):
        url.put(name, value)
    url.write()
    st.switch_page(routes.home().path)


def _open_already() -> None:
    entries = own_networks.opened()
    if not entries:
        return
    st.markdown(_("**Open in this session**"))
    total = sum(entry.bytes for entry in entries)
    for number, entry in enumerate(entries):
        with st.container(horizontal=True, vertical_alignment="center", key=f"own-held-{number}"):
            about = _(
                "{architecture}, {units} units",
                architecture=architecture(entry.spec),
                units=entry.spec.hidden,
            )
            if origin := getattr(entry.spec, "origin", ""):
                about += f" · {_(origin)}"
            st.markdown(
                f"**{plain(entry.id)}** · {plain(about)} · "
                + _("{size:.1f} MB", size=entry.bytes / MEGABYTE),
                width="stretch",
            )
            if st.button(_("Show"), key=f"own-show-{number}", icon=":material/visibility:"):
                url.put("task", str(entry.spec.task))
                url.put("model", entry.id)
                url.put("text", None)
                st.switch_page(routes.home().path)
            st.button(
                _("Remove"),
                key=f"own-remove-{number}",
                icon=":material/delete:",
                on_click=_remove,
                args=(entry.id,),
            )
    st.caption(
        _(
            "{size:.1f} of {most} MB, {count} of {places} places.",
            size=total / MEGABYTE,
            most=limits.OWN_BYTES // MEGABYTE,
            count=len(entries),
            places=limits.OWN_NETWORKS,
        )
    )


def _remove(name: str) -> None:
    own_networks.remove(name)
    if url.get("model") == name or url.get("with") == name:
        for one in url.NAMES:
            url.put(one, None)
    st.session_state[_SAID] = _("{name} is removed.", name=name)
