"""SentencePiece pieces, their ids and where each stands in the text a person typed."""

import hashlib
import io
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from weakref import WeakValueDictionary

import sentencepiece

from rnnviz_core import limits
from rnnviz_core.errors import CheckpointError, DataError, TextError
from rnnviz_core.languages import _, nfilled

from .steps import Token

PAD, UNK, BOS, EOS = 0, 1, 2, 3
WORD_START = "▁"  # SentencePiece's mark of a blank
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
SENTENCES_FOR_TRAINING = 500_000  # SentencePiece learns from a sample of at most this many texts

_known: "WeakValueDictionary[bytes, Tokenizer]" = WeakValueDictionary()  # by the digest of their bytes


@dataclass(frozen=True, slots=True)
class Encoding:
    """A text as the model reads it.

    `text` differs from what was typed only character by character (never in length), and `notes`
    says so in words; the tokens' offsets count characters of either.
    """

    text: str
    tokens: tuple[Token, ...]
    notes: tuple[str, ...] = ()

    @property
    def ids(self) -> list[int]:
        """The ids the embedding is looked up with."""
        return [token.id for token in self.tokens]


def is_byte(piece: str) -> bool:
    """Whether a piece is one byte of a character without a piece: ``<0xE9>``."""
    return len(piece) == 6 and piece.startswith("<0x") and piece.endswith(">")


def readable(text: str) -> tuple[str, tuple[str, ...]]:
    """Replace what no tokenizer can read, character for character, and say what was replaced.

    Lone surrogates (half of a character) become U+FFFD, control characters become a space, curly
    apostrophes become straight; line breaks and tabs are ordinary white space and pass silently.
    """
    characters, surrogates, controls, curly = [], 0, 0, 0
    for character in text:
        if character == "’":
            character, curly = "'", curly + 1
        elif "\ud800" <= character <= "\udfff":
            surrogates += 1
            character = REPLACEMENT
        elif unicodedata.category(character) == "Cc":
            controls += character not in "\t\n\r"
            character = " "
        characters.append(character)
    notes = []
    if controls:
        notes.append(
            nfilled(
                "{n} control character read as a space", "{n} control characters read as a space", controls
            )
        )
    if surrogates:
        notes.append(
            nfilled(
                "{n} half character (lone surrogates) read as unknown",
                "{n} half characters (lone surrogates) read as unknown",
                surrogates,
            )
        )
    if curly:
        notes.append(nfilled("{n} curly apostrophe read as '", "{n} curly apostrophes read as '", curly))
    return "".join(characters), tuple(notes)


class Tokenizer:
    """A trained SentencePiece model. Ids 0 to 3 are padding, unknown, start and end.

    Parameters
    ----------
    serialized
        The bytes of a SentencePiece ``.model`` file.

    Raises
    ------
    CheckpointError
        When the bytes are not a SentencePiece model, or one with other special ids.
    """

    def __init__(self, serialized: bytes) -> None:
        if not serialized:  # the library treats empty bytes as "no model given"
            raise CheckpointError("the tokenizer is empty; it must be a SentencePiece model")
        try:
            self._model = sentencepiece.SentencePieceProcessor(model_proto=serialized)
            size = self._model.get_piece_size()
            pieces = tuple(self._model.id_to_piece(id_) for id_ in range(size))  # must be UTF-8
        except (RuntimeError, ValueError, TypeError, OSError) as error:
            raise CheckpointError(f"the tokenizer is not a SentencePiece model: {error}") from None
        special = tuple(getattr(self._model, f"{name}_id")() for name in ("pad", "unk", "bos", "eos"))
        if special != (PAD, UNK, BOS, EOS):
            raise CheckpointError(
                f"the tokenizer's special ids are {special}; they must be {(PAD, UNK, BOS, EOS)}"
            )
        self.serialized = serialized
        self.pieces: tuple[str, ...] = pieces

    @classmethod
    def cached(cls, serialized: bytes) -> "Tokenizer":
        """The tokenizer of these bytes; models with the same one share one object (2 MB each)."""
        digest = hashlib.sha256(serialized).digest()
        found = _known.get(digest)
        if found is None:
            found = _known[digest] = cls(serialized)
        return found

    def __len__(self) -> int:
        return len(self.pieces)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """A tokenizer never changes, so copies of a model share it."""
        return self

    def encode(self, text: str, limit: int = limits.PIECES) -> Encoding:
        """Cut a text into pieces with character offsets.

        Raises
        ------
        TextError
            When the text is blank, has more than `limits.CHARACTERS` characters, or more than
            `limit` pieces.
        """
        if len(text) > limits.CHARACTERS:
            raise TextError(
                _(
                    "the text has {count} characters; the limit is {limit}, so shorten it",
                    count=len(text),
                    limit=limits.CHARACTERS,
                )
            )
        clean, notes = readable(text)
        found = self._model.encode(clean, out_type="offset_mapping")
        if not found["ids"]:
            raise TextError(_("the text is empty; type at least one word"))
        if len(found["ids"]) > limit:
            raise TextError(
                _(
                    "the text has {count} pieces; the limit is {limit}, so shorten it",
                    count=len(found["ids"]),
                    limit=limit,
                )
            )
        rows = zip(found["pieces"], found["ids"], found["offsets"], strict=True)
        tokens = tuple(Token(piece, id_, start, end) for piece, id_, (start, end) in rows)
        return Encoding(clean, tokens, notes)

    def ids(self, text: str) -> list[int]:
        """Only the ids, without limits: for training and evaluation."""
        return self._model.encode(readable(text)[0], out_type=int)

    def sample(self, text: str, alpha: float = 0.1) -> list[int]:
        """The ids of one random segmentation (subword regularisation, Kudo 2018)."""
        return self._model.encode(
            readable(text)[0], out_type=int, enable_sampling=True, alpha=alpha, nbest_size=-1
        )

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids; special ids are left out."""
        return self._model.decode([id_ for id_ in ids if id_ > EOS or id_ == UNK])

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        size: int,
        *,
        lowercase: bool = False,
        symbols: tuple[str, ...] = (),
        fallback: bool = False,
        seed: int = 0,
    ) -> Self:
        """Learn a unigram vocabulary of at most `size` pieces from texts.

        Parameters
        ----------
        texts
            Sentences; blank ones are passed over.
        size
            Maximum number of pieces, the four special ones included; fewer if the texts yield fewer.
        lowercase
            Fold case (``nmt_nfkc_cf``), so that "Good" and "good" are one piece.
        symbols
            Strings that are one piece wherever they occur, such as ``n't``.
        fallback
            Cut characters that are not in the vocabulary into bytes, so that nothing is unknown.

        Raises
        ------
        DataError
            When there is nothing to learn from, or `size` is too small for the texts' characters.
        """
        sentencepiece.set_random_generator_seed(seed)
        buffer = io.BytesIO()
        lines = (line for text in texts if (line := " ".join(readable(text)[0].split())))
        try:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(lines),
                model_writer=buffer,
                vocab_size=size,
                hard_vocab_limit=False,
                model_type="unigram",
                user_defined_symbols=list(symbols),
                byte_fallback=fallback,
                character_coverage=0.9998,
                normalization_rule_name="nmt_nfkc_cf" if lowercase else "nmt_nfkc",
                input_sentence_size=SENTENCES_FOR_TRAINING,
                shuffle_input_sentence=True,
                num_threads=1,
                pad_id=PAD,
                unk_id=UNK,
                bos_id=BOS,
                eos_id=EOS,
                minloglevel=2,
            )
        except (RuntimeError, OSError) as error:
            raise DataError(
                f"no vocabulary of {size} pieces can be learned from these texts: {error}"
            ) from None
        return cls(buffer.getvalue())
