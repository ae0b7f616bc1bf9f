"""A vocabulary cut down to the pieces of a few texts: a snapshot of a network reads these and no others."""

from collections.abc import Iterable, Mapping, Sequence

from rnnviz_core import limits
from rnnviz_core.errors import TextError
from rnnviz_core.languages import _, in_quotes

from .steps import Token
from .tokenizer import BOS, EOS, UNK, WORD_START, Encoding, Tokenizer


class KeptPieces(Tokenizer):
    """Encodes the texts it knows exactly as the original tokenizer did; no other text.

    Parameters
    ----------
    pieces
        The name of each row that is left of the embedding; the first four are the special ones.
    texts
        Text -> its pieces, with ids that count those rows.
    """

    def __init__(self, pieces: Sequence[str], texts: Mapping[str, Sequence[Token]]) -> None:
        self.pieces, self.serialized = tuple(pieces), b""  # it has no file of its own
        self._texts = {text: tuple(tokens) for text, tokens in texts.items()}

    def encode(self, text: str, limit: int = limits.PIECES) -> Encoding:
        """The pieces of a text that is known.

        Raises
        ------
        TextError
            For any other text: names those that are known.
        """
        if text not in self._texts:
            known = "; ".join(in_quotes(one[:60]) for one in self._texts) or _("none")
            raise TextError(
                _("only the pieces of a few texts were kept, and these can be read: {texts}", texts=known)
            )
        return Encoding(text, self._texts[text])

    def ids(self, text: str) -> list[int]:
        """Only the ids, of a text that is known."""
        return self.encode(text).ids

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids; special ids leave no trace."""
        written = (self.pieces[one] for one in ids if one > max(BOS, EOS) or one == UNK)
        return "".join(written).replace(WORD_START, " ").strip()

    def sample(self, text: str, alpha: float = 0.1) -> list[int]:
        """The one segmentation that is known."""
        return self.ids(text)
