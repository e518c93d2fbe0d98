"""Made-up languages follow their rules, the same everywhere; a course's own pairs are read."""

from __future__ import annotations

from itertools import pairwise

import pytest

from autograder import data
from autograder.data import tab_separated, transduction
from autograder.data.dataset import SPLITS
from autograder.data.transduction import Language, language


def test_the_first_words_of_the_embedded_language():
    found = [data.spelled(pair) for pair in data.pairs("train")[:3]]
    assert found == [("adng", "HLRFGA"), ("nkahbg", "GQHHLARR"), ("llij", "CCSQRK")]
    assert data.pairs("train")[0] == ([3, 6, 16, 9], [10, 14, 20, 8, 9, 3])


@pytest.mark.parametrize("seed", [0, 2**60])
def test_splits_have_their_sizes_and_share_no_word(seed):
    found = {split: data.pairs(split, seed=seed) for split in SPLITS}
    assert {split: len(pairs) for split, pairs in found.items()} == dict(transduction.SIZES)
    words = [tuple(source) for pairs in found.values() for source, _ in pairs]
    assert len(set(words)) == len(words)
    assert {len(word) for word in words} == set(range(4, 10))
    assert {number for word in words for number in word} == set(range(3, 19))
    targets = [number for pairs in found.values() for _, target in pairs for number in target]
    assert set(targets) <= set(range(3, 23))


def test_pairs_are_the_same_each_time_and_others_for_another_seed():
    assert data.pairs("test", seed=5) == data.pairs("test", seed=5)
    assert language(5) == language(5)
    assert language(5) != language(6)
    assert data.pairs("test", seed=5) != data.pairs("test", seed=6)


def test_rules_are_those_of_the_documentation():
    spoken = language(3)
    assert set(spoken.alone) == set(range(3, 19))
    assert {len(symbols) for symbols in spoken.alone.values()} == {1, 2}
    assert len(spoken.together) == 12


def test_a_word_is_read_from_left_to_right_and_pairs_come_first():
    spoken = Language({3: [11], 4: [12, 13], 5: [14]}, {(3, 4): 20, (4, 3): 21})
    assert spoken.translated([3, 4, 3]) == [20, 11]
    assert spoken.translated([4, 3, 4]) == [21, 12, 13]
    assert spoken.translated([5, 3, 3]) == [14, 11, 11]
    assert spoken.translated([]) == []


def test_targets_follow_the_rules_of_their_language():
    spoken = language(0)
    for source, target in data.pairs("validation"):
        assert target == spoken.translated(source)
    words = [source for source, _ in data.pairs("train")]
    met = {pair for word in words for pair in pairwise(word)}
    assert set(spoken.together) <= met


def test_an_unknown_split_is_told_the_known_ones():
    with pytest.raises(data.DataError, match='no split "dev", but there are train, validation, te'):
        data.pairs("dev")


@pytest.fixture
def written(tmp_path):
    def write(text):
        file = tmp_path / "pairs.tsv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    return write


def test_characters_are_numbered_in_their_order(written):
    corpus = data.read_pairs(written("ab\tÄx\r\n\nba\tx\n"))
    assert corpus.source_symbols == ("a", "b")
    assert corpus.target_symbols == ("x", "Ä")
    assert corpus.pairs == [([3, 4], [4, 3]), ([4, 3], [3])]


def test_words_may_be_the_symbols(written):
    corpus = data.read_pairs(written("the  cat\tdie Katze\n"), by_words=True)
    assert corpus.source_symbols == ("cat", "the")
    assert corpus.pairs == [([4, 3], [4, 3])]
    assert corpus.target_symbols == ("Katze", "die")


def test_a_mark_at_the_start_and_composed_letters_are_normalised(written):
    corpus = data.read_pairs(written("\ufeffe\u0301\tx"))
    assert corpus.source_symbols == ("\u00e9",)


def test_another_part_is_numbered_alike(written):
    first = data.read_pairs(written("abc\txyz\n"))
    other = data.read_pairs(written("cc\tz\n"), like=first)
    assert other.pairs == [([5, 5], [5])]
    assert other.source_symbols == first.source_symbols
    with pytest.raises(data.DataError, match="the target has 'w', but should have symbols of the"):
        data.read_pairs(written("cc\tw\n"), like=first)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a\tx\nb\n", r"pairs.tsv:2: has 1 column, but should have a source, a tab and a target"),
        ("a\tx\tCC\n", r"pairs.tsv:1: has 3 columns, but should have a source, a tab and a target"),
        ("\n \ta\n", r"pairs.tsv:2: the source is empty, but should have a symbol at least"),
        ("a\t \n", r"pairs.tsv:1: the target is empty, but should have a symbol at least"),
        ("a\t" + 501 * "x", "the target has 501 characters, but should have 500 at most"),
        ("\n\n", "pairs.tsv: has no pairs, but should have a pair in each line"),
        (b"a\tx\nb\t\xff", "pairs.tsv: byte 6 is no UTF-8, but all of it should be"),
    ],
)
def test_what_is_no_pair_is_named_with_its_line(written, text, sentence):
    with pytest.raises(data.DataError, match=sentence):
        data.read_pairs(written(text))


@pytest.mark.parametrize(
    ("limit", "value", "sentence"),
    [
        ("MAX_BYTES", 7, "pairs.tsv: is larger than 7 bytes, but should not be"),
        ("MAX_PAIRS", 1, "pairs.tsv: has 2 pairs, but should have 1 at most"),
        ("MAX_SYMBOLS", 1, "the source has 2 different symbols, but should have 1 at most"),
    ],
)
def test_what_is_too_large_is_refused(written, monkeypatch, limit, value, sentence):
    monkeypatch.setattr(tab_separated, limit, value)
    with pytest.raises(data.DataError, match=sentence):
        data.read_pairs(written("a\tx\nb\tx\n"))


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(data.DataError, match=r"none.tsv: No such file or directory, but should be"):
        data.read_pairs(tmp_path / "none.tsv")
    with pytest.raises(data.DataError, match="Is a directory, but should be a file of pairs"):
        data.read_pairs(tmp_path)
