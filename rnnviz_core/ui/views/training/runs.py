"""Which run is looked at, which ones stand beside it, and files of one's own."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from rnnviz_core import limits
from rnnviz_core.errors import CheckpointError
from rnnviz_core.frames import watched
from rnnviz_core.languages import _, ngettext, numerals
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.serving import histories
from rnnviz_core.ui.serving.histories import Known
from rnnviz_core.ui.shell.wording import plain

if TYPE_CHECKING:
    from rnnviz_core.ui.streamlit_private import UploadedFile

MOST = 3  # runs beside the one that is looked at
NONE = "-"  # in the address: none is compared


class Chosen(NamedTuple):
    """The run that is looked at, and those that are compared with it."""

    run: Known
    beside: tuple[Known, ...]

    @property
    def all(self) -> dict[str, Known]:
        """All of them by title, each title once."""
        found: dict[str, Known] = {}
        for one in (self.run, *self.beside):
            found[one.called if one.called not in found else f"{one.called} ({one.id})"] = one
        return found


def choose() -> Chosen | None:
    """Draw the widgets; None with a message where there is no run."""
    known = histories.known()
    if not known:
        st.info(_("No history of a training run came with this app."), icon=":material/info:")
        _own()
        return None
    with st.container(horizontal=True, vertical_alignment="bottom", key="training-runs"):
        run = _run(known)
        beside = _beside({name: one for name, one in known.items() if name != run.id})
        _own()
    st.caption(plain(_line(run)))
    return Chosen(run, beside)


def _run(known: Mapping[str, Known]) -> Known:
    first = next(iter(known))
    chosen = url.checked("run", url.one_of(tuple(known)), first, shown=known[first].called)
    key = url.widget("run", chosen)
    st.selectbox(
        _("Run"),
        list(known),
        format_func=lambda name: known[name].called,
        key=key,
        on_change=lambda: url.put("run", st.session_state[key]),
        width=260,
    )
    return known[chosen]


def _beside(known: Mapping[str, Known]) -> tuple[Known, ...]:
    def read(raw: str) -> list[str] | None:
        names = [] if raw == NONE else raw[:400].split(",")
        return names[:MOST] if all(name in known for name in names) else None

    if any(name not in known for name in (url.get("beside") or NONE).split(",") if name != NONE):
        url.put("beside", None)  # the run that is looked at is not compared with itself
    nothing: list[str] = []
    chosen = url.checked("beside", read, nothing, shown=_("no other run"))
    key = url.widget("beside", chosen)
    st.multiselect(
        _("Compare with"),
        list(known),
        format_func=lambda name: known[name].called,
        key=key,
        max_selections=MOST,
        placeholder=_("Other runs"),
        on_change=lambda: url.put("beside", ",".join(st.session_state[key]) or None),
        width=360,
    )
    return tuple(known[name] for name in chosen)


def _own() -> None:
    """The place for files of one's own; each is read when it is dropped, and kept for the session."""
    popover = st.popover(
        _("Your own runs"), icon=":material/upload_file:", key="training-own", on_change="rerun"
    )
    if not popover.open:
        return
    with popover:
        st.markdown(
            _(
                "`rnnviz train` leaves **history.safetensors** in the folder of every run, and "
                "`rnnviz.watch` saves such a file. It is read here, nothing in it is executed, and it is "
                "gone with this session. Several files are compared."
            )
        )
        megabytes = limits.HISTORY_BYTES // 2**20
        files = st.file_uploader(
            _("Histories, up to {megabytes} MB together", megabytes=megabytes),
            type="safetensors",
            accept_multiple_files=True,
            max_upload_size=megabytes,
            key="training-file",
        )
        if _read(files):
            url.write()
            st.rerun()
        if count := len(histories.own()):
            words = ngettext("Forget it", "Forget them", count)
            st.button(words, icon=":material/delete:", on_click=_forget, key="training-forget")


def _read(files: "Sequence[UploadedFile]") -> bool:
    """Open what was dropped: the latest is looked at, those before stand beside. Whether one was opened."""
    known: list[str] = st.session_state.setdefault("training-read", [])
    before = list(histories.own())
    for file in files:
        if file.file_id in known:
            continue
        known.append(file.file_id)
        try:
            histories.bring(file.getvalue(), file.name)
        except CheckpointError as error:
            st.error(plain(f"{file.name}: {error}"), icon=":material/error:")
    *others, latest = histories.own() or [""]
    if len(histories.own()) == len(before):
        return False
    url.put("run", latest)
    url.put("beside", ",".join(others[-MOST:]) or None)
    return True


def _forget() -> None:
    histories.forget()
    url.put("run", None)
    url.put("beside", None)


def _line(run: Known) -> str:
    """What the run is there to show, and its settings."""
    about, history = run.history.about, run.history
    config = about.get("config")
    config = config if isinstance(config, Mapping) else {}
    spec = history.spec or {}
    line = run.line
    if watched.is_watched(history):
        line = _("Watched every {every} updates.", every=watched.every(history))
    said = [_("{epochs} epochs, {updates:,} updates", epochs=len(history.epochs), updates=history.updates)]
    if not history.epochs:
        said = [_("{updates:,} updates", updates=history.updates)]
    if "optimizer" in config:
        rate = numerals(f"{config.get('rate', '?')!s:.12}")
        said.append(_("{optimizer}, rate {rate}", optimizer=str(config["optimizer"])[:20], rate=rate))
    if "hidden" in spec:
        said.append(_("{units} units, dropout {share:g}", units=spec["hidden"], share=spec.get("dropout", 0)))
    if isinstance(bias := about.get("forget_bias"), int | float) and spec.get("cell") == "lstm":
        said.append(_("forget bias {bias:g}", bias=bias))
    return (f"{line} " if line else "") + " · ".join(said)
