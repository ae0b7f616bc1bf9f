"""Local tables and hub names: what is read, and that what is wrong is named with row and column."""

import gzip

import pytest

from rnnviz_core.errors import DataError
from rnnviz_core.inputs import corpora
from rnnviz_core.inputs.treebank import as_typed

TABLE = (
    'split\tlabel5\tlabel2\ttext\ntrain\t4\t1\tsaid "yes\ndev\t0\t0\tit fell apart\ntest\t2\t\tit rained\n'
)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "own.tsv"
    path.write_text(TABLE, encoding="utf-8")
    return path


@pytest.mark.parametrize("ending", [".tsv", ".tsv.gz", ".csv", ".csv.gz"])
def test_all_four_forms_read_the_same(tmp_path, ending):
    path = tmp_path / f"own{ending}"
    data = (TABLE.replace("\t", ",").replace('"', "'") if "csv" in ending else TABLE).encode()
    path.write_bytes(gzip.compress(data) if ending.endswith("gz") else data)
    rows = corpora.load(str(path))
    assert rows.column_names == ["split", "label5", "label2", "text"]
    assert rows["text"][1:] == ["it fell apart", "it rained"]
    assert len(rows) == 3


def test_tsv_is_plain_quotes_are_characters(table):
    assert corpora.load(str(table), "train")["text"][:] == ['said "yes']


def test_csv_may_quote(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text('text,label2\n"first, then ""second""\nline",1\n', encoding="utf-8")
    assert corpora.load(str(path))["text"][:] == ['first, then "second"\nline']


def test_splits_have_several_names(table):
    assert corpora.load(str(table), "validation")["text"][:] == ["it fell apart"]
    assert corpora.load(str(table), "dev")["text"][:] == ["it fell apart"]
    with pytest.raises(DataError, match="no split 'holdout'; the splits are train, dev, test"):
        corpora.load(str(table), "holdout")


def test_a_source_may_name_its_own_split(table):
    assert corpora.load(f"{table}@test", "train")["text"][:] == ["it rained"]
    with pytest.raises(DataError, match="no split 'holdout'; the splits are train, dev, test"):
        corpora.load(f"{table}@holdout", "train")
    folder = table.parent / "someone@home.org"
    folder.mkdir()
    other = table.rename(folder / table.name)
    assert corpora.own_split(str(other)) == (str(other), None)
    assert corpora.load(str(other), "dev")["text"][:] == ["it fell apart"]


def test_sources_are_joined_in_their_order():
    parts = [corpora.Labelled(["a", "b"], [0, 1]), corpora.Labelled(["c"], [1])]
    assert corpora.joined(parts) == corpora.Labelled(["a", "b", "c"], [0, 1, 1])
    assert corpora.joined([]) is None


def test_exclusion_drops_rows_and_explains_itself(table):
    assert len(corpora.load(str(table), exclude=["label5=4"])) == 2
    with pytest.raises(DataError, match="cannot exclude 'label5'; write COLUMN=VALUE"):
        corpora.load(str(table), exclude=["label5"])
    with pytest.raises(DataError, match="no rows are left"):
        corpora.load(str(table), "dev", exclude=["split=dev"])


def test_labelled_skips_rows_without_a_label(table):
    found = corpora.labelled(str(table), None, 2)
    assert found.texts == ['said "yes', "it fell apart"]
    assert found.labels == [1, 0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("label5\ttext\n", "no rows are left"),
        ("label5\ttext\n1\ta\tb\n", "row 2: 3 columns where the header has 2"),
        ("label5\ttext\n1\ta\n\n", "row 3: 1 columns where the header has 2"),
        (
            "label5\ttext\n7\ta\n",
            "data row 1, column 'label5': unknown label '7'; choose one of 0, 1, 2, 3, 4",
        ),
        ("label5\ttext\n1\t \n", "data row 1, column 'text': the text is empty"),
        ("label9\ttext\n1\ta\n", "no column 'label5'; the columns are label9, text"),
        ("label5\tbody\n1\ta\n", "no column 'text'"),
        ("text\ttext\n1\ta\n", "names a column twice"),
    ],
)
def test_bad_tables_are_named_with_row_and_column(tmp_path, text, message):
    path = tmp_path / "bad.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message) as error:
        corpora.labelled(str(path), None, 5)
    assert "bad.tsv" in str(error.value)


def test_bad_bytes_are_named(tmp_path):
    latin = tmp_path / "latin.tsv"
    latin.write_bytes("text\nfine\ncaf\u00e9\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"row 3: not UTF-8 \(byte 0xe9\)"):
        corpora.load(str(latin))
    cut = tmp_path / "cut.tsv.gz"
    cut.write_bytes(gzip.compress(TABLE.encode())[:-12])
    with pytest.raises(DataError, match="cannot be read"):
        corpora.load(str(cut))
    fake = tmp_path / "fake.tsv.gz"
    fake.write_bytes(b"text\nplain\n")
    with pytest.raises(DataError, match="cannot be read"):
        corpora.load(str(fake))
    with pytest.raises(DataError, match="cannot be read: No such file"):
        corpora.load(str(tmp_path / "none.tsv"))
    with pytest.raises(DataError, match="must end in one of"):
        corpora.load(str(tmp_path / "table.xlsx"))


def test_pairs_are_columns_named_by_language(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("split\ten\tes\ntrain\tthe house\tla casa\n", encoding="utf-8")
    assert corpora.pairs(str(path), "train", ("es", "en")) == corpora.Pairs(["la casa"], ["the house"])
    with pytest.raises(DataError, match="no column 'de'"):
        corpora.pairs(str(path), "train", ("de", "en"))


def test_a_hub_name_without_a_network_is_one_clear_line(monkeypatch):
    import datasets

    def offline(*_args, **_settings):
        raise ConnectionError("Couldn't reach the hub\nand much more text")

    monkeypatch.setattr(datasets, "load_dataset", offline)
    with pytest.raises(DataError) as error:
        corpora.load("hub:someone/reviews:small", "train")
    assert "\n" not in str(error.value)
    assert "'someone/reviews' cannot be loaded (Couldn't reach the hub)" in str(error.value)


def test_a_hub_data_set_is_read_through_datasets(monkeypatch):
    import datasets

    asked = {}

    def found(path, config, split):
        asked.update(path=path, config=config, split=split)
        return datasets.Dataset.from_dict({"text": ["fine"], "label": [1]})

    monkeypatch.setattr(datasets, "load_dataset", found)
    assert corpora.labelled("hub:someone/reviews:small", "train", 2) == corpora.Labelled(["fine"], [1])
    assert asked == {"path": "someone/reviews", "config": "small", "split": "train"}
    corpora.polarity("hub:someone/reviews@test", "train")
    assert asked == {"path": "someone/reviews", "config": None, "split": "test"}


@pytest.mark.parametrize(
    ("tokens", "typed"),
    [
        ("It 's not that I did n't care .", "It's not that I didn't care."),
        ("You ca n't stop , can you ?", "You can't stop, can you?"),
        ("`` Fine , '' she said", '"Fine," she said'),
        ("they 're here -LRB- again", "they're here -LRB- again"),
        ("plain words", "plain words"),
    ],
)
def test_treebank_tokens_become_what_people_type(tokens, typed):
    assert as_typed(tokens) == typed
