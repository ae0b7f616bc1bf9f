"""What a class's screens draw alike: the votes, the wall, the way in."""

import textwrap
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from rnnviz_core.charts import votes as charts
from rnnviz_core.classroom import tally
from rnnviz_core.classroom.tally import Tally
from rnnviz_core.languages import _, language, ngettext
from rnnviz_core.lessons import drawings
from rnnviz_core.lessons.lesson import Choice, Predict, Reveal
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.drawing.still import show_still
from rnnviz_core.ui.serving import classes
from rnnviz_core.ui.shell.wording import plain

from .place import Place, link

LINE = 26  # characters of an answer's line beside its bar: what a phone has room for


def told(found: Place, step: Predict) -> bool:
    """Whether the class has seen what is right: the teacher is at the step that shows it, or beyond."""
    reached = found.lesson.steps[: max(found.state.step, -1) + 1]
    return any(isinstance(one, Reveal) and step.number in one.answers for one in reached)


def count(found: Place, step: Predict) -> Tally:
    """What of the votes is uncovered, counted."""
    is_told, state = told(found, step), found.state

    def make() -> Tally:
        given: Mapping[int, Sequence[str]] = classes.store().answers(found.code, step.number)
        return tally.count(found.world, step, given, told=is_told)

    # The lesson's steps compare by value: a file that was changed is counted anew.
    key = (state.id, found.code, state.revision, step.number, is_told, hash(repr(step)), language())
    return classes.tallies.get(key, make)


def draw_votes(found: Place, step: Predict, counted: Tally) -> None:
    """The votes of a step as a chart, the second round beside the first."""
    rounds = 2 if counted.given.get(2) else 1
    is_told, key = told(found, step), f"class-votes-{step.number}"
    given = ", ".join(f"{_(tally.ROUNDS[n])}: {many}" for n, many in counted.given.items())
    words = _("Votes on “{title}” ({given})", title=step.title, given=given)
    (low, high), rows = counted.ends, dict(counted.rows)
    marked: dict[str, Any] = {"truth": rows["truth"]} if is_told and "truth" in rows else {}
    match counted.kind:
        case "bars":
            tall = isinstance(step, Choice)
            if tall:
                lines = [textwrap.fill(str(one), LINE) for one in rows["votes"]["answer"]]
                rows["votes"] = {**rows["votes"], "answer": lines}
            show(charts.bars(rounds, is_told, tall), key=key, description=words, votes=rows["votes"])
        case "scale":
            drawn = charts.scale(low, high, counted.label, rounds, is_told)
            show(drawn, key=key, description=words, votes=rows["votes"], **marked)
        case "curves":
            drawn = charts.curves(low, high, counted.label, rounds, is_told)
            show(drawn, key=key, description=words, votes=rows["votes"], **marked)


def draw_share(step: Predict, counted: Tally) -> None:
    """How many are right, between the lines."""
    given = [number for number, many in counted.given.items() if many]
    rows = {
        "round": [tally.ROUNDS[number] for number in given],
        "share": [counted.right[number] / counted.given[number] for number in given],
    }
    words = _("The share of right answers to “{title}”, with lines at 35 and 70 %", title=step.title)
    show(charts.meter(), key=f"class-share-{step.number}", description=words, right=rows)


def draw_question(found: Place, step: Predict) -> None:
    """What is asked, as everybody sees it who does not answer here."""
    if isinstance(step, Choice):
        options = (found.world.fill(option.text, step, plain) for option in step.options)
        st.markdown("\n".join(f"{number}. {option}" for number, option in enumerate(options, 1)))
    else:
        show_still(
            lambda width: drawings.picture(found.world, step, width=width), key=f"class-asked-{step.number}"
        )


def draw_way_in(code: str) -> None:
    """Address, code and QR code, for the back row."""
    import segno

    address, reachable = link(code)
    picture = segno.make(address, error="m").svg_data_uri(scale=8, border=3, dark="#000", light="#fff")
    about = escape(_("QR code of {address}", address=address))
    st.html(
        '<div class="rv-way-in">'
        f'<img class="rv-qr" alt="{about}" src="{escape(picture)}">'
        f"<div><p>{escape(address.partition('?')[0].partition('//')[2])}</p>"
        f'<p class="rv-code">{escape(code)}</p></div></div>'
    )
    if not reachable:
        st.warning(
            _(
                "This address leads to this very computer: your students cannot open it. Serve the app "
                "to your network and open it here under the address that others use."
            ),
            icon=":material/wifi_off:",
        )


def draw_code(code: str) -> None:
    """The code, small, for whoever comes late."""
    title = escape(_("the code of this class"))
    st.html(f'<b class="rv-code-small" title="{title}">{escape(code)}</b>', width="content")


def words_here(students: int) -> str:
    """How many have entered."""
    return ngettext("{n} student is here", "{n} students are here", students)
