"""Words of made-up languages with their translations, which a person can check by hand.

A language has a rule for each of 16 letters, which become one or two symbols, and for 12 ordered
pairs of letters, which become one symbol together: an embedded stand-in for real language pairs,
where the right answer is known. Numbers 0, 1 and 2 are left to padding, start and end.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType

from autograder.data.dataset import SPLITS, Split
from autograder.data.integrity import DataError

Pair = tuple[list[int], list[int]]

FIRST = 3
LETTERS = "abcdefghijklmnop"
SYMBOLS = "ABCDEFGHIJKLMNOPQRST"
SHORTEST, LONGEST = 4, 9
SIZES: Mapping[Split, int] = MappingProxyType({"train": 4000, "validation": 200, "test": 400})
_CONTEXTS = 12


@dataclass(frozen=True)
class Language:
    """The rules of a language, in numbers: for letters alone, and for pairs of letters."""

    alone: Mapping[int, Sequence[int]]
    together: Mapping[tuple[int, int], int]

    def translated(self, source: Sequence[int]) -> list[int]:
        """Return the translation of a word, read from left to right; a pair's rule comes first."""
        target: list[int] = []
        place = 0
        while place < len(source):
            letter, following = source[place], source[place + 1 : place + 2]
            if following and (letter, following[0]) in self.together:
                target.append(self.together[letter, following[0]])
                place += 2
            else:
                target += self.alone[letter]
                place += 1
        return target


def language(seed: int = 0) -> Language:
    """Return the language that belongs to a seed."""
    chance = random.Random(f"rules {seed}")
    letters, symbols = _numbers(LETTERS), _numbers(SYMBOLS)
    alone = {letter: chance.choices(symbols, k=chance.randint(1, 2)) for letter in letters}
    ordered = [(first, second) for first in letters for second in letters]
    contexts = chance.sample(ordered, _CONTEXTS)
    return Language(alone, {context: chance.choice(symbols) for context in contexts})


def pairs(split: Split, *, seed: int = 0) -> list[Pair]:
    """Return words and their translations, (source, target), lists of numbers from 3 up.

    Args:
        split: "train" has 4000 pairs, "validation" 200 and "test" 400; no word is in two of them.
        seed: decides rules and words. Whoever knows it knows the test part too.

    Raises:
        DataError: no such split.
    """
    if split not in SPLITS:
        raise DataError(f'there is no split "{split}", but there are {", ".join(SPLITS)}.')
    spoken = language(seed)
    before = sum(SIZES[one] for one in SPLITS[: SPLITS.index(split)])
    words = islice(_words(random.Random(f"words {seed}")), before, before + SIZES[split])
    return [(word, spoken.translated(word)) for word in words]


def spelled(pair: tuple[Sequence[int], Sequence[int]]) -> tuple[str, str]:
    """Return a pair in letters: the word in small ones, its translation in capitals."""
    source, target = pair
    return _text(source, LETTERS), _text(target, SYMBOLS)


def _words(chance: random.Random) -> Iterator[list[int]]:
    letters = _numbers(LETTERS)
    seen: set[tuple[int, ...]] = set()
    while True:
        word = chance.choices(letters, k=chance.randint(SHORTEST, LONGEST))
        if tuple(word) not in seen:
            seen.add(tuple(word))
            yield word


def _numbers(alphabet: str) -> range:
    return range(FIRST, FIRST + len(alphabet))


def _text(numbers: Sequence[int], alphabet: str) -> str:
    return "".join(alphabet[number - FIRST] for number in numbers)
