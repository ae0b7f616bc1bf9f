"""Files as people have them: every shape reads, and a refusal names the likely cause."""

import csv
import gzip
import io
import json

import pytest

from rnnviz_core.errors import DataError, SpecError
from rnnviz_core.inputs import corpora, tables
from rnnviz_core.inputs.corpora import Labelled, Pairs
from rnnviz_core.inputs.layout import Layout

TEXTS = ["a fine film", "it fell apart", "it rained"]


@pytest.fixture
def write(tmp_path):
    """Write a file into a folder of the test; its path as text."""

    def call(name, content, encoding="utf-8"):
        data = content if isinstance(content, bytes) else content.encode(encoding)
        path = tmp_path / name
        path.write_bytes(gzip.compress(data) if name.lower().endswith(".gz") else data)
        return str(path)

    return call


def written(rows, **settings):
    """What Python's own csv writer makes of rows."""
    out = io.StringIO()
    csv.writer(out, **settings).writerows(rows)
    return out.getvalue()


def read(path, **layout):
    return tables.read(corpora.Path(path), Layout(**layout))


# --- rows -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\u0085", "\f", "\v", "\x1c"])
@pytest.mark.parametrize("name", ["own.csv", "own.tsv", "own.jsonl", "own.csv.gz"])
def test_only_line_feeds_end_rows(write, name, mark):
    text = f"before{mark}after"
    if "jsonl" in name:
        content = json.dumps({"text": text, "label": 1}, ensure_ascii=False) + "\n"
    else:
        content = written([["text", "label"], [text, 1]], delimiter="," if "csv" in name else "\t")
    assert read(write(name, content)) == {"text": [text], "label": ["1"]}


def test_pairs_in_two_files_end_at_line_feeds(write):
    write("own.de", "eins\u2028zwei\n")
    assert corpora.pairs(write("own.en", "one\ftwo\n"), None, ("de", "en")) == Pairs(
        ["eins\u2028zwei"], ["one\ftwo"]
    )


@pytest.mark.parametrize("name", ["long.csv", "long.tsv", "long.jsonl"])
def test_long_cells_are_read(write, name):
    text = "word " * 40_000  # 200,000 characters
    rows = [["text", "label"], [text, 1]]
    content = (
        json.dumps({"text": text, "label": 1})
        if "jsonl" in name
        else written(rows, delimiter="," if "csv" in name else "\t")
    )
    before = csv.field_size_limit()
    assert read(write(name, content))["text"] == [text]
    assert csv.field_size_limit() == before


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", ["\t", ","])
def test_line_ends(write, end, separator):
    content = end.join([f"text{separator}label", f"fine{separator}1", f"bad{separator}0", ""])
    assert read(write("own.tsv" if separator == "\t" else "own.csv", content)) == {
        "text": ["fine", "bad"],
        "label": ["1", "0"],
    }


# --- quotes ---------------------------------------------------------------------------------------


def stray(opening, closing=None):
    """A table of 23 rows; one text begins with a quote that nobody closes, or that a later one closes."""
    rows = [f"film {number},{number % 2}" for number in range(23)]
    rows[opening] = '"' + rows[opening]
    if closing is not None:
        rows[closing] = f'film {closing}",{closing % 2}'
    return "\n".join(["text,label", *rows]) + "\n"


@pytest.mark.parametrize(
    ("opening", "closing"), [(3, None), (3, 9), (0, 22), (1, 20), (5, 6), (21, 22), (10, 12)]
)
def test_a_stray_quote_swallows_no_rows(write, opening, closing):
    with pytest.raises(DataError, match=r"own\.csv.*stray double quote"):
        read(write("own.csv", stray(opening, closing)))


def test_a_stray_quote_is_named_with_its_lines(write):
    with pytest.raises(DataError, match="lines 5 to 24: a stray double quote"):
        read(write("own.csv", stray(3)))
    with pytest.raises(DataError, match="row 5, column 'text': one cell of 7 lines that look like rows"):
        read(write("own.csv", stray(3, 9)))
    with pytest.raises(DataError, match="line 2: a stray double quote"):
        read(write("own.csv", 'text,label\n"Fine" she said,1\n'))


@pytest.mark.parametrize(
    "text",
    [
        "Good film, though long\nStill fine",
        "Good film, recommended\nStill fine",
        "one, two\nthree, four\nfive, six\nseven",
        'she said, "no"\n\nthen left',
        "\n",
        "ends in a line\n",
    ],
)
def test_cells_of_several_lines_are_read(write, text):
    rows = [["text", "label"], [text, "1"], ["plain", "0"], ["other", "1"]]
    assert read(write("own.csv", written(rows)))["text"] == [text, "plain", "other"]


def test_a_quote_inside_a_plain_cell_stays(write):
    assert read(write("own.csv", 'text,label\nthe 5" screen,1\n'))["text"] == ['the 5" screen']


QUOTED = [
    ["text", "label"],
    ['"Fine," she said', "1"],
    ["with a\ttab", "0"],
    ["two\nlines", "1"],
    ["plain", "0"],
]


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
@pytest.mark.parametrize("name", ["own.tsv", "own.tsv.gz", "own.txt"])
def test_quotes_of_a_quoted_tsv_are_taken_off(write, name, quoting):
    content = written(QUOTED, delimiter="\t", quoting=quoting)
    assert read(write(name, content))["text"] == [row[0] for row in QUOTED[1:]]


@pytest.mark.parametrize(
    "texts",
    [
        ['"Fine', "plain"],
        ['"Fine"', "plain", 'said "yes"'],
        ['"Fine"', "plain"],  # no writer encloses one cell that needs it as little as the other
        ['"', "plain"],
        ['""', "plain"],
        ['"a" and "b"', "plain"],
        ['"a "quoted" word"', '"b"'],
    ],
)
def test_quotes_of_a_plain_tsv_stay(write, texts):
    content = "text\tlabel\n" + "".join(f"{text}\t1\n" for text in texts)
    assert read(write("own.tsv", content))["text"] == texts


def test_whether_quotes_enclose_cells_can_be_said(write):
    plain = write("own.tsv", "text\tlabel\n" + '"Fine"\t1\nso\t0\n')
    assert read(plain)["text"] == read(plain, quoted=False)["text"] == ['"Fine"', "so"]
    assert read(plain, quoted=True)["text"] == ["Fine", "so"]
    assert len(read(write("stray.csv", stray(3, 9)), quoted=False)["text"]) == 23
    with pytest.raises(DataError, match="give --no-quoted"):
        read(write("stray.tsv", stray(3).replace(",", "\t")), quoted=True)


# --- names, separators, encodings -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "separator"),
    [
        ("x.tsv.csv", ","),
        ("x.csv.tsv", "\t"),
        ("x.tsv.csv.gz", ","),
        ("X.CSV", ","),
        ("x.TSV.GZ", "\t"),
        ("x.csv.txt", ","),
        ("x.tsv.txt", "\t"),
        ("semicolons.csv", ";"),
        ("tabs.csv", "\t"),
        ("commas.tsv", ","),
    ],
)
def test_the_last_ending_and_the_first_line_decide(write, name, separator):
    path = write(name, written([["text", "label"], ["no, never; not\u00e9", 1]], delimiter=separator))
    assert read(path) == {"text": ["no, never; not\u00e9"], "label": ["1"]}


@pytest.mark.parametrize("given", ["|", "pipe"])
def test_a_delimiter_can_be_given(write, given):
    assert read(write("own.csv", "text|label\nfine|1\n"), delimiter=given) == {
        "text": ["fine"],
        "label": ["1"],
    }


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le-mark", "utf-16-be-mark", "utf-32"])
@pytest.mark.parametrize("name", ["own.csv", "own.tsv.gz", "own.jsonl"])
def test_byte_order_marks_are_read(write, name, encoding):
    rows = '{"text": "café", "label": 1}\n' if "json" in name else "text,label\ncafé,1\n"
    content = rows.replace(",", "\t") if "tsv" in name else rows
    codec = encoding.removesuffix("-mark")
    data = ("\ufeff" if codec != encoding else "").encode(codec) + content.encode(codec)
    assert read(write(name, data)) == {"text": ["café"], "label": ["1"]}


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16-le", "cp1250"])
def test_an_encoding_can_be_given(write, encoding):
    path = write("own.csv", "text,label\ncafé,1\n", encoding)
    with pytest.raises(DataError, match=r"give --encoding (latin-1|utf-16-le)"):
        read(path)
    assert read(path, encoding=encoding) == {"text": ["café"], "label": ["1"]}
    assert read(write("marked.csv", "\ufefftext\nfine\n"), encoding="utf-8") == {"text": ["fine"]}


def test_a_wrong_encoding_is_named(write):
    path = write("own.csv", "text\nfine\ncafé\n", "latin-1")
    with pytest.raises(DataError, match=r"row 3: not ascii \(byte 0xe9\); give another --encoding"):
        read(path, encoding="ascii")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"encoding": "latin-11"}, "unknown encoding 'latin-11'"),
        ({"encoding": "base64"}, "unknown encoding 'base64'"),
        ({"delimiter": ";;"}, "delimiter is ';;'"),
        ({"delimiter": '"'}, "delimiter is"),
        ({"labels": ("a", "A ")}, "each must be given once"),
        ({"labels": ("a",)}, "at least two"),
        ({"text_column": "a", "label_column": "a"}, "choose two columns"),
    ],
)
def test_a_layout_that_says_nothing_usable(settings, message):
    with pytest.raises(SpecError, match=message):
        Layout(**settings)


def test_a_layout_as_words_of_a_command_line():
    layout = Layout("1", "b", ("x", "y"), "latin-1", "\t", header=False, quoted=False)
    assert layout.options() == [
        *("--text-column", "1", "--label-column", "b", "--labels", "x,y"),
        *("--encoding", "latin-1", "--delimiter", "tab", "--no-header", "--no-quoted"),
    ]
    assert Layout(quoted=True).options() == ["--quoted"]
    assert Layout().options() == []


# --- shapes that people have ----------------------------------------------------------------------

LABELLED = Labelled(["a fine film", "it fell, apart"], [1, 0])
FIVE = Labelled(["a fine film", "it fell, apart"], [4, 0])
SHAPES = {
    "kaggle": ("a.csv", 'review,sentiment\na fine film,positive\n"it fell, apart",negative\n', {}, LABELLED),
    "case": ("a.csv", 'Text,Label\na fine film,1\n"it fell, apart",0\n', {}, LABELLED),
    "sentiment140": (
        "a.csv",
        '"4","1","Mon","NO_QUERY","me","a fine film"\n"0","2","Mon","NO_QUERY","\u00e9","it fell, apart"\n',
        {
            "header": False,
            "encoding": "latin-1",
            "text_column": "6",
            "label_column": "1",
            "labels": ("0", "4"),
        },
        LABELLED,
    ),
    "stars": (
        "a.csv",
        'stars,body\n5,a fine film\n1.0,"it fell, apart"\n',
        {"text_column": "body", "label_column": "stars", "labels": tuple("12345")},
        FIVE,
    ),
    "glue": ("a.tsv", "sentence\tlabel\na fine film\t1\nit fell, apart\t0\n", {}, LABELLED),
    "json": (
        "a.jsonl",
        '{"text": "a fine film", "label": 1}\n\n{"label": false, "text": "it fell, apart", "more": [1]}\n',
        {},
        LABELLED,
    ),
    "json list": (
        "a.json",
        '[{"text": "a fine film", "label": 1.0}, {"text": "it fell, apart", "label": 0}]',
        {},
        LABELLED,
    ),
    "yelp": (
        "a.jsonl.gz",
        '{"text": "a fine film", "stars": 5.0}\n{"text": "it fell, apart", "stars": 1.0}\n',
        {"label_column": "stars", "labels": tuple("12345")},
        FIVE,
    ),
    "utf-16": ("a.tsv", "text\tlabel\na fine film\t1\nit fell, apart\t0\n".encode("utf-16"), {}, LABELLED),
    "semicolons": ("a.csv", "text;label\na fine film;True\nit fell, apart;False\n", {}, LABELLED),
    "decimals": ("a.csv", 'text,label\na fine film, 1.0\n"it fell, apart",0.0\n', {}, LABELLED),
    "numbers": (
        "a.csv",
        'a fine film,x,good\n"it fell, apart",y,bad\n',
        {"header": False, "text_column": "1", "label_column": "3", "labels": ("bad", "good")},
        LABELLED,
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_labelled_shapes(write, shape):
    name, content, known, wanted = SHAPES[shape]
    path = write(name, content, known.get("encoding", "utf-8"))
    classes = 5 if wanted is FIVE else 2
    names = ("--", "-", "o", "+", "++") if classes == 5 else ("negative", "positive")
    layout = Layout(**known)
    assert corpora.labelled(path, "train", classes, layout=layout, names=names) == wanted
    rows = corpora.scored(path, "test", names, layout=layout)
    assert rows["text"][:] == wanted.texts
    assert corpora.labels_of(rows, f"label{classes}", classes, path) == wanted.labels


def test_scored_keeps_the_columns_of_a_table_that_names_its_classes(write):
    path = write("a.tsv", "Sentence\tlabel5\tlabel2\tlabel\nfine\t3\t1\t9\n")
    rows = corpora.scored(path, None, ("a", "b", "c", "d", "e"))
    assert {name: rows[name][:] for name in ("text", "label5", "label2")} == {
        "text": ["fine"],
        "label5": ["3"],
        "label2": ["1"],
    }


def test_labels_in_words_are_of_two_or_three_classes(write):
    five = ("very negative", "negative", "neutral", "positive", "very positive")
    two = write("two.csv", "review,sentiment\nfine,Positive\nbad,NEG\nodd,\n")
    rows = corpora.scored(two, None, five)
    assert rows["label2"][:] == ["1", "0", ""]
    three = write("three.csv", "review,sentiment\nfine,positive\nso,neutral\nbad,negative\n")
    assert corpora.scored(three, None, five)["label3"][:] == ["2", "1", "0"]
    named = write("five.csv", "review,sentiment\nfine,Very positive\nbad,negative\n")
    assert corpora.scored(named, None, five)["label5"][:] == ["4", "1"]
    assert corpora.labelled(named, None, 5, names=five) == Labelled(["fine", "bad"], [4, 1])


MANY_THINGS = (
    "Go.\tGeh.\tCC-BY 2.0 (France) Attribution: own\nHello!\tHallo!\tCC-BY 2.0 (France) Attribution: own\n"
)
PAIRS = Pairs(["Geh.", "Hallo!"], ["Go.", "Hello!"])


@pytest.mark.parametrize(
    ("name", "content", "known"),
    [
        ("deu.txt", MANY_THINGS, {"header": False, "text_column": "2", "label_column": "1"}),
        (
            "links.tsv",
            "1276\tGo.\t2481\tGeh.\n1280\tHello!\t2490\tHallo!\n",
            {"header": False, "text_column": "4", "label_column": "2"},
        ),
        (
            "named.csv",
            "English,German\nGo.,Geh.\nHello!,Hallo!\n",
            {"text_column": "german", "label_column": "English"},
        ),
        ("codes.tsv", "EN\tDE\nGo.\tGeh.\nHello!\tHallo!\n", {}),
        (
            "hub.jsonl",
            '{"translation": {"en": "Go.", "de": "Geh."}}\n'
            '{"translation": {"de": "Hallo!", "en": "Hello!"}}\n',
            {},
        ),
    ],
)
def test_shapes_of_pairs(write, name, content, known):
    assert corpora.pairs(write(name, content), "train", ("de", "en"), layout=Layout(**known)) == PAIRS


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("named", ["train{}", "train.de{}", "train.en{}"])
def test_two_files(write, tmp_path, named, ending):
    write(f"train.de{ending}", "Geh.\r\nHallo!\r\n")
    write(f"train.en{ending}", "Go.\nHello!\n")
    source = str(tmp_path / named.format(ending if named != "train{}" else ""))
    assert corpora.pairs(source, "train", ("de", "en")) == PAIRS


def test_two_files_that_do_not_fit(write):
    write("train.de", "Geh.\nHallo!\n")
    path = write("train.en", "Go.\n")
    with pytest.raises(DataError, match=r"train\.de has 2 lines, .*train\.en has 1"):
        corpora.pairs(path, None, ("de", "en"))
    write("train.en", "Go.\n\n")
    with pytest.raises(DataError, match=r"train\.en, row 2: the text is empty"):
        corpora.pairs(path, None, ("de", "en"))
    with pytest.raises(DataError, match="no columns"):
        corpora.pairs(path, None, ("de", "en"), exclude=["a=b"])


# --- the text that is learned ----------------------------------------------------------------------


def test_line_breaks_of_html_become_spaces_wherever_a_text_is_read(write):
    path = write("a.tsv", "text\tlabel\tde\ten\none<br />two\t1\teins<br />zwei\tone<br />two\n")
    write("b.de", "eins<br />zwei\n")
    wanted = ["one two"]
    assert corpora.labelled(path, None, 2).texts == wanted
    assert corpora.polarity(path, None).texts == wanted
    assert corpora.unlabelled(path, None).texts == wanted
    assert corpora.texts_of(corpora.scored(path, None, ("bad", "good")), "text", path) == wanted
    pair = Pairs(["eins zwei"], wanted)
    assert corpora.pairs(path, None, ("de", "en")) == pair
    assert corpora.pairs(write("b.en", "one<br />two\n"), None, ("de", "en")) == pair


# --- refusals name the likely cause ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "known", "message"),
    [
        ("a.csv", "text|label\nfine|1\n", {}, r"is '\|' the separator\? Give --delimiter"),
        ("a.csv", "text,label\nfine,1\n", {"delimiter": ";"}, "is ',' the separator"),
        ("a.csv", "text\nfine, really,1\n", {}, "3 columns where the header has 1; a cell that holds ','"),
        ("a.csv", "0,1467810369,what a day it was\n1,2,fine\n", {}, "is the first line data.*--no-header"),
        ("a.txt", "what a day it was\tes war ein Tag\nfine\tgut\n", {}, "--no-header"),
        ("a.csv", "0,x,0\n1,y,2\n", {}, "names a column twice.*--no-header"),
        ("a.csv", "fine,1\n", {"header": False}, "no column 'text'.*numbered from 1: give --text-column"),
        ("a.csv", "fine,1\nbad\n", {"header": False}, "row 2: 1 columns where the first has 2"),
        ("a.csv", "TEXT,Text,label\nfine,x,1\n", {}, "TEXT and Text differ in case only: give --text-column"),
        (
            "a.csv",
            "body,label\nfine,1\n",
            {},
            "no column 'text'; the columns are body, label; name it with --text",
        ),
        ("a.csv", "text,mark\nfine,1\n", {}, "no column 'label2'; .*; name it with --label-column"),
        (
            "a.csv",
            "text,mark\nfine,1\n",
            {"label_column": "marks"},
            "no column 'marks'; the columns are text, mark",
        ),
        ("a.csv", "text,label\nfine,2\nbad,1\n", {}, r"unknown label '2'.*labels from 1: give --labels 1,2"),
        (
            "a.csv",
            "text,label\nfine,good\nbad,bad\n",
            {},
            "give --labels with bad, good in order, worst first",
        ),
        ("a.csv", "text,label\nfine,x\nbad,y\nso,z\n", {}, "holds x, y, z: give --labels, and --classes"),
        (
            "a.csv",
            "text,label\n" + "".join(f"fine,{number}\n" for number in range(40, 80)),
            {},
            "holds 40 different values: is it the one of the labels",
        ),
        (
            "a.csv",
            "text,label\nfine,1\n",
            {"labels": ("a", "b", "c")},
            "labels names 3 labels .* there are 2",
        ),
        ("a.jsonl", '{"text": "fine"\n', {}, "row 1: not JSON .* one JSON object per line"),
        ("a.jsonl", '{"text": "fine"}\n[1]\n', {}, "row 2: not a JSON object"),
        ("a.jsonl", "[" * 100_000, {}, "not JSON"),
        ("a.jsonl", '{"text": ' + "1" * 5000 + "}", {}, "not JSON"),
        ("a.jsonl", '{"text": "so \\ud83d", "label": 1}', {}, "row 1: holds half of a surrogate pair"),
        ("a.jsonl", "[1]", {}, "row 1: not a JSON object"),
        (
            "a.jsonl",
            '{"label": 1}\n{"label": 1, "text": "x"}\n',
            {},
            "data row 1, column 'text': the text is empty",
        ),
    ],
)
def test_refusals(write, name, content, known, message):
    with pytest.raises(DataError, match=message) as error:
        corpora.labelled(
            write(name, content), None, 2, layout=Layout(**known), names=("negative", "positive")
        )
    assert "\n" not in str(error.value)


def test_a_column_of_few_classes_is_not_scored_as_if_it_had_five(write):
    path = write("glue.tsv", "sentence\tlabel\nfine\t1\nbad\t0\n")
    names = ("a", "b", "c", "d", "e")
    with pytest.raises(DataError, match="holds 0, 1 only; give --labels 0,1 if these are 2 classes"):
        corpora.scored(path, None, names)
    assert corpora.scored(path, None, names, layout=Layout(labels=("0", "1")))["label2"][:] == ["1", "0"]
    assert corpora.scored(path, None, names, layout=Layout(labels=tuple("01234")))["label5"][:] == ["1", "0"]


def test_a_split_is_found_whatever_its_case(write):
    path = write("a.csv", "Split,Text,Label\ntrain,fine,1\ntest,bad,0\n")
    assert corpora.labelled(path, "test", 2) == Labelled(["bad"], [0])
    assert corpora.labelled(path, None, 2, exclude=["SPLIT=test"]) == Labelled(["fine"], [1])
