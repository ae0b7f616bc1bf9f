"""What each gate means, in one line: the equations, the charts' headings and the glossary all say it so."""

GATES = {
    "input": "How much of the new content is written",
    "forget": "How much of the old cell state is kept",
    "output": "How much of the cell state is shown outside",
    "reset": "How much of the old state the candidate sees",
    "update": "How much of the old state is kept",
    "candidate": "The new content, before any gate",
}
