"""What a misspelt word may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches

_MOST_LISTED = 12
_LONGEST_SHOWN = 100


def quoted(word: str) -> str:
    """A word that somebody has sent, fit for a message however long it is."""
    said = repr(word[:_LONGEST_SHOWN])
    return said if len(word) <= _LONGEST_SHOWN else f"{said}..."


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A clause to append to a message: the nearest known words, else all of them if few."""
    words = sorted(set(known))
    near = get_close_matches(word[:_LONGEST_SHOWN], words, n=1, cutoff=0.6)
    if near:
        return f"; did you mean '{near[0]}'?"
    if 0 < len(words) <= _MOST_LISTED:
        return f"; known: {', '.join(words)}"
    return ""
