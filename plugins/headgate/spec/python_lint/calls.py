"""Find the calls of a module that build streams, and what each is called on.

A light reading of the code in its order: it follows chains, variables, annotated parameters and
functions of the same module. What it cannot follow it leaves out, so ordinary Python with
methods of the same names (`items.sum()`, `frame.filter(...)`) raises no alarm.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from headgate.spec.python_lint.kinds import (
    ONLY_OF_STREAMS,
    SETTINGS,
    Kind,
    kind_of_annotation,
    result_of,
)

Function = ast.FunctionDef | ast.AsyncFunctionDef
Scope = dict[str, Kind]


@dataclass(frozen=True)
class StreamCall:
    """One method call on a stream."""

    node: ast.Call
    method: str
    receiver: Kind | None
    """None for a method of an environment, such as `from_source`."""
    has_uid: bool
    """Whether `.uid(...)` follows before the next operator, or in a later statement."""


def stream_calls(tree: ast.Module) -> tuple[StreamCall, ...]:
    """All such calls of a module, in their order."""
    first = _Reader({})
    first.read(tree)  # learns what the module's functions return
    second = _Reader(first.returns)
    second.read(tree)
    return tuple(second.finished())


class _Reader:
    def __init__(self, returns: dict[str, Kind]) -> None:
        self.returns = dict(returns)
        self._calls: dict[ast.Call, tuple[str, Kind | None]] = {}
        self._with_uid: set[ast.Call] = set()
        self._made_by: dict[str, ast.Call] = {}
        self._function = ""

    def read(self, tree: ast.Module) -> None:
        self._block(tree.body, {})

    def finished(self) -> Iterator[StreamCall]:
        for node, (method, receiver) in self._calls.items():
            yield StreamCall(node, method, receiver, node in self._with_uid)

    def _block(self, body: list[ast.stmt], scope: Scope) -> None:
        for name in _names_used_as_streams(body):
            scope.setdefault(name, Kind.STREAM)
        for statement in body:
            self._statement(statement, scope)

    def _statement(self, statement: ast.stmt, scope: Scope) -> None:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._define(statement, scope)
            case ast.ClassDef():
                inner = dict(scope)
                self._block(statement.body, inner)
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(target, value, scope)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                self._assign(target, value, scope)
            case ast.Return(value=value) if value is not None:
                kind = self._kind(value, scope)
                if kind and self._function:
                    self.returns.setdefault(self._function, kind)
            case _:
                self._others(statement, scope)

    def _others(self, statement: ast.stmt, scope: Scope) -> None:
        for _, value in ast.iter_fields(statement):
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, ast.stmt):
                    self._statement(item, scope)
                elif isinstance(item, ast.expr):
                    self._kind(item, scope)
                elif isinstance(item, ast.AST):
                    self._parts(item, scope)

    def _parts(self, node: ast.AST, scope: Scope) -> None:
        """Read what stands in a handler, a `with` item, a case."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                self._statement(child, scope)
            elif isinstance(child, ast.expr):
                self._kind(child, scope)

    def _define(self, function: Function, scope: Scope) -> None:
        if function.returns is not None:
            kind = kind_of_annotation(ast.unparse(function.returns).strip("'\""))
            if kind:
                self.returns[function.name] = kind
        inner = dict(scope)
        arguments = function.args
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            inner.pop(argument.arg, None)
            if argument.annotation is not None:
                kind = kind_of_annotation(ast.unparse(argument.annotation).strip("'\""))
                if kind:
                    inner[argument.arg] = kind
        outer, self._function = self._function, function.name
        self._block(function.body, inner)
        self._function = outer

    def _assign(self, target: ast.expr, value: ast.expr, scope: Scope) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, its_value in zip(target.elts, value.elts, strict=False):
                self._assign(one, its_value, scope)
            return
        name = ast.unparse(target)
        kind = self._kind(value, scope)
        made_by = _operator_before(value)
        if kind is None:
            scope.pop(name, None)
            self._made_by.pop(name, None)
            return
        scope[name] = kind
        if made_by is not None:
            self._made_by[name] = made_by

    def _kind(self, node: ast.expr, scope: Scope) -> Kind | None:
        """The kind of an expression; notes every call inside it."""
        match node:
            case ast.Name() | ast.Attribute() if ast.unparse(node) in scope:
                kind: Kind | None = scope[ast.unparse(node)]
            case ast.Call(func=ast.Attribute(value=inner, attr=method)):
                kind = self._method(node, inner, method, scope)
            case ast.Call(func=ast.Name(id=name)):
                self._children(node, scope)
                kind = self.returns.get(name)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self._kind(test, scope)
                kinds = (self._kind(body, scope), self._kind(orelse, scope))
                kind = kinds[0] or kinds[1]
            case ast.NamedExpr(target=target, value=value):
                self._assign(target, value, scope)
                kind = scope.get(target.id)
            case ast.Lambda(args=arguments, body=body):
                names = {argument.arg for argument in arguments.args}
                inside = {name: kind for name, kind in scope.items() if name not in names}
                self._kind(body, inside)
                kind = None
            case _:
                self._children(node, scope)
                kind = None
        return kind

    def _children(self, node: ast.AST, scope: Scope) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._kind(child, scope)
            else:
                self._children(child, scope)

    def _method(self, node: ast.Call, inner: ast.expr, method: str, scope: Scope) -> Kind | None:
        receiver = self._kind(inner, scope)
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            self._kind(argument, scope)
        if receiver is None and isinstance(inner, ast.Name) and inner.id == "self":
            return self.returns.get(method)
        if receiver is None and (method in ONLY_OF_STREAMS or _has_output_type(node)):
            receiver = Kind.STREAM
        result = result_of(receiver, method)
        if result is not None:
            self._calls[node] = (method, receiver)
        if method in {"uid", "set_uid_hash"}:
            self._note_uid(inner)
        return result

    def _note_uid(self, inner: ast.expr) -> None:
        operator = _operator_before(inner)
        if operator is None:
            operator = self._made_by.get(ast.unparse(_without_settings(inner)))
        if operator is not None:
            self._with_uid.add(operator)


def _without_settings(node: ast.expr) -> ast.expr:
    """The expression in front of `.name(...)`, `.set_parallelism(...)` and the like."""
    while (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in SETTINGS
    ):
        node = node.func.value
    return node


def _operator_before(node: ast.expr) -> ast.Call | None:
    operator = _without_settings(node)
    return operator if isinstance(operator, ast.Call) else None


def _has_output_type(node: ast.Call) -> bool:
    """PyFlink's operators alone have a keyword of this name."""
    return any(keyword.arg == "output_type" for keyword in node.keywords)


def _names_used_as_streams(body: list[ast.stmt]) -> Iterator[str]:
    """Variables of this block on which something is called that only streams have."""
    for statement in body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for node in ast.walk(statement):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.attr in ONLY_OF_STREAMS
            ):
                yield node.func.value.id
