"""The findings as a list, each with its evidence, what it means, what to try, and where to look."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core.charts import diagnosis as charts
from rnnviz_core.diagnosis.states import ENOUGH
from rnnviz_core.diagnosis.symptoms import Measured, Report, Symptom
from rnnviz_core.frames import diagnosis as frames
from rnnviz_core.frames.layer import layers
from rnnviz_core.frames.tokens import step_texts
from rnnviz_core.languages import N_, _, language, ngettext
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.controls.choose import choose_one
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.serving.diagnosis import NOT_ASKED, diagnosis, others
from rnnviz_core.ui.shell import routes
from rnnviz_core.ui.shell.wording import download_rows, explain, plain
from rnnviz_core.ui.views.sections import sections_of

if TYPE_CHECKING:
    from rnnviz_core.ui.serving.view import View

MOST = 12  # findings on one page
SURE = {
    "certain": ("red", N_("certain")),
    "likely": ("orange", N_("likely")),
    "possible": ("blue", N_("possible")),
}
GRADIENTS = {"no": N_("Leave out"), "yes": N_("Look at them")}
PLACES = {  # the detector -> pages and sections on which its place is seen; the first that is there
    "dead units": (("states", "maps"),),
    "constant units": (("states", "maps"),),
    "equal units": (("states", "maps"),),
    "saturated gate": (("gates", "summary"), ("gates", "maps")),
    "forget gates near 0.5": (("gates", "summary"), ("gates", "maps")),
    "short memory": (("states", "ledger"), ("gates", "maps")),
    "exploding states": (("states", "changes"), ("states", "maps")),
    "state carried over": (("states", "maps"),),
    "vanishing gradients": (("gradients", "reach"),),
    "exploding gradients": (("gradients", "backwards"),),
    "readout ignores the state": (("softmax", "terms"), ("overview", "")),
    "uniform attention": (("attention", "spread"), ("attention", "weights")),
    "attention stuck on one place": (("attention", "alignment"), ("attention", "weights")),
    "attention on padding": (("attention", "alignment"), ("attention", "weights")),
}


def findings(view: "View") -> None:
    """How near each detector came, then what was found."""
    picture = st.container()  # above what chooses what is looked at: it begins high up on a phone, too
    count = len(others(view.entry, view.trace))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        more = count > 0 and choose_one("over", _("Read"), _inputs(view.trace, count)) == "examples"
        offered = {name: _(words) for name, words in GRADIENTS.items()}
        about = _("They take longer than all the rest.")
        deep = choose_one("deep", _("Gradients"), offered, help=about) == "yes"
    found = diagnosis(view.entry, view.trace, more=more, deep=deep)
    with picture:
        _picture(view, found, count if more else 0, "diagnosis-nearness")
    if view.other is not None:
        _beside(view.other, more, deep)
    for number, one in enumerate(found.findings[:MOST], 1):
        _finding(view, number, one)
    _left_out(found)
    explain(
        _(
            "A bar shows how near a detector came to its limit; for ratios the way there is measured in "
            "powers of ten. What each measured, and where its limit lies, is in the bar’s tooltip and in "
            "the file below. A finding is a sign and no proof: a saturated gate, say, is no fault by "
            "itself."
        ),
        _("Have the gradients looked at, too: does the answer depend on the first step?")
        if not deep
        else _("Make the input three times as long: which bars grow?"),
    )
    download_rows(lambda: frames.nearness(found.nearest()), "diagnosis")


def _inputs(trace: Trace, count: int) -> dict[str, str]:
    """What can be read; of a short input most detectors say nothing, so that examples come with it."""
    found = {
        "text": _("This input alone"),
        "examples": ngettext("{n} example, too", "{n} examples, too", count) if count else "",
    }
    if len(trace[f"{layers(trace)[0].name}.hidden"]) < ENOUGH:
        return {name: found[name] for name in ("examples", "text")}
    return found


def _picture(view: "View", found: Report, count: int, key: str) -> None:
    """What was found in a sentence, and the bars."""
    rows = [row for row in found.nearest() if row.share is not None]
    st.markdown(_in_words(found, len(rows), count))
    if not rows:
        st.info(_("This input is too short for every detector."), icon=":material/info:")
        return
    show(
        charts.nearness(len(rows)),
        key=key,
        description=_("Bars, one for each sign of a fault. {said}", said=_every(rows)),
        nearness=frames.nearness(rows),
    )


def _every(rows: Sequence[Measured]) -> str:
    """What each detector measured."""
    return " ".join(f"{_(row.name)}: {row.said}." for row in rows)


def _in_words(found: Report, looked: int, count: int) -> str:
    names = ", ".join(dict.fromkeys(_(one.name) for one in found.findings))
    read = _("on this input")
    if count:
        read = ngettext("on this input and {n} example", "on this input and {n} examples", count)
    if not names:
        # Translators: {read} is “on this input”, or “on this input and 5 examples”; also below.
        return _(
            "**Nothing found** {read}: none of {looked} detectors saw a sign of a fault, which is no proof "
            "that there is none.",
            read=read,
            looked=looked,
        )
    return ngettext(
        "**{n} finding** {read}: {names}.",
        "**{n} findings** {read}, the surest first: {names}.",
        len(found.findings),
        read=read,
        names=plain(names),
    )


def _beside(other: "View", more: bool, deep: bool) -> None:
    """The same of the network that is compared with."""
    st.markdown(_("**{network}**, for comparison:", network=plain(other.entry.id)))
    if not other.trace.layers():
        st.info(_("This network has no recurrent layer that could be looked at."), icon=":material/info:")
        return
    found = diagnosis(other.entry, other.trace, more=more, deep=deep)
    count = len(others(other.entry, other.trace)) if more else 0
    _picture(other, found, count, other.key("diagnosis-nearness"))


def _finding(view: "View", number: int, one: Symptom) -> None:
    """One finding in a box."""
    with st.container(border=True, key=f"diagnosis-{number}"):
        name, (colour, sure) = _(one.name), SURE[one.sure]
        st.markdown(f"**{number}. {name[:1].upper()}{name[1:]}** :{colour}-badge[{_(sure)}]")
        st.markdown(plain(_said(view.trace, one.claim)))
        if one.evidence is not None:
            found = one.evidence
            texts = step_texts(view.trace, "encoder") if found.over == "step" else []
            named = bool(found.labels) and len(found.values) <= charts.NAMED
            show(
                charts.evidence(
                    found.over,
                    found.title,
                    found.value,
                    found.log,
                    found.limit is not None,
                    bool(found.marked),
                    named,
                ),
                key=f"diagnosis-evidence-{number}",
                description=_(
                    "{title}: {value} over {places} places. {claim}",
                    title=found.title,
                    value=found.value,
                    places=len(found.values),
                    claim=one.claim,
                ),
                evidence=frames.evidence(found, texts),
            )
        st.markdown(
            _(
                "**What it means.** {meaning}  \n**What to try.** {advice}",
                meaning=plain(_said(view.trace, one.meaning)),
                advice=plain(one.advice),
            )
        )
        _link(view, number, one)


def _said(trace: Trace, text: str) -> str:
    """A claim with the layer's name as the other pages have it, in place of its site."""
    for place in sorted(layers(trace), key=lambda place: -len(place.name)):
        words = place.words if language() == "de" else f"{place.words[:1].lower()}{place.words[1:]}"
        # Translators: {layer} is “encoder, layer 1”, inside a sentence.
        text = text.replace(place.name, _("the {layer}", layer=words))
    return text


def _link(view: "View", number: int, one: Symptom) -> None:
    """A button to where it can be seen."""
    for page, section in PLACES.get(one.name, ()):
        if section and section not in {found.name for found in sections_of(page, view.trace)}:
            continue
        route = routes.route(page)
        clicked = st.button(
            _("See it under {page}", page=_(route.title)),
            key=f"diagnosis-go-{number}",
            type="tertiary",
            icon=":material/subdirectory_arrow_right:",
            on_click=_choose,
            args=(one, section),
        )
        if clicked:
            _choose(one, section)  # once more: this page, drawn meanwhile, has no such section and gave it up
            st.switch_page(route.path)
        return


def _choose(one: Symptom, section: str) -> None:
    """Its place goes into the address."""
    url.put("section", section or None)
    site = str(one.where.get("site", ""))
    if site.startswith(("encoder.", "decoder.")):
        url.put("layer", site)
    if units := one.where.get("units"):
        url.put("unit", str(units[0]))


def _left_out(found: Report) -> None:
    """What could not be looked at, by the reason."""
    reasons: dict[str, list[str]] = {}
    for row in found.nearest():
        if row.share is None:
            why = _("only when they are asked for") if row.said == _(NOT_ASKED) else row.said
            reasons.setdefault(why, []).append(_(row.name))
    if reasons:
        lines = "; ".join(f"{', '.join(names)} ({reason})" for reason, names in reasons.items())
        st.caption(plain(_("Not looked at here: {listed}.", listed=lines)))
