"""Our own everyday sentences, minimal pairs and facts: what is counted, and for whom."""

import pytest

from rnnviz_core.errors import SpecError
from rnnviz_core.tasks.sentiment import everyday


@pytest.fixture
def folder(tmp_path):
    rows = {
        "everyday": [
            ("split", "label2", "text"),
            ("hotel", 1, "the film works"),
            ("work", 0, "the film works"),
        ],
        "pairs": [
            ("split", "pair", "label2", "text"),
            *(("not", 1, 1, "is good"), ("not", 1, 0, "is good")),
            *(("never", 2, 1, "is good"), ("never", 2, 1, "is good")),
            *(("never", 3, 0, "is good"), ("never", 3, 0, "is good")),
        ],
        "facts": [("split", "label3", "text"), ("facts", 1, "the old house")],
    }
    for name, lines in rows.items():
        text = "\n".join("\t".join(map(str, line)) for line in lines) + "\n"
        (tmp_path / f"{name}.tsv").write_text(text)
    return str(tmp_path)


def test_a_pair_is_right_when_both_members_are(make_sentiment, folder):
    """Whatever an untrained network says, it says the same of the same text."""
    found = everyday.measure(make_sentiment(), folder)
    assert found["everyday"]["rows"] == 2
    assert found["everyday"]["accuracy2"] == 50
    assert sorted(found["everyday"]["kinds"].values()) == [0, 100]
    assert found["pairs"]["rows"] == 3
    assert found["pairs"]["families"] == {"not": [0, 1], "never": [1, 2]}
    assert found["pairs"]["both"] == 33.33
    assert found["facts"]["neutral"] in (0, 100)


def test_classes_without_a_middle_are_refused(make_sentiment, folder):
    for settings in ({"classes": ("bad", "good")}, {"classes": ("a", "b", "c"), "ordered": False}):
        with pytest.raises(SpecError, match="ordered classes with a middle one"):
            everyday.measure(make_sentiment(**settings), folder)
