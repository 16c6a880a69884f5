"""Split SQL into statements, respecting quotes and comments, and keep the lines."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<comment>--[^\n]*|/\*.*?\*/)
    | (?P<quoted>'(?:[^']|'')*'|`(?:[^`]|``)*`|"(?:[^"]|"")*")
    | (?P<open>/\*|'|`|")
    | (?P<end>;)
    | (?P<space>\s+)
    | (?P<word>[^\W]+|.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Statement:
    """One statement without its comments."""

    line: int
    """Line of its first word."""
    words: tuple[str, ...]
    """Words, quoted texts (with their quotes) and single signs, in their order."""


class UnterminatedError(ValueError):
    """A quote or comment that is never closed. `line` is where it opens."""

    def __init__(self, line: int, opening: str) -> None:
        super().__init__(f"{opening} is never closed")
        self.line = line


def split_statements(sql: str) -> list[Statement]:
    """The statements of a text, empty ones left out. Raises `UnterminatedError`."""
    statements: list[Statement] = []
    words: list[str] = []
    first_line = line = 1
    for match in _TOKEN.finditer(sql):
        if match["open"]:
            raise UnterminatedError(line, match["open"])
        if match["end"] and words:
            statements.append(Statement(first_line, tuple(words)))
            words = []
        elif match["word"] or match["quoted"]:
            if not words:
                first_line = line
            words.append(match[0])
        line += match[0].count("\n")
    if words:
        statements.append(Statement(first_line, tuple(words)))
    return statements
