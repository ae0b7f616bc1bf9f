"""Text in Markdown and in HTML: what came from a person or a trace is shown as it is, never interpreted."""

import re
from html import escape

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$!])")
_INLINE = (
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*(.+?)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"(?<!\*)\*([^*\n]+)\*"), r"<em>\1</em>"),
)
_HIDDEN = "\ue000{}\ue001"  # private characters around the number of a text that is not to be interpreted
_SHOWN = re.compile("\ue000(\\d+)\ue001")


def as_text(words: str) -> str:
    """Words as Markdown that shows exactly these words, in one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(words.split()))


class Page:
    """Markdown as HTML, of the kind that lessons are written in: paragraphs, lists, headings, bold, code.

    Whatever else it holds appears as it was written: everything is escaped. `keep` sets words aside that must
    not be read as Markdown, such as a token ``*``.
    """

    def __init__(self) -> None:
        self._kept: list[str] = []

    def keep(self, words: str) -> str:
        """A mark in place of `words`, which `html` puts back."""
        self._kept.append(words)
        return _HIDDEN.format(len(self._kept) - 1)

    def html(self, markdown: str) -> str:
        """The text as HTML."""
        blocks = re.split(r"\n\s*\n", markdown.strip())
        found = "\n".join(self._block(block) for block in blocks if block.strip())
        return _SHOWN.sub(lambda mark: escape(self._word(int(mark[1]))), found)

    def _word(self, number: int) -> str:
        return self._kept[number] if number < len(self._kept) else ""

    def _block(self, block: str) -> str:
        lines = block.splitlines()
        if all(re.match(r"\s*([-*]|\d+\.)\s", line) or line.startswith("  ") for line in lines):
            items: list[str] = []
            for line in lines:
                item = re.sub(r"^\s*([-*]|\d+\.)\s+", "", line)
                if re.match(r"\s*([-*]|\d+\.)\s", line) or not items:
                    items.append(item)
                else:
                    items[-1] += " " + item.strip()
            kind = "ol" if re.match(r"\s*\d", lines[0]) else "ul"
            return f"<{kind}>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</{kind}>"
        if match := re.match(r"(#{3,6})\s+(.*)", lines[0]):
            rest = self._block("\n".join(lines[1:])) if lines[1:] else ""
            return f"<h4>{_inline(match[2])}</h4>{rest}"
        if lines[0].startswith("```"):
            return f"<pre>{escape(chr(10).join(line for line in lines if not line.startswith('```')))}</pre>"
        return f"<p>{_inline(' '.join(lines))}</p>"


def _inline(text: str) -> str:
    found = escape(text)
    for pattern, instead in _INLINE:
        found = pattern.sub(instead, found)
    return found
