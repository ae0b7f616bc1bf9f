"""The sidebar, the same on every page: task, model, sentence, examples, comparison."""

import streamlit as st

from rnnviz_core.checkpoints.registry import Entry, Scan
from rnnviz_core.contracts import task as tasks
from rnnviz_core.contracts.claims import Example
from rnnviz_core.contracts.examples import examples, is_example
from rnnviz_core.languages import _, in_quotes
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.ui.controls import choose, url
from rnnviz_core.ui.serving import loaders, traces_at_start
from rnnviz_core.ui.serving.view import Choice

from . import about, compare, sentence, wording


def say_hint(choice: Choice, trace: Trace) -> None:
    """What the network of `trace` did on the chosen example: it is known once the sentence was read."""
    if choice.example and choice.hint and choice.example.text == choice.text:
        choice.hint.caption(wording.plain(choice.example.watch(trace)))


def draw() -> Choice:
    """Draw the sidebar; stops with a message when there is no model to choose."""
    found = loaders.models()
    if not found.entries:
        _no_model(found)
    with st.sidebar:
        task = _choose_task(found)
        entry = _choose_model(found, task)
        written = sentence.choose(entry)
        if written.typing.box:
            sentence.box(written)
        sentence.choose_part(written)
        example = _choose_example(entry, written.typed) if written.typing.box else None
        hint = st.empty() if example else None
        other = compare.choose(found, entry, written.read)
        about.draw(entry)
        _list_problems(found)
    return Choice(entry, written.read, Choice(*other) if other else None, example, hint, written)


def draw_plain() -> None:
    """The sidebar of a page that is about no trace: documentation and licence."""
    with st.sidebar:
        about.draw(None)


def _no_model(found: Scan) -> None:
    st.header(_("No model to look at yet"))
    name = wording.plain(loaders.folder().name)
    st.markdown(
        _(
            "RNNViz shows trained networks, and found none in the folder “{name}”. Train one, then reload "
            "this page:",
            name=name,
        )
    )
    st.code("python -m rnnviz_core train --help", language="shell")
    _list_problems(found)
    st.stop()


def _list_problems(found: Scan) -> None:
    """Checkpoints that cannot be used, and why; the others go on working."""
    if found.problems:
        lines = "\n".join(f"- {wording.plain(problem)}" for problem in found.problems)
        st.warning(f"{_('Left out, the rest works:')}\n{lines}", icon=":material/warning:")


def _choose_task(found: Scan) -> str:
    task = _task(found)
    key = url.widget("task", task)
    st.segmented_control(
        _("Task"),
        _available(found),
        format_func=lambda name: _(tasks.task(name).title),
        key=key,
        on_change=lambda: _switch(st.session_state[key] or task, None),
        required=True,
        width="stretch",
    )
    return task


def _task(found: Scan) -> str:
    """The task of the chosen model; without one the chosen task."""
    model = url.get("model")
    for entry in found.entries:
        if entry.id == model:
            return str(entry.spec.task)
    available = _available(found)
    if (asked := url.get("task")) in tasks.OPENED and asked not in available:
        _say_gone(model)
    first = available[0]
    if (shown := traces_at_start.traces()) and shown.scan().entries:  # the app was started to see these
        first = next(task for task in available if task in tasks.OPENED)
    return url.checked("task", url.one_of(available), first)


def _say_gone(model: str | None) -> None:
    """The link leads to what somebody brought along: it is theirs alone, and goes with their session."""
    what = in_quotes(model[:60]) if model else _("your own file")
    url.note(
        _(
            "This link leads to {what}, which is not open here (any more): what people bring along stays in "
            "their own session. Open it again on the page Your own.",
            what=what,
        )
    )
    for name in ("task", "model", "text", "with", "with_text", "layer", "first"):
        url.put(name, None)
    url.write()


def _available(found: Scan) -> list[str]:
    """The tasks that some model can do."""
    return [task for task in tasks.every_name() if any(entry.spec.task == task for entry in found.entries)]


def _choose_model(found: Scan, task: str) -> Entry:
    entries = {entry.id: entry for entry in found.entries if entry.spec.task == task}
    first = tasks.task(task).default
    default = first if first in entries else next(iter(entries))
    chosen = url.checked("model", url.one_of(tuple(entries)), default)
    key = url.widget("model", chosen)
    st.selectbox(
        _("Model"),
        list(entries),
        format_func=lambda name: wording.label(entries[name]),
        key=key,
        on_change=lambda: change_model(st.session_state[key]),
    )
    entry = entries[chosen]
    size = (
        _("{n} units", n=entry.spec.hidden)
        if entry.spec.layers
        else _("{n} numbers per token", n=entry.spec.embedding)
    )
    st.caption(wording.plain(f"{size} · {wording.measured(entry)}"))
    return entry


def _choose_example(entry: Entry, text: str) -> Example | None:
    offered = examples(entry.spec)
    numbers = {example.text: number for number, example in enumerate(offered)}
    task = tasks.task_of_spec(entry.spec)
    # One list per language: a browser may still report the text it shows of another list, which is no number.
    key = url.widget(f"example-{task.name}-{task.reads(entry.spec)}", numbers.get(text))
    st.selectbox(
        _("Examples"),
        range(len(offered)),
        index=None,
        format_func=lambda number: f"{_(offered[number].shows)}: {offered[number].text}",
        key=key,
        placeholder=_(tasks.typed_of(entry.spec).offered),
        on_change=lambda: _take_example(st.session_state[key], [example.text for example in offered]),
    )
    return offered[numbers[text]] if text in numbers else None


def _take_example(number: object, texts: list[str]) -> None:
    if isinstance(number, int):
        _replace_text(texts[number])


def _replace_text(text: str | None) -> None:
    """Another sentence takes the place of the old one, and with it goes what was chosen for the old one."""
    url.put("text", text)
    for name in ("reference", "token", "step", "first"):
        url.put(name, None)


def change_model(model_id: str) -> None:
    """Change to a model (and its task); the text stays unless it is in another language."""
    entry = loaders.models().find(model_id)
    _switch(str(entry.spec.task), entry)


def _switch(task: str, entry: Entry | None) -> None:
    """Keep every task's own text, and replace an example by one in the model's language."""
    before = _task(loaders.models())
    kept: dict[str, str | None] = st.session_state.setdefault("rnnviz-texts", {})
    if task != before:
        kept[before] = url.get("text")
        url.put("text", kept.get(task))
    url.put("task", task)
    url.put("model", entry.id if entry else None)
    text = url.get("text")
    if entry and text is not None and is_example(text) and text not in {e.text for e in examples(entry.spec)}:
        _replace_text(None)
        url.put("with_text", None)  # in the other language
    if task != before:
        owned = {name for names in url.OWNED.values() for name in names}  # a lesson goes on
        for name in set(url.NAMES) - owned - {"task", "model", "text", "section", "start", "language"}:
            url.put(name, None)
    if entry:
        choose.forget_layer(entry.spec)
        compare.forget(loaders.models(), entry)
