"""Softmax: from the last numbers to probabilities, and what pushed them."""

import streamlit as st

from rnnviz_core import ui
from rnnviz_core.charts import softmax as charts
from rnnviz_core.frames import softmax as frames

view = ui.page("softmax")
trace = view.trace

if trace.meta["task"] == "sentiment":
    names, strongest = trace.labels["class"], frames.strongest(trace)
    classes, terms, verdicts = frames.classes(trace), frames.terms(trace), frames.verdicts(trace)
    ui.show(
        charts.probabilities(names),
        key="probabilities",
        description=f"Probability and logit of each class. The most probable is {strongest}.",
        classes=classes,
    )
    ui.explain(
        "A logit is a plain score; softmax makes all scores positive and lets them sum to 100 %.",
        "Lower the temperature to 0.1: which bar takes everything? Raise it to 5: is the order still there?",
    )
    ui.show(
        charts.terms(names, strongest),
        key="terms",
        description="What each unit and the bias add to the logit of the class chosen below, sorted.",
        terms=terms,
    )
    ui.explain(
        "Each bar is one unit's value times its weight for this class; all bars together are the logit.",
        "Choose the opposite class: do the same units push it down, or different ones?",
    )
    ui.show(
        charts.verdicts(names),
        key="verdicts",
        description="Probability of each class after every token, as lines along the sentence.",
        verdicts=verdicts,
    )
    ui.explain(
        "Follow a line from left to right: it jumps where a token changes the network's mind.",
        "Find the largest jump, then take that word out of the sentence. Does the last verdict change?",
    )
    with st.container(horizontal=True):
        ui.download_rows(classes, "classes")
        ui.download_rows(terms, "terms")
        ui.download_rows(verdicts, "verdicts")
else:
    steps = frames.steps(trace)
    ui.show(
        charts.confidence(),
        key="confidence",
        description="Probability of each piece written, and the entropy of each step in bits.",
        steps=steps,
    )
    ui.explain(
        "A tall bar means the network hardly hesitated; entropy counts the yes-or-no questions left open.",
        "Where is it least sure: at the first piece of a word, or inside one?",
    )
    step = ui.choose_token(view, "decoder")
    candidates = frames.candidates(trace, step)
    ui.show(
        charts.candidates(),
        key="candidates",
        description=f"The twelve most probable pieces at step {step}, with their probabilities.",
        candidates=candidates,
    )
    ui.explain(
        "Every piece of the vocabulary gets a share; the network writes the one on top.",
        "Raise the temperature: which second choice would have made a good translation too?",
    )
    with st.container(horizontal=True):
        ui.download_rows(steps, "steps")
        ui.download_rows(candidates.head(12), "candidates")
