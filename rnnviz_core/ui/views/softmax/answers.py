"""The sections of the softmax page, each for one view or for two side by side."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core.charts import beam as beam_charts
from rnnviz_core.charts import series as series_charts
from rnnviz_core.charts import softmax as charts
from rnnviz_core.frames import beam as beams
from rnnviz_core.frames import series
from rnnviz_core.frames import softmax as frames
from rnnviz_core.frames.numbers import printed
from rnnviz_core.frames.tokens import one_step, ordered, step_texts
from rnnviz_core.languages import _
from rnnviz_core.ui.controls.choose import choose_beam, choose_token, current_token
from rnnviz_core.ui.controls.clicks import follow
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.serving import loaders
from rnnviz_core.ui.shell.compare import side_by_side
from rnnviz_core.ui.shell.wording import download_rows, explain, plain
from rnnviz_core.ui.views.units import follow_unit, name_unit

if TYPE_CHECKING:
    import numpy as np

    from rnnviz_core.ui.serving.view import View


def classes(view: "View") -> None:
    """Probability and logit of every class."""
    for shown in side_by_side(view):
        names, best = shown.trace.labels["class"], frames.strongest(shown.trace)
        show(
            charts.probabilities(names, ordered(shown.trace)),
            key=shown.key("probabilities"),
            description=_("Probability and logit of each class. The most probable is {best}.", best=_(best)),
            classes=frames.classes(shown.trace),
        )
        st.markdown(plain(frames.classes_in_words(shown.trace)))
    explain(
        _("A logit is a plain score; softmax makes all scores positive and lets them sum to 100 %.")
        + " "
        + _(
            "Softmax takes the largest logit off all of them before the exponential: the shares "
            "stay the same, and no number grows too large for the computer."
        ),
        _(
            "Lower the temperature to 0.1: which bar takes everything? Raise it to 5: is the "
            "order still there?"
        ),
    )
    download_rows(partial(frames.classes, view.trace), "classes")


def terms(view: "View") -> None:
    """The summands of every class's logit; a clicked bar chooses its unit."""
    follow_unit(view, "terms")
    traces = [one.trace for one in (view, view.other) if one]
    for shown in side_by_side(view):
        trace = shown.trace
        show(
            charts.terms(trace.labels["class"], frames.strongest(trace)),
            key=shown.key("terms"),
            description=_("What each unit and the bias add to the logit of the class chosen below, sorted."),
            select=None if shown.second else "cell",
            terms=frames.terms(trace, *traces),
        )
    name_unit(view)
    explain(
        _(
            "Each bar is one unit's value times its weight for this class; all bars together are "
            "the logit. Click a bar to choose its unit."
        ),
        _("Choose the opposite class: do the same units push it down, or different ones?")
        if ordered(view.trace)
        else _("Choose another class: do the same units push it down, or different ones?"),
    )
    download_rows(partial(frames.terms, view.trace), "terms")


def verdicts(view: "View") -> None:
    """The probabilities after every token, with the chosen one marked."""
    follow(view, "encoder", "verdicts")
    above = st.container()
    position = choose_token(view, "encoder")
    with above:
        for shown in side_by_side(view):
            texts = step_texts(shown.trace, "encoder")
            at = min(position, len(texts) - 1)
            show(
                charts.verdicts(shown.trace.labels["class"], ordered(shown.trace)),
                key=shown.key("verdicts"),
                description=_("Probability of each class after every token, as lines along the sentence."),
                select=None if shown.second else "cell",
                verdicts=frames.verdicts(shown.trace),
                ends=frames.ends(shown.trace),
                chosen=one_step(texts, at),
            )
            st.markdown(plain(frames.verdict_in_words(shown.trace, at)))
    explain(
        _(
            "Follow a line from left to right: it jumps where a token changes the network's "
            "mind. The shade marks the chosen token; click to move it."
        ),
        _("Find the largest jump, then take that word out of the sentence. Does the last verdict change?"),
    )
    download_rows(partial(frames.verdicts, view.trace), "verdicts")


def confidence(view: "View") -> None:
    """How sure every step of the decoder was."""
    follow(view, "decoder", "confidence")
    step = current_token(view, "decoder")
    for shown in side_by_side(view):
        show(
            charts.confidence(),
            key=shown.key("confidence"),
            description=_("Probability of each token output, and the entropy of each step in bits."),
            select=None if shown.second else "cell",
            steps=frames.steps(shown.trace),
        )
        st.markdown(plain(frames.candidates_in_words(shown.trace, _step(shown, step))))
    explain(
        _(
            "A tall bar means the network hardly hesitated; entropy counts the yes-or-no "
            "questions left open. Click a bar to read what else it considered there."
        ),
        _("Where is it least sure: at the first token of a word, or inside one?"),
    )
    download_rows(partial(frames.steps, view.trace), "steps")


def candidates(view: "View") -> None:
    """The most probable pieces of one step."""
    step = choose_token(view, "decoder")
    for shown in side_by_side(view):
        at = _step(shown, step)
        show(
            charts.candidates(),
            key=shown.key("candidates"),
            description=_("The twelve most probable tokens at step {at}, with their probabilities.", at=at),
            candidates=frames.candidates(shown.trace, at),
        )
    explain(
        _(
            "Every token of the vocabulary gets a share; softmax makes the shares. The token "
            "that was output has its own colour."
        ),
        _("Raise the temperature: which second choice would have made a good translation too?"),
    )
    download_rows(partial(frames.named_candidates, view.trace, step), "candidates")


def pieces(view: "View") -> None:
    """Translation: the terms of the logits of the predicted piece and of its closest rival."""
    step = choose_token(view, "decoder")
    both = [(one, _summands(one, step)) for one in (view, view.other) if one]
    found = {one.second: rows for one, rows in both}
    for shown in side_by_side(view):
        at = _step(shown, step)
        show(
            charts.terms(frames.PIECES, frames.PIECES[0], _("Token") + " "),
            key=shown.key("pieces"),
            description=_("What each number of the vector and the bias add to a token’s logit, sorted."),
            terms=frames.piece_terms(found[shown.second], *found.values()),
        )
        st.markdown(plain(frames.pieces_in_words(shown.trace, at, found[shown.second])))
    explain(
        _(
            "The step makes a list of numbers, and every token has such a list, its embedding. "
            "Number by number the two are multiplied; all products and the bias are the token’s "
            "logit."
        ),
        _("Choose the other token: which units speak for both? Those do not decide."),
    )
    download_rows(partial(frames.piece_terms, found[False]), "pieces")


def _summands(shown: "View", step: int) -> "np.ndarray":
    return frames.piece_summands(shown.trace, _step(shown, step), *shown.model.output_layer())


def _step(shown: "View", step: int) -> int:
    return min(step, len(shown.trace.tokens["target"]) - 1)


def beam(view: "View") -> None:
    """The beam search as a tree, and the translations it finished."""
    width = choose_beam() if "beam" in loaders.options(view.entry) else len(view.trace.meta.get("beam", ()))
    if view.trace.meta["forced"]:
        st.markdown(_("The decoder is fed your translation, so there is nothing to search for."))
        return
    if width == 1:
        st.markdown(
            _(
                "With a beam of 1 it takes the most probable token at every step and never looks "
                "back. Choose 2 or more to see it keep several beginnings side by side."
            )
        )
        return
    for shown in side_by_side(view):
        steps = len(set(shown.trace.meta["search"]["step"]))
        best = shown.trace.meta["beam"][0]
        show(
            beam_charts.tree(beams.slots(shown.trace)),
            key=shown.key("tree"),
            description=_(
                "A beam of {width} over {steps} steps. Best: {text} ({score}).",
                width=width,
                steps=steps,
                text=best["text"],
                score=printed(best["score"]),
            ),
            height=beam_charts.ROW * steps + 48,
            tree=beams.tree(shown.trace),
        )
        found = beams.hypotheses(shown.trace)
        signed = {name: lambda value: printed(value, ".3f") for name in ("score", "log-probability")}
        st.dataframe(found.style.format(signed), hide_index=True, key=shown.key("hypotheses"))
    explain(
        _(
            "Read from the top: each line continues a beginning by one token. The best "
            "beginnings stay, the grey ones are dropped, and of all that reached their end the "
            "best score wins: the logarithm of its probability, per token. A narrow screen has "
            "room for the chosen words alone: point at a dot."
        ),
        _("Widen the beam. Does the winner begin with a token that was not the best at first?"),
    )
    download_rows(partial(beams.tree, view.trace), "beam")


def forecast(view: "View") -> None:
    """The series with what was expected of it, and the errors beside those of the baselines."""
    follow(view, "encoder", "forecast")
    above = st.container()
    position = choose_token(view, "encoder")
    with above:
        for shown in side_by_side(view):
            trace, texts = shown.trace, step_texts(shown.trace, "encoder")
            at = min(position, len(texts) - 1)
            show(
                series_charts.forecasts(series.kinds(trace)),
                key=shown.key("forecast"),
                description=series.describe(trace, at),
                select=None if shown.second else "cell",
                lines=series.lines(trace),
                chosen=one_step(texts, at),
            )
            st.markdown(plain(series.errors_in_words(trace)))
            _measured(shown)
    explain(
        _(
            "This network has no softmax: what comes out is one number, the value it expects "
            "next. The two simplest forecasts stand beside it: the same again, and the value of "
            "a season before, where the series is longer than a season. Click a name in the "
            "legend to see its line alone."
        ),
        _(
            "Where is “the same again” better than the network? Is that luck, or does the "
            "network know too little there?"
        ),
    )
    download_rows(partial(series.lines, view.trace), "forecast")


def _measured(shown: "View") -> None:
    """The test errors from the model's card, where it was measured."""
    found = series.scores(shown.entry.scores, getattr(shown.entry.spec, "lags", 0))
    if names := found["name"]:
        show(
            series_charts.errors(len(names)),
            key=shown.key("forecast-errors"),
            description=_(
                "Root mean squared errors on the test part: {errors}.",
                errors=", ".join(
                    f"{name} {printed(error)}" for name, error in zip(names, found["error"], strict=True)
                ),
            ),
            scores=found,
        )


def number_terms(view: "View") -> None:
    """What each unit adds to the number that comes out, and how it becomes a value."""
    follow_unit(view, "number-terms")
    for shown in side_by_side(view):
        show(
            series_charts.terms(),
            key=shown.key("number-terms"),
            description=_("What each unit and the bias add to the number that comes out, sorted."),
            select=None if shown.second else "cell",
            terms=series.terms(shown.trace),
        )
        st.markdown(plain(series.terms_in_words(shown.trace)))
    explain(
        _(
            "Each bar is one unit’s value after the last step times its weight; together with "
            "the bias they are the number that comes out. Scaled back, it is the forecast."
        ),
        _(
            "Are these few large bars that cancel, or many small ones? Take the last value of "
            "the series away: which bars change most?"
        ),
    )
    download_rows(partial(series.terms, view.trace), "number-terms")
