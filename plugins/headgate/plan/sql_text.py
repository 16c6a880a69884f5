"""SQL as text: what of it has a meaning."""

import re

_TOKEN = re.compile(
    r"""
    (?P<kept>'(?:[^']|'')*'|`(?:[^`]|``)*`|"(?:[^"]|"")*")     # literals and quoted names
  | (?P<dropped>(?:--[^\n]*|/\*(?!\+).*?\*/|\s+)+)             # comments and space, but no hints
    """,
    re.VERBOSE | re.DOTALL,
)


def normalised(sql: str) -> str:
    """The SQL with each run of comments and white space as one space, and no semicolon at its end.

    Literals, quoted names and hints (`/*+ ... */`) stay as they are.
    """
    text = _TOKEN.sub(lambda match: match["kept"] or " ", sql)
    return text.strip().rstrip("; ")
