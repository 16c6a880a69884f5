"""Configuration files of the servers, rendered from the templates beside this file."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


@cache
def _templates() -> Environment:
    # The results are properties, YAML and shell, never HTML: nothing is escaped.
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701
        keep_trailing_newline=True,
        trim_blocks=True,
    )


def render(template: str, **values: object) -> str:
    """A template filled in; a value that is missing is an error."""
    return _templates().get_template(template).render(**values)
