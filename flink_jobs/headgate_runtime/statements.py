"""Splitting the text of job.sql into statements that keep their place in the file."""

import re

_TOKEN = re.compile(
    r"""
    '(?:[^']|'')*' | `(?:[^`]|``)*` | "(?:[^"]|"")*"  # literals and quoted names
  | --[^\n]* | /\*.*?\*/                              # comments
  | (?P<end>;)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def split_statements(sql: str) -> list[str]:
    """The statements of a SQL text, without the semicolons between them.

    Each is preceded by as many line breaks as there are before it in the text, so that the line
    of an error in it is the line of the text.
    """
    statements = []
    start = 0
    ends = [match.start() for match in _TOKEN.finditer(sql) if match["end"]]
    for end in [*ends, len(sql)]:
        piece = sql[start:end]
        if _COMMENT.sub("", piece).strip():
            statements.append("\n" * sql.count("\n", 0, start) + piece)
        start = end + 1
    return statements


def kind_of(statement: str) -> str:
    """The first two words of a statement, upper case: `INSERT INTO`, `CREATE TEMPORARY`."""
    return " ".join(_COMMENT.sub(" ", statement).split()[:2]).upper()


def first_line_of(statement: str) -> int:
    """The line, counted from 1, where the statement itself begins, after comments and space."""
    bare = _COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), statement)
    return bare[: len(bare) - len(bare.lstrip())].count("\n") + 1
