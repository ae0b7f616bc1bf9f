"""More sections of the attention page: the test with replaced weights, and the kinds side by side."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from rnnviz_core.cells.kinds import Cell
from rnnviz_core.charts import attention as charts
from rnnviz_core.charts import context as context_charts
from rnnviz_core.charts import replaced as replaced_charts
from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.contracts.task import task_of_spec
from rnnviz_core.errors import RnnvizError
from rnnviz_core.frames import attention as frames
from rnnviz_core.frames import context as contexts
from rnnviz_core.frames import memory, replaced
from rnnviz_core.languages import N_, _
from rnnviz_core.models.specs import Attention, ModelSpec
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.controls.choose import read
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.serving import loaders
from rnnviz_core.ui.shell.offers import choose_model
from rnnviz_core.ui.shell.wording import architecture, explain, plain, score

from .weights import looking, read_title

if TYPE_CHECKING:
    from rnnviz_core.ui.serving.view import View

ANSWER = 200  # characters of an answer beside others
DEALS = 1000  # deals of the weights before they repeat
NAMES = {
    Attention.NONE: N_("No attention"),
    Attention.LUONG: "Luong",
    Attention.BAHDANAU: "Bahdanau",
    Attention.POOLING: N_("Attention pooling"),
}


def test(view: "View") -> None:
    """The model run again with weights it did not choose."""
    st.markdown(
        _(
            "Attention shows where the network looked, not why it decided: each state already "
            "holds what was read before it, and other weights can give the same answer. The "
            "ablation: the same network, the same sentence, but with weights it did not choose."
        )
    )
    deal = url.checked("deal", url.whole(DEALS), 0)
    st.button(
        _("Shuffle again"),
        icon=":material/shuffle:",
        key="attention-shuffle",
        on_click=lambda: url.put("deal", str((deal + 1) % DEALS)),
    )
    translates = frames.translates(view.trace)
    for shown in looking(view):
        rows = _replaced(shown, deal)
        words = (replaced.pieces_in_words if translates else replaced.classes_in_words)(rows)
        show(
            (replaced_charts.replaced_pieces if translates else replaced_charts.replaced_classes)(),
            key=shown.key("attention-replaced"),
            description=_("Bars: the answer with replaced weights. {words}.", words=words),
            replaced=rows,
        )
        st.markdown(plain(words[:1].upper() + words[1:]) + ".")
        if translates:
            st.markdown(_evenly(shown))
    explain(
        (_("The decoder is fed the same words as above.") + " " if translates else "")
        + _(
            "“All equal” gives every token the same weight; “shuffled” deals the network’s own "
            "weights out to other tokens. Bars that hardly move: the weights were not needed for "
            "this answer."
        ),
        _("Find a sentence on which shuffling changes the answer, and one on which it does not."),
    )


def _replaced(shown: "View", deal: int) -> Any:
    """The answers with replaced weights: two runs of a small model, quicker than keeping them."""
    from rnnviz_core.contracts import surgery

    trace, own = shown.trace, shown.trace["attention.weights"]
    others = {
        "all equal": surgery.with_weights(shown.model, trace, surgery.uniform(own)),
        "shuffled": surgery.with_weights(shown.model, trace, surgery.shuffled(own, deal)),
    }
    return (replaced.pieces if frames.translates(trace) else replaced.classes)(trace, others)


def _evenly(shown: "View") -> str:
    """The translation under uniform attention, beside the recorded one."""
    from rnnviz_core.contracts import surgery

    written = _short(surgery.write_evenly(shown.model, shown.trace))
    return _(
        "Decoding on its own with all weights equal: **“{written}”** instead of “{recorded}”",
        written=plain(written),
        recorded=plain(_short(str(shown.trace.meta["translation"]))),
    )


def _short(answer: str) -> str:
    answer = answer.strip() or _("(nothing)")
    return answer if len(answer) <= ANSWER else f"{answer[:ANSWER]}…"


def kinds(view: "View") -> None:
    """Networks with and without attention on the same sentence, as far as they are installed."""
    offered = [Attention(kind) for kind in task_of_spec(view.entry.spec).attentions]
    entries = {kind: _entry(view, kind) for kind in offered}
    found: dict[Attention, Trace] = {}
    for column, kind in zip(st.columns(len(offered)), offered, strict=True):
        with column:
            st.markdown(f"**{_(NAMES[kind])}**")
            entry = entries[kind]
            if entry is None:
                family = _family(view.entry.spec)
                st.caption(_("No {family} model of this kind is installed here.", family=family))
            elif (trace := _answered(view, entry)) is not None:
                found[kind] = trace
    for column, kind in zip(st.columns(len(offered)), offered, strict=True):  # below all words: level
        entry = entries[kind]
        if entry is not None and kind in found:
            with column:
                _draw_look(found[kind], entry)
                if entry.id != view.model_id:
                    st.button(
                        _("Open this one"), key=f"kind-{entry.id}", on_click=choose_model, args=(entry.id,)
                    )
    if len(found) > 1 and not frames.translates(view.trace):
        st.markdown(_agreement(found.values()))
    explain(_how_to_read(found), _("Make the sentence longer. Which kind is the first to lose a part of it?"))


def _agreement(found: Iterable[Trace]) -> str:
    """Whether the networks give the same verdict."""
    said = {trace.model: str(trace.meta["label"]) for trace in found}
    each = ", ".join(
        _("{network} predicts **{verdict}**", network=plain(name), verdict=plain(_(label)))
        for name, label in said.items()
    )
    if len(set(said.values())) == 1:
        return _("They agree: {verdicts}.", verdicts=each)
    return _(
        "**They disagree:** {verdicts}. At least one of them is wrong about this sentence.", verdicts=each
    )


def _how_to_read(found: Mapping[Attention, Trace]) -> str:
    """What the columns show, of those that show something."""
    said = [_("The same sentence, read by one network of each kind.")]
    if Attention.LUONG in found:
        said.append(_("Luong’s looks back after each step of the decoder."))
    if Attention.BAHDANAU in found:
        said.append(_("Bahdanau’s looks back before each step of the decoder."))
    if Attention.POOLING in found:
        said.append(_("Attention pooling averages the states after all tokens, some with more weight."))
    if Attention.NONE in found:
        said.append(_without(found[Attention.NONE]))
    return " ".join(said)


def _without(trace: Trace) -> str:
    """What goes on where there is no attention."""
    if not trace.layers():
        return _("A bag of words averages the embeddings, whatever their order.")
    if contexts.left_at_the_end(trace) is None:
        return _("Without attention all that goes on is what the network holds when all is read.")
    return _(
        "Without attention all that goes on is what the network holds when all is read: the "
        "filled bars are what is left in it of each token."
    )


def _family(spec: ModelSpec) -> str:
    return task_of_spec(spec).family(spec)


def _entry(view: "View", kind: Attention) -> Entry | None:
    """The model of this kind for the same texts: the one chosen, else the one most like it."""
    mine = view.entry.spec
    if mine.attention is kind:
        return view.entry
    found = [
        entry
        for entry in loaders.models().entries
        if entry.spec.attention is kind
        and entry.spec.task == mine.task
        and _family(entry.spec) == _family(mine)
    ]

    def unlike(entry: Entry) -> tuple[bool, bool, bool, str]:
        other = entry.spec
        return (
            other.cell is Cell.NONE,
            other.cell is not mine.cell,
            other.bidirectional != mine.bidirectional,
            entry.id,
        )

    return min(found, key=unlike, default=None)


def _answered(view: "View", entry: Entry) -> Trace | None:
    """One network's answer; None where it cannot read the sentence."""
    try:
        trace = view.trace if entry.id == view.model_id else read(entry, view.text)
    except RnnvizError as error:
        st.caption(plain(str(error)))
        return None
    measured = score(entry)
    answer = task_of_spec(entry.spec).answer(trace).text
    st.text(_(answer) if "class" in trace.labels else _short(answer))
    about = " · ".join(part for part in (entry.id, architecture(entry.spec), measured) if part)
    st.caption(plain(about))
    return trace


def _draw_look(trace: Trace, entry: Entry) -> None:
    """Where it looks; without attention, what of each token reaches the end."""
    key = f"attention-kind-{entry.spec.attention}"
    if frames.has_attention(trace) and frames.translates(trace):
        said = frames.alignment_in_words(trace)
        show(charts.small_alignment(), key=key, description=said, alignment=frames.alignment(trace))
    elif frames.has_attention(trace):
        show(charts.small_weights(), key=key, description=frames.row_in_words(trace), row=frames.row(trace))
    elif left := contexts.left_at_the_end(trace):
        name = memory.state_name(trace) or "hidden"
        said = contexts.left_in_words(left)
        show(
            context_charts.small_fixed(name, read_title(trace)),
            key=key,
            description=said,
            lengths=left,
        )
    elif trace.layers():
        st.caption(_("In a plain RNN no share of the state belongs to one step."))
    else:
        st.caption(_("The mean of the embeddings: every token counts alike."))
