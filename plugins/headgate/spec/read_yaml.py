"""Read YAML as plain values with the line of every key.

The node API is used instead of `safe_load`, because values lose their place there, duplicate
keys are silently merged and aliases can blow a small file up to gigabytes. Times stay text.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from headgate.errors import Finding, SpecError
from headgate.spec.document import Document, Place
from headgate.spec.read_text import read_text

_TOO_DEEP = "the nesting is too deep"
_SAFELY_SHALLOW = 200
"""Characters that can open a level; a text with fewer of them cannot be nested more deeply."""


def read_yaml(file: Path) -> Document:
    """The mapping that a YAML file holds. Raises `SpecError` with every finding."""
    text = read_text(file)
    try:
        root = _composed(text)
    except yaml.MarkedYAMLError as error:
        raise SpecError([_syntax_finding(file, error)]) from error
    except yaml.YAMLError as error:
        raise SpecError([Finding(file, 1, f"not YAML: {error}")]) from error
    except RecursionError:
        raise SpecError([Finding(file, 1, _TOO_DEEP)]) from None
    if root is None:
        raise SpecError([Finding(file, 1, "the file is empty")])
    if not isinstance(root, yaml.MappingNode):
        line = root.start_mark.line + 1
        raise SpecError([Finding(file, line, "the file must be a mapping: `key: value` lines")])
    conversion = _Conversion(file)
    value = conversion.plain(root, ())
    if conversion.findings:
        raise SpecError(conversion.findings)
    return Document(file, value, conversion.lines)


def _composed(text: str) -> yaml.Node | None:
    """The root node; by libyaml, which is several times as fast, where that is safe.

    libyaml recurses without a limit, and its words about errors are poorer, so what is deep or
    wrong is left to the Python parser.
    """
    opening = sum(map(text.count, "[{-:?"))
    if yaml.__with_libyaml__ and opening < _SAFELY_SHALLOW:
        with suppress(yaml.YAMLError):
            return yaml.compose(text, Loader=yaml.CSafeLoader)
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _syntax_finding(file: Path, error: yaml.MarkedYAMLError) -> Finding:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or "malformed"
    context = f" {error.context}" if error.context else ""
    if "'\\t'" in problem:
        problem, context = "a tab stands where only spaces are allowed", ""
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Finding(file, line, f"not YAML: {problem}{context} (column {column})")


class _Conversion:
    """From nodes to plain values, keeping the line of each and what is wrong with them."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.lines: dict[Place, int] = {}
        self.findings: list[Finding] = []
        self._seen: set[int] = set()
        self._loader = yaml.SafeLoader("")

    def plain(self, node: yaml.Node, place: Place) -> Any:  # noqa: ANN401 - any YAML value
        if id(node) in self._seen:
            self._report(node, "anchors and aliases (`&name`, `*name`) are not supported")
            return None
        self._seen.add(id(node))
        self.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(item, (*place, index)) for index, item in enumerate(node.value)]
        return self._scalar(node) if isinstance(node, yaml.ScalarNode) else None

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._report(key_node, "a key must be plain text")
                continue
            key = key_node.value
            inner = (*place, key)
            if key in mapping:
                first = self.lines[inner]
                self._report(key_node, f"'{key}' stands here twice; first in line {first}")
                continue
            self.lines[inner] = key_node.start_mark.line + 1
            mapping[key] = self.plain(value_node, inner)
        return mapping

    def _scalar(self, node: yaml.ScalarNode) -> Any:  # noqa: ANN401 - any YAML scalar
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        if kind in {"str", "timestamp", "value", "merge"}:
            return node.value
        construct = {
            "int": self._loader.construct_yaml_int,
            "float": self._loader.construct_yaml_float,
            "bool": self._loader.construct_yaml_bool,
            "null": self._loader.construct_yaml_null,
        }.get(kind)
        if construct is None:
            self._report(node, f"the tag {node.tag} is not supported")
            return None
        try:
            return construct(node)
        except (ValueError, IndexError, KeyError):
            self._report(node, f"{node.value[:40]!r} is not a value of type {kind}")
            return None

    def _report(self, node: yaml.Node, message: str) -> None:
        self.findings.append(Finding(self.file, node.start_mark.line + 1, message))
