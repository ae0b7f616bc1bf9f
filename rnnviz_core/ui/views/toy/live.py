"""The training while it goes on: press, watch, stop."""

from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core import limits
from rnnviz_core.charts import toy as charts
from rnnviz_core.errors import RnnvizError
from rnnviz_core.frames import toy as frames
from rnnviz_core.languages import _, ngettext
from rnnviz_core.tasks.toy.problems import PROBLEMS
from rnnviz_core.tasks.toy.training import lengths
from rnnviz_core.ui import streamlit_private
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.serving import guard
from rnnviz_core.ui.serving.queue import Full, Job, State, queue
from rnnviz_core.ui.shell.wording import plain

from . import trained
from .settings import UNCLIPPED, Chosen

if TYPE_CHECKING:
    from rnnviz_core.training.watched import Seen, Watched

REFRESH = 1.0  # seconds between two looks at a training
_JOB, _OF = "rnnviz-training", "rnnviz-training-of"


def draw(chosen: Chosen) -> None:
    """The button, how far it is, and the curves."""
    job: Job | None = st.session_state.get(_JOB)
    going = job is not None and not job.over
    with st.container(horizontal=True, vertical_alignment="center", key="toy-press"):
        st.button(
            _("Train it"),
            type="primary",
            icon=":material/play_arrow:",
            disabled=going,
            on_click=_begin,
            args=(chosen,),
            key="toy-train",
        )
        if going:
            st.button(_("Stop"), icon=":material/stop:", on_click=queue.leave, args=(job,), key="toy-stop")
    if st.session_state.pop(f"{_JOB}-full", False):
        st.warning(
            _(
                "{limit} trainings are waiting already; try again in some minutes.",
                limit=limits.TRAININGS_WAITING,
            ),
            icon=":material/hourglass_top:",
        )
    if job is None:
        st.caption(
            _(
                "A training takes {limit} seconds at most, on one core of the server; it ends as soon as "
                "99.5 % of the answers are right, or when you leave the app.",
                limit=limits.TRAINING_SECONDS,
            )
        )
        return
    of: Chosen = st.session_state[_OF]
    if going:
        guard.fragment(_follow, "toy", "-", seconds=REFRESH)(job, of)
    else:
        _settle(job)
        _curves(job, of)


def _begin(chosen: Chosen) -> None:
    from rnnviz_core.tasks.toy import lesson, scoring, training
    from rnnviz_core.training.watched import Watched

    def work(watched: "Watched") -> trained.Outcome:
        run = lesson.run_of(chosen.spec, **chosen.settings)
        network, reason = lesson.train(run, watched)
        seen = watched.seen()
        scores = scoring.evaluate(network, None, None)
        return trained.Outcome(network, reason, scores, watched.number, seen.seconds)

    watched = Watched(
        seconds=limits.TRAINING_SECONDS,
        done=lesson.Solved(),
        first=training.ToyObjective(chosen.spec).validate,
    )
    try:
        job = queue.ask(streamlit_private.session_id() or "", watched, work)
    except Full:
        st.session_state[f"{_JOB}-full"] = True
        return
    st.session_state[_JOB], st.session_state[_OF] = job, chosen


def _follow(job: Job, of: Chosen) -> None:
    """What there is by now; when it is over the whole page is drawn again, once."""
    if job.over:
        st.rerun()
    _curves(job, of)


def _settle(job: Job) -> None:
    """Once after the end: the network goes among the visitor's own."""
    if isinstance(job.result, trained.Outcome):
        trained.keep(job.result)
        job.result = None


def _curves(job: Job, of: Chosen) -> None:
    seen, spec = job.watched.seen(), of.spec
    st.markdown(_status(job, seen, of))
    if not seen.updates:
        return
    steps, chance = lengths(spec.steps), PROBLEMS[spec.problem].chance
    right = seen.checks[-1][1]["accuracy"] if seen.checks else chance
    first, second, third = st.columns(3)
    with first:
        show(
            charts.accuracies(steps, spec.steps),
            key="toy-accuracy",
            description=_(
                "A line per T: accuracy over the updates; at T = {steps} now {right:.0f} %.",
                steps=spec.steps,
                right=right,
            ),
            accuracies=frames.accuracies(seen, steps),
            level=frames.level(chance),
        )
    with second:
        show(
            charts.losses(),
            key="toy-loss",
            description=_(
                "The loss of every batch on a logarithmic axis; now {loss:.2g}.", loss=seen.updates[-1].loss
            ),
            losses=frames.losses(seen),
        )
    with third:
        cut = sum(one.norm > seen.clip for one in seen.updates)
        clips = seen.clip < UNCLIPPED
        show(
            charts.norms(clips),
            key="toy-norm",
            description=_(
                "The norm of the gradient of every update; {cut} of {count} were cut.",
                cut=cut,
                count=len(seen.updates),
            ),
            norms=frames.norms(seen),
            level=frames.level(seen.clip),
        )


def _status(job: Job, seen: "Seen", of: Chosen) -> str:
    name = plain(of.spec.model_id)
    if job.state is State.WAITING:
        before = queue.before(job)
        return ngettext(
            "**{network}** waits: one training is before it, at most {seconds} seconds.",
            "**{network}** waits: {n} trainings are before it, at most {seconds} seconds.",
            before,
            network=name,
            seconds=before * limits.TRAINING_SECONDS,
        )
    if job.state is State.FAILED:
        reason = f" {plain(str(job.error))}." if isinstance(job.error, RnnvizError) else ""
        return _("**{network}** could not be trained to the end.", network=name) + reason
    if not seen.updates:
        if job.over:
            return _("**{network}** was stopped before it began.", network=name)
        return _("**{network}** begins.", network=name)
    number, figures = seen.checks[-1]
    values = {
        "network": name,
        "update": number,
        "loss": figures["loss"],
        "right": figures["accuracy"],
        "steps": of.spec.steps,
        "chance": PROBLEMS[of.spec.problem].chance,
        "seconds": seen.seconds,
        "most": limits.TRAINING_SECONDS,
    }
    if job.over:
        return _(
            "**{network}** ended at update {update:,}: loss {loss:.3g}, {right:.0f} % right at T = {steps} "
            "(by chance {chance:g} %), {seconds:.0f} of {most} seconds.",
            **values,
        )
    return _(
        "**{network}** is at update {update:,}: loss {loss:.3g}, {right:.0f} % right at T = {steps} "
        "(by chance {chance:g} %), {seconds:.0f} of {most} seconds.",
        **values,
    )
