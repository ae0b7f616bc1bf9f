"""Numbers as people read them, in titles, sentences and formulas; charts write them the same way."""

from rnnviz_core.languages import numerals

MINUS = "−"
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")  # of a power of ten


def printed(value: float, form: str = ".2f") -> str:
    """`value` in Python's format `form`, as the language writes it; with a true minus, none before zero."""
    text = format(value, form)
    if text.startswith("-") and not any(digit in text for digit in "123456789"):
        text = text[1:]
    return numerals(text.replace("-", MINUS, 1) if text.startswith("-") else text)
