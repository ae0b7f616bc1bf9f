"""The networks that a visitor trained in this session: kept, compared, and opened on every page."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from rnnviz_core import limits
from rnnviz_core.charts import toy as charts
from rnnviz_core.frames import toy as frames
from rnnviz_core.languages import N_, _
from rnnviz_core.models.toy_spec import Problem
from rnnviz_core.tasks.toy.problems import PROBLEMS
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.serving import loaders
from rnnviz_core.ui.shell import offers, routes
from rnnviz_core.ui.shell.wording import explain, plain

OPENED = ("overview", "states", "gates", "gradients", "embeddings", "softmax")
WHY = {
    "done": N_("nothing was left to learn"),
    "stopped": N_("stopped"),
    "time": N_("the {most} seconds were over"),
}
_KEPT = "rnnviz-toys"


@dataclass(frozen=True)
class Outcome:
    """What came of a training."""

    network: Any
    reason: str
    scores: dict[str, Any]  # as `tasks.toy.scoring.evaluate` has them
    updates: int
    seconds: float


def kept() -> dict[str, Outcome]:
    """The session's networks by id, the oldest first."""
    found: dict[str, Outcome] = st.session_state.setdefault(_KEPT, {})
    return found


def keep(outcome: Outcome) -> str:
    """Put a network among the visitor's own; returns its id. The oldest gives way to one too many."""
    held = loaders.own()
    assert held is not None, "a page has a session"
    known = {entry.id for entry in loaders.models().entries}
    name, number = outcome.network.name, 2
    while name in known:
        name, number = f"{outcome.network.name}-{number}", number + 1
    outcome.network.name = name
    scores = {one: outcome.scores[one] for one in ("accuracy", "accuracy_double")}
    held.add(outcome.network, {"scores": scores, "rows": outcome.scores["rows"]})
    mine = kept()
    mine[name] = outcome
    while len(mine) > limits.TRAINED_NETWORKS:
        oldest = next(iter(mine))
        held.remove(oldest)
        del mine[oldest]
    return name


def draw(problem: Problem) -> None:
    """The last network with the way to every page, and all networks of a problem at other lengths."""
    mine = kept()
    if not mine:
        return
    _open(list(mine)[::-1])
    same = {
        name: {int(length.split()[-1]): right for length, right in one.scores["by_length"].items()}
        for name, one in mine.items()
        if one.network.spec.problem == problem
    }
    if not same:
        return
    best = max(same, key=lambda name: max(same[name].values()))
    chance = PROBLEMS[problem].chance
    show(
        charts.beyond(tuple(same)),
        key="toy-beyond",
        description=_(
            "A line per network: how many of 1,000 new sequences of each length it answers rightly. By "
            "chance {chance:g} % are right. The best is {best}.",
            chance=chance,
            best=best,
        ),
        beyond=frames.beyond(same),
        level=frames.level(chance),
    )
    explain(
        _(
            "Every network was trained at the T in its name and meets sequences of a quarter of that "
            "length to twice of it. A line at the height of chance: what counts no longer reaches the "
            "end."
        ),
        _(
            "Train an RNN, a GRU and an LSTM at T = 20: which of them recall, and what does the "
            "Gradients page show of the others? Then an LSTM at T = 50, with a forget bias of 1 and of 5."
        ),
    )


def _open(names: list[str]) -> None:
    mine = kept()
    with st.container(border=True, key="toy-trained"):
        name = names[0]
        if len(names) > 1:
            name = st.selectbox(_("Your networks"), names, key="toy-chosen", width=380) or name
        one = mine[name]
        st.markdown(
            _(
                "**{network}**: {right:.1f} % of 1,000 new sequences right at T = {steps}, after {updates:,} "
                "updates in {seconds:.1f} seconds ({why}). It stands in the sidebar of every page, for this "
                "session. **Open it:**",
                network=plain(name),
                right=one.scores["accuracy"],
                steps=one.network.spec.steps,
                updates=one.updates,
                seconds=one.seconds,
                why=_(WHY.get(one.reason, one.reason), most=limits.TRAINING_SECONDS),
            )
        )
        with st.container(horizontal=True, gap="small"):
            for page in OPENED:
                route = routes.route(page)
                if st.button(_(route.title), icon=route.icon, key=f"toy-open-{page}"):
                    offers.choose_model(name)
                    st.switch_page(route.path)
