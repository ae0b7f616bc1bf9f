"""The sections of the attention page, for one view or for two side by side."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from rnnviz_core.charts import attention as charts
from rnnviz_core.charts import building_blocks
from rnnviz_core.charts import context as context_charts
from rnnviz_core.contracts.task import task_of_spec
from rnnviz_core.frames import attention as frames
from rnnviz_core.frames import context as contexts
from rnnviz_core.frames import memory
from rnnviz_core.frames.tokens import axis_of, one_step, spread
from rnnviz_core.languages import N_, _
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.controls.choose import choose_token, choose_unit
from rnnviz_core.ui.controls.clicks import follow
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.shell.compare import side_by_side
from rnnviz_core.ui.shell.offers import offer_models
from rnnviz_core.ui.shell.wording import download_rows, explain, plain
from rnnviz_core.ui.views.units import follow_unit, name_unit

if TYPE_CHECKING:
    from rnnviz_core.ui.serving.view import View

CAVEAT = N_(
    "Each state already holds what was read before it: a weight on a word is not a weight on that word alone."
)
SHIFT = N_(
    "Softmax takes the largest score off all of them before the exponential: the shares "
    "stay the same, and no number grows too large for the computer."
)
MOVES = {  # to try, sentences whose words change places in English, by the language that is read
    "es": N_(
        "Translate an adjective behind its noun (“la casa blanca”). Do the bright cells leave the diagonal?"
    ),
    "de": N_(
        "Translate a sentence with its verb at the end (“Der Mann hat den Ball geworfen.”). "
        "Do the bright cells leave the diagonal?"
    ),
    "fr": N_(
        "Translate an adjective behind its noun (“une voiture rouge”). "
        "Do the bright cells leave the diagonal?"
    ),
}


def looking(view: "View") -> "Iterator[View]":
    """One view or both, without those that have no attention."""
    for shown in side_by_side(view):
        if frames.has_attention(shown.trace):
            yield shown
        else:
            st.info(_("This network has no attention."), icon=":material/info:")


def traces(view: "View") -> list[Trace]:
    """The traces that are drawn side by side and have attention."""
    return [one.trace for one in (view, view.other) if one and frames.has_attention(one.trace)]


def weights(view: "View") -> None:
    """Sentiment: the weights, and the scores they are made of."""
    st.caption(_(CAVEAT))
    fold = url.checked("fold", url.one_of(("end",)), "", shown=_("all tokens")) == "end"
    for shown in looking(view):
        said = frames.row_in_words(shown.trace)
        rows = frames.row(shown.trace, 0, *traces(view))
        if fold:
            rows = frames.without_end(shown.trace, rows, *traces(view))
            said += f" {frames.folded_in_words(shown.trace)}"
        show(
            charts.weights(),
            key=shown.key("attention-weights"),
            description=_("Attention weights and scores of every token. {said}", said=said),
            row=rows,
        )
        st.markdown(plain(f"{said} {frames.spread_in_words(shown.trace)}"))
        if audited := frames.audit_in_words(shown.entry.metrics):
            st.markdown(plain(audited))
    _choose_fold(view, fold)
    explain(
        _(
            "A weight says how much the state after that token counts in the verdict; above the "
            "dashed line it counts more than its equal share. Softmax makes the weights from the "
            "scores."
        )
        + " "
        + _(SHIFT),
        _("Remove the word with the tallest bar. Does the verdict change, or does the next word take over?"),
    )
    download_rows(partial(frames.row, view.trace), "attention")


def _choose_fold(view: "View", chosen: bool) -> None:
    """Whether the end's punctuation is laid aside: a switch, where a text ends in any."""
    if not any(map(frames.closing, traces(view))):
        return
    key = url.widget("fold", chosen)
    st.toggle(
        _("Ignore the punctuation at the end"),
        key=key,
        on_change=lambda: url.put("fold", "end" if st.session_state[key] else None),
        help=_("The last state has read everything, so a full stop often gets the largest weight."),
    )


def verdict(view: "View") -> None:
    """Sentiment: what each token adds to the logit of a class."""
    for shown in looking(view):
        trace, weights = shown.trace, shown.model.output_layer().weight
        best = trace.meta["label"]
        show(
            context_charts.verdict(trace.labels["class"], best),
            key=shown.key("attention-verdict"),
            description=_("What each token and the bias add to the logit of the class chosen below."),
            verdict=contexts.verdict(trace, weights),
        )
    explain(
        _(
            "Each state votes for and against every class; attention’s weight says how loud. The "
            "bars and the bias add up to the logit, exactly."
        ),
        _("Choose the opposite class. Does the loudest token vote for one and against the other?"),
    )
    download_rows(partial(contexts.verdict, view.trace, view.model.output_layer().weight), "verdict")


def alignment(view: "View") -> None:
    """Translation: the matrix, and the chosen row as bars."""
    st.caption(_(CAVEAT))
    reads = task_of_spec(view.entry.spec).reads(view.entry.spec)
    follow(view, "decoder", "attention-alignment", step="target_position")
    above = st.container()
    step = choose_token(view, "decoder")
    with above:
        for shown in looking(view):
            at = _step(shown, step)
            show(
                charts.alignment(charts.row_height(len(frames.row_names(shown.trace)))),
                key=shown.key("attention-alignment"),
                description=_("Attention of every target token over the source.")
                + " "
                + frames.alignment_in_words(shown.trace),
                select=None if shown.second else "cell",
                alignment=frames.alignment(shown.trace),
                chosen=frames.chosen_row(shown.trace, at),
                row=frames.row(shown.trace, at),
            )
            st.markdown(plain(frames.row_in_words(shown.trace, at)))
    explain(
        _(
            "Read a row from left to right: how much of each source token went into choosing "
            "that target token. Click a row: its weights and scores stand below, and the other "
            "sections follow."
        )
        + " "
        + _(SHIFT),
        _(MOVES[reads])
        if reads in MOVES
        else _("Translate a sentence whose words change places. Do the bright cells leave the diagonal?"),
    )
    download_rows(partial(frames.alignment, view.trace), "attention")


def spreads(view: "View") -> None:
    """Translation: the entropy of every look."""
    follow(view, "decoder", "attention-entropy")
    above = st.container()
    step = choose_token(view, "decoder")
    with above:
        for shown in looking(view):
            show(
                charts.entropy_bars(),
                key=shown.key("attention-entropy"),
                description=_(
                    "Bars: how spread attention is. {about}", about=frames.entropy_in_words(shown.trace)
                ),
                select=None if shown.second else "cell",
                entropy=frames.entropies(shown.trace, *traces(view)),
                chosen=one_step(frames.targets(shown.trace), _step(shown, step)),
            )
            st.markdown(plain(frames.entropy_in_words(shown.trace)))
    explain(
        _(
            "A low bar means that one source token got nearly all the attention; the dashed line "
            "is what equal weights for all would give."
        ),
        _("Which target tokens are least sure where to look: names and nouns, or small words?"),
    )
    download_rows(partial(frames.entropies, view.trace), "entropy")


def context(view: "View") -> None:
    """What attention hands on, and the sum behind one of its numbers."""
    translates = frames.translates(view.trace)
    size = view.trace["attention.context"].shape[-1]
    part = "decoder" if translates else "encoder"
    follow(view, part, "attention-context")
    above = st.container()
    with st.container(horizontal=True):
        step = choose_token(view, part) if translates else 0
        unit = choose_unit(view, size, contexts.largest(view.trace, step))
    with above:
        for shown in looking(view):
            _draw_context(shown, step, unit)
    explain(
        _(
            "Top: each column is the context of one step, the encoder’s states mixed by its "
            "weights. Click a number: below stands what each source token put into it."
        )
        if translates
        else _(
            "Top: each column is a token’s state times its weight; added up, a row is the "
            "context. Click a number: below stands what each token put into it."
        ),
        _("Two words that look at the same place get the same column. Do you find such a pair?")
        if translates
        else _("Which tokens have pale columns? The verdict is read without them."),
    )
    download_rows(partial(contexts.context, view.trace), "context")


def _draw_context(shown: "View", step: int, unit: int) -> None:
    trace = shown.trace
    size = trace["attention.context"].shape[-1]
    step, unit = _step(shown, step), min(unit, size - 1)
    show(
        context_charts.context(size, frames.translates(trace)),
        key=shown.key("attention-context"),
        description=_("What attention hands on: {values}.", values=spread(trace["attention.context"])),
        select=None if shown.second else "cell",
        context=contexts.context(trace),
        chosen=contexts.chosen(trace, step, unit),
        shares=contexts.context_of_unit(trace, step, unit),
    )
    st.markdown(plain(contexts.context_in_words(trace, step, unit)))


def instead(view: "View") -> None:
    """A network without attention: what is read in its place, and the networks that have it."""
    translates = frames.translates(view.trace)
    numbers = axis_of(view.trace, "encoder") == "numbers"
    follow_unit(view, "attention-instead")
    for shown in side_by_side(view):
        if frames.has_attention(shown.trace):
            st.info(_("This network has attention: open it alone to see where it looks."))
            continue
        draw_instead(shown)
    ledger = any(
        memory.state_name(one.trace) and not frames.has_attention(one.trace)
        for one in (view, view.other)
        if one
    )
    explain(_goes_on(ledger, translates, numbers), _try_without(ledger, numbers))
    task = task_of_spec(view.entry.spec)
    offer_models(
        _without(translates, numbers),
        lambda spec: (
            spec.task == task.name
            and spec.attention != "none"
            and task.reads(spec) == task.reads(view.entry.spec)
        ),
    )


def _goes_on(ledger: bool, translates: bool, numbers: bool) -> str:
    """What the bars are, and where they go on to."""
    if ledger:
        said = _(
            "An outlined bar is the length of what a step wrote into the memory, the filled part "
            "what is left of it after the last step."
        )
        if translates:
            more = _("Below: all the numbers that go on from there, the same at every step of the decoder.")
        elif numbers:
            more = _("Below: all the numbers that go on from there to the forecast.")
        else:
            more = _("Below: all the numbers that go on from there to the verdict.")
        return f"{said} {more}"
    if translates:
        return _(
            "The bars are what the network holds when all is read: the only numbers that go on, "
            "the same at every step of the decoder."
        )
    if numbers:
        return _(
            "The bars are what the network holds when all is read: the only numbers that go on "
            "to the forecast."
        )
    return _(
        "The bars are what the network holds when all is read: the only numbers that go on to the verdict."
    )


def _try_without(ledger: bool, numbers: bool) -> str:
    """What to try on a network without attention."""
    if ledger and numbers:
        return _("Make the series longer. How much of its beginning still reaches the end?")
    if ledger:
        return _("Make the sentence longer. How much of its beginning still reaches the end?")
    if numbers:
        return _("Change the first number of a long series. Do these numbers change at all?")
    return _("Change the first word of a long sentence. Do these numbers change at all?")


def _without(translates: bool, numbers: bool) -> str:
    """What a network without attention lacks."""
    if translates:
        return _(
            "This network has no attention. Its decoder gets one fixed list of numbers, the "
            "encoder's last state, and has to write the whole translation from it: it cannot "
            "look back at single words."
        )
    if numbers:
        return _(
            "This network has no attention. Its forecast is read from the last state alone: "
            "whatever the network did not carry to the end of the series is lost to it."
        )
    return _(
        "This network has no attention. Its verdict is read from the last state alone: "
        "whatever the network did not carry to the end of the sentence is lost to it."
    )


def left(view: "View") -> None:
    """What is left at the end, where nobody knows what the answer is read from."""
    follow_unit(view, "attention-instead")
    for shown in side_by_side(view):
        if frames.has_attention(shown.trace):
            st.info(_("This network has attention: open it alone to see where it looks."))
            continue
        draw_instead(shown)
    explain(
        _(
            "These layers have no attention that is known here. An outlined bar is the length of "
            "what a step wrote into the memory, the filled part what is left of it after the "
            "last step; the bars below are the state after the last step, which goes on from "
            "there where the network reads the last state."
        ),
        _("How much of the beginning still reaches the end? Shorten the input and look again."),
    )


def averaged(view: "View") -> None:
    """A network without recurrence: what each token adds to the verdict, all with the same weight."""
    for shown in side_by_side(view):
        if frames.has_attention(shown.trace):
            st.info(_("This network has attention: open it alone to see where it looks."))
            continue
        draw_instead(shown)
    explain(
        _(
            "This network has no attention and no states: it reads the mean of the embeddings. "
            "So its logit is a sum over the tokens, and what a token adds depends on the token "
            "alone, not on its neighbours. The bars and the bias add up to the logit, exactly."
        ),
        _(
            "Put a “not” before the word with the tallest bar. Does that bar turn, or does “not” "
            "only add its own?"
        ),
    )
    download_rows(partial(contexts.verdict, view.trace, view.model.output_layer().weight), "instead")
    task = view.entry.spec.task
    offer_models(
        _("Attention pooling is a mean too, but of states, and with weights that the network chooses."),
        lambda spec: spec.task == task and spec.attention != "none",
    )


def _draw_mean(shown: "View") -> None:
    trace, weights = shown.trace, shown.model.output_layer().weight
    said = contexts.mean_in_words(trace, weights)
    show(
        context_charts.verdict(trace.labels["class"], trace.meta["label"], mean=True),
        key=shown.key("attention-mean"),
        description=_(
            "What each token and the bias add to the logit of the class chosen below. {said}", said=said
        ),
        verdict=contexts.verdict(trace, weights),
    )
    st.markdown(plain(said))


def draw_instead(shown: "View") -> None:
    """The one list of numbers, and what is left in it of each token where the cell keeps a ledger."""
    if not shown.trace.layers():
        _draw_mean(shown)
        return
    numbers, left = contexts.fixed(shown.trace), contexts.left_at_the_end(shown.trace)
    lengths: dict[str, Any] = {} if left is None else {"lengths": left}
    said = (
        contexts.left_in_words(left)
        if left
        else _("In a plain RNN no share of the state belongs to one step.")
    )
    show(
        context_charts.fixed(len(numbers["unit"]), memory.state_name(shown.trace), read_title(shown.trace)),
        key=shown.key("attention-instead"),
        description=_("Bars: what of each token reaches the end, and the numbers read. {said}", said=said),
        select=None if shown.second else "cell",
        fixed=numbers,
        **lengths,
    )
    st.markdown(plain(said))
    if not shown.second:
        name_unit(shown)


def read_title(trace: Trace) -> str:
    """The title of the axis of what is read: source tokens, tokens, or the steps of a series."""
    if frames.translates(trace):
        return building_blocks.SOURCE
    return building_blocks.steps_title(axis_of(trace, "encoder"))


def _step(shown: "View", step: int) -> int:
    return min(step, len(frames.row_names(shown.trace)) - 1)
