"""Tokens of the Penn Treebank, written as people type."""

import re

_TREEBANK = [
    (re.compile(pattern), written)
    for pattern, written in (
        (r"``\s*", '"'),
        (r"\s*''", '"'),
        (r"(\w) n't\b", r"\1n't"),
        (r" ('(?:s|S|m|d|ll|re|ve|LL|RE|VE)\b)", r"\1"),
        (r"\b([Gg]on|[Ww]an) (na|ta)\b", r"\1\2"),
        (r"\b([Cc]an) (not)\b", r"\1\2"),
        (r"\s+([,.;:!?%)\]])", r"\1"),
        (r"([(\[$])\s+", r"\1"),
        (r" (--|…) ", r" \1 "),
    )
]


def as_typed(text: str) -> str:
    """Write Penn Treebank tokens as people type: ``ca n't`` -> ``can't``, `` `` `` -> ``"``.

    The Stanford Sentiment Treebank is stored in tokens; a model that has only seen those would
    see every contraction that people type for the first time.
    """
    for pattern, written in _TREEBANK:
        text = pattern.sub(written, text)
    return text
