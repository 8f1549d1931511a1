"""Words that no message has. Whole words and phrases are looked for, never parts of words.

A substring filter once let "lock" through as "locks" and held "blocked" up for it.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

# Each as the words of which it is made; the last may stand in the plural.
FORBIDDEN: Final = tuple(
    tuple(phrase.split())
    for phrase in (
        *("guarantee", "guaranteed", "guaranteeing", "lock", "locked", "sure", "surefire"),
        *("sure thing", "can't lose", "cannot lose", "can not lose", "no lose", "never lose"),
        *("risk free", "riskless", "free money", "easy money", "hot", "red hot", "crushing"),
        *("crushed", "insider", "inside info", "due for", "hurry", "act now", "last chance"),
        *("winner", "winning streak", "streak", "must bet", "can't miss", "slam dunk", "banker"),
        *("unbeatable", "max bet", "all in"),
    )
)
_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_PICTURES: Final = frozenset({"So", "Sk"})
_OURS: Final = frozenset("◆◇✓✗→−")


def forbidden_in(text: str, *, names: Iterable[str] = ()) -> list[str]:
    """Find what a text may not say, in the order in which it says it; names may be anything."""
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, " ")
    text = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    words = [word.lower() for word in _WORD.findall(text)]
    found = [
        " ".join(phrase)
        for start in range(len(words))
        for phrase in FORBIDDEN
        if _stands(phrase, words[start : start + len(phrase)])
    ]
    return found + [mark for mark in text if _shouts(mark)]


def _stands(phrase: tuple[str, ...], words: list[str]) -> bool:
    if len(words) < len(phrase) or tuple(words[:-1]) != phrase[:-1]:
        return False
    return words[-1] in (phrase[-1], f"{phrase[-1]}s")


def _shouts(mark: str) -> bool:
    """An exclamation mark, or a picture that is none of our signs."""
    return mark in "!\N{FULLWIDTH EXCLAMATION MARK}" or (
        unicodedata.category(mark) in _PICTURES and mark not in _OURS
    )
