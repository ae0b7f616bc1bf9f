"""Any Unicode text in, pieces with offsets out; what cannot be read is said, never a traceback."""

import copy
import gc
import weakref
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnnviz_core import limits
from rnnviz_core.errors import CheckpointError, DataError, TextError
from rnnviz_core.inputs.tokenizer import (
    BOS,
    EOS,
    PAD,
    UNK,
    Tokenizer,
    readable,
)

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=80)  # lone surrogates included


@settings(max_examples=300)
@given(text=ANY_TEXT)
@example(text="")
@example(text="\ud800")
@example(text="\x00")
@example(text="ﬁlm ½ ①  e\u0301\u200b 😀👩‍👩‍👧 مرحبا 你好 ")
@example(text="<script>alert(1)</script> :red[x] $x$ [a](b)")
def test_every_text_gives_pieces_in_reading_order_or_a_text_error(english, text):
    if not english.ids(text):
        with pytest.raises(TextError, match="empty"):
            english.encode(text)
        return
    encoding = english.encode(text)
    assert len(encoding.text) == len(text)
    assert encoding.ids == english.ids(text)
    spans = [(token.start, token.end) for token in encoding.tokens]
    assert spans == sorted(spans)
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert all(0 <= token.id < len(english) for token in encoding.tokens)
    encoding.text.encode()  # whatever comes out can be written


def test_offsets_point_at_the_characters_of_each_piece(english):
    text = "The film was GOOD."
    encoding = english.encode(text)
    for token in encoding.tokens:
        piece = token.text.replace("▁", " ").strip()
        assert text[token.start : token.end].strip().lower() == piece
    assert "".join(text[t.start : t.end] for t in encoding.tokens) == text


def test_repeated_words_are_distinct_tokens(english):
    encoding = english.encode("good good good")
    spans = {(token.start, token.end) for token in encoding.tokens}
    assert len(spans) == len(encoding.tokens) >= 3


def test_replacements_are_said_and_keep_the_length():
    clean, notes = readable("a\x00b\ud800c\td\x07")
    assert clean == "a b\ufffdc d "
    assert notes == (
        "2 control characters read as a space",
        "1 half character (lone surrogates) read as unknown",
    )
    assert readable("plain\ntext\t") == ("plain text ", ())
    assert readable("didn’t") == ("didn't", ("1 curly apostrophe read as '",))


def test_symbols_are_one_piece_wherever_they_stand():
    tokenizer = Tokenizer.train(["it didn't work", "it did n't", "we did"] * 9, 40, symbols=("n't",))
    for text in ("didn't", "did n't", "DIDN'T didn’t"):
        assert "n't" in [token.text for token in tokenizer.encode(text.lower()).tokens]


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u200b"])
def test_blank_text_is_an_error(english, text):
    with pytest.raises(TextError, match="empty"):
        english.encode(text)


def test_limits_are_named_in_their_errors(english):
    with pytest.raises(
        TextError, match=f"{limits.CHARACTERS + 1} characters; the limit is {limits.CHARACTERS}"
    ):
        english.encode("a" * (limits.CHARACTERS + 1))
    with pytest.raises(TextError, match=f"pieces; the limit is {limits.PIECES}"):
        english.encode("." * (limits.PIECES + 1))
    pieces = len(english.encode("...").tokens)
    with pytest.raises(TextError, match=f"{pieces} pieces; the limit is {pieces - 1}"):
        english.encode("...", limit=pieces - 1)
    assert len(english.encode("...", limit=pieces).tokens) == pieces


def test_special_ids_and_decoding(english):
    assert [english.pieces[i] for i in (PAD, UNK, BOS, EOS)] == ["<pad>", "<unk>", "<s>", "</s>"]
    ids = english.ids("the film was good.")
    assert english.decode([BOS, *ids, EOS, PAD]) == "the film was good."
    assert english.ids("€")[-1] == UNK


def test_sampling_gives_other_cuts_of_the_same_text(english):
    text = "the film was brilliant"
    cuts = {tuple(english.sample(text, alpha=0.1)) for _ in range(30)}
    assert len(cuts) > 1
    assert {english.decode(cut) for cut in cuts} == {text}


def test_copies_share_the_tokenizer(english):
    assert copy.deepcopy(english) is english


def test_the_same_bytes_are_one_tokenizer_for_as_long_as_somebody_holds_it(spanish):
    data = Tokenizer.train(["only this test cuts this text into pieces"], 40).serialized
    one = Tokenizer.cached(data)
    assert Tokenizer.cached(bytes(bytearray(data))) is one
    assert Tokenizer.cached(spanish.serialized).pieces == spanish.pieces != one.pieces
    gone = weakref.ref(one)
    del one
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("data", [b"", b"nonsense", b"\x00" * 100])
def test_bytes_that_are_no_model_are_refused(data):
    with pytest.raises(CheckpointError, match="tokenizer"):
        Tokenizer(data)


def test_nothing_to_learn_from_is_an_error():
    with pytest.raises(DataError, match="vocabulary"):
        Tokenizer.train(["", "  "], 50)


def test_a_piece_that_is_no_text_is_refused(english):
    piece = max((piece for piece in english.pieces if piece.isascii()), key=len).encode()
    assert piece in english.serialized
    with pytest.raises(CheckpointError, match="tokenizer is not a SentencePiece model"):
        Tokenizer(english.serialized.replace(piece, b"\xb9" * len(piece)))
