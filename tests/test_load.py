"""A short load test: five visitors for ten seconds. It asks that nothing fails, not that it is fast."""

import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest

from bench.load import KINDS, load, table
from bench.sentences import GRAMMARS, sentences

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


def test_five_visitors_type_new_sentences_for_ten_seconds():
    # In a thread of its own: the browser tests leave an event loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        report = thread.submit(load, sessions=5, seconds=10, think=1).result()
    assert report.failures == []
    assert len(report.times("open")) == 5
    assert report.times("edit")
    assert 0 < report.memory_idle < report.memory
    assert all(what in KINDS for what in {run.what for run in report.runs})
    assert "| edit |" in table(report)


@pytest.mark.parametrize("language", GRAMMARS)
def test_no_sentence_comes_twice(language):
    texts = list(islice(sentences(language, 1), 500))
    assert len(set(texts)) == 500
    assert texts != list(islice(sentences(language, 2), 500))
    assert not [text for text in texts if "  " in text or " ." in text or " ," in text]
