"""Load `schemas/_types/`: named Avro types that several schemas use, one a file."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from headgate.errors import Finding
from headgate.spec.avro_check import KnownTypes, check_avro_type
from headgate.spec.avro_inlining import definitions_in, types_used, uses_of_types
from headgate.spec.avro_names import FULL_NAME, Schema, full_name, namespace_within
from headgate.spec.collecting import Collector
from headgate.spec.declared import DeclaredType
from headgate.spec.document import Document
from headgate.spec.read_json import as_record, read_json

TYPES = "_types"
_SUFFIX = ".avsc"
_CHECKED_SUFFIXES = {".yaml", ".yml", ".avsc", ".json"}


@dataclass(frozen=True)
class LoadedTypes:
    """The types, and the names of those that have errors, which schemas may name all the same."""

    types: Mapping[str, DeclaredType] = field(default_factory=dict)
    """Those without an error, by full name."""
    known: KnownTypes = field(default_factory=KnownTypes)

    def needed_by(self, names: Iterable[str]) -> tuple[DeclaredType, ...]:
        """These types and all that they use, each behind what it uses itself."""
        found: dict[str, DeclaredType] = {}
        for name in names:
            if name in self.types and name not in found:
                for inner in self.needed_by(self.types[name].uses):
                    found.setdefault(inner.name, inner)
                found[name] = self.types[name]
        return tuple(found.values())


def load_types(schemas: Path, collector: Collector) -> LoadedTypes:
    """The types of a folder `schemas/`; the collector takes all that is wrong with them."""
    folder = schemas / TYPES
    if not folder.is_dir():
        return LoadedTypes()
    files = sorted(folder.iterdir())
    collector.extend(_unknown_files(files))
    documents = {}
    for file in files:
        if file.suffix == _SUFFIX:
            document = collector.attempt(read_json, file)
            if document is not None and collector.attempt(as_record, document) is not None:
                documents[file.stem] = document
    names = frozenset(file.stem for file in files if file.suffix == _SUFFIX)
    sound = _checked(documents, KnownTypes(names), collector)
    sound = _checked(sound, KnownTypes(names, _values(sound)), collector)
    cycles = list(_cycles(sound))
    collector.extend(cycles)
    types = {
        name: DeclaredType(name, one.file, one.value, types_used(one.value, names))
        for name, one in ({} if cycles else sound).items()
    }
    known = KnownTypes(names, _values(sound), _taken(documents))
    return LoadedTypes(_complete(types), known)


def _complete(types: Mapping[str, DeclaredType]) -> dict[str, DeclaredType]:
    """Those that use only types without an error, also by way of others."""
    complete = {name: one for name, one in types.items() if types.keys() >= {*one.uses}}
    return complete if len(complete) == len(types) else _complete(complete)


def _checked(
    documents: Mapping[str, Document], known: KnownTypes, collector: Collector
) -> dict[str, Document]:
    """Those without an error. Each may use the others, and define nothing that they define."""
    sound = {}
    for name, document in documents.items():
        others = {other: one for other, one in documents.items() if other != name}
        schemas = {other: one for other, one in known.schemas.items() if other != name}
        types = KnownTypes(known.names - {name}, schemas, _taken(others))
        findings = [*check_avro_type(document, types), *_name_findings(document, name)]
        collector.extend(findings)
        if not findings:
            sound[name] = document
    return sound


def _values(documents: Mapping[str, Document]) -> dict[str, Schema]:
    return {name: document.value for name, document in documents.items()}


def _taken(documents: Mapping[str, Document]) -> dict[str, str]:
    return {
        inner: f"{name}{_SUFFIX}"
        for name, document in documents.items()
        for inner in definitions_in(document.value)
    }


def unused_types(types: LoadedTypes, used: Iterable[str]) -> Iterator[Finding]:
    """Types that neither a schema nor a used type names."""
    needed = {one.name for one in types.needed_by(used)}
    for name in sorted(types.types.keys() - needed):
        yield Finding(
            types.types[name].file, 1, f"no schema uses the type '{name}'; remove the file"
        )


def _unknown_files(files: Iterable[Path]) -> Iterator[Finding]:
    for file in files:
        if file.is_dir():
            yield Finding(file, 1, f"{TYPES} holds files only, each a type: FULL.NAME{_SUFFIX}")
        elif file.suffix != _SUFFIX and file.suffix in _CHECKED_SUFFIXES:
            yield Finding(file, 1, f"no file of a type has this name; it is FULL.NAME{_SUFFIX}")


def _name_findings(document: Document, stem: str) -> Iterator[Finding]:
    schema = document.value
    short = schema.get("name")
    if not isinstance(short, str) or not FULL_NAME.fullmatch(short):
        return  # said by the check of the schema
    name = full_name(short, namespace_within(schema, ""))
    if "." not in name:
        yield document.finding("a shared type needs a namespace, so that any schema can name it")
    elif name != stem:
        message = f"the file holds the type '{name}': its name must be {name}{_SUFFIX}"
        yield document.finding(message, "name")


def _cycles(documents: Mapping[str, Document]) -> Iterator[Finding]:
    """Types that use themselves by way of others: none of them could be registered first."""
    uses = {name: uses_of_types(document.value, documents) for name, document in documents.items()}
    for name, document in documents.items():
        for first, place in uses[name].items():
            way = _way(first, name, uses, (name,))
            if way:
                yield document.finding(
                    f"the types use each other in a circle: {' → '.join(way)}", *place
                )


def _way(
    here: str, goal: str, uses: Mapping[str, Iterable[str]], gone: tuple[str, ...]
) -> tuple[str, ...]:
    if here == goal:
        return (*gone, goal)
    for following in uses[here]:
        if following not in gone or following == goal:
            way = _way(following, goal, uses, (*gone, here))
            if way:
                return way
    return ()
