"""Folders written aside, proved by the loader, and only then put in their place."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from headgate.errors import Rejected, SpecError
from headgate.plan.imported_topic import ImportedTopic
from headgate.plan.shared_types import Surroundings
from headgate.spec.avro_inlining import definitions_in
from headgate.spec.load import SCHEMAS, load_topics
from headgate.spec.load_types import TYPES


@contextmanager
def staging_beside(schemas: Path) -> Iterator["StagedFolders"]:
    """Folders to be put into `schemas`. What was not put there is gone at the end.

    They are written inside `schemas`, under a name that the loader passes over, so that moving
    one is a single rename.
    """
    is_new = not schemas.exists()
    schemas.mkdir(parents=True, exist_ok=True)
    aside = Path(mkdtemp(prefix=".import-", dir=schemas))
    try:
        yield StagedFolders(schemas, aside)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        if is_new and not any(schemas.iterdir()):
            schemas.rmdir()


class StagedFolders:
    """Folders that lint, and are not in their place yet."""

    def __init__(self, schemas: Path, aside: Path) -> None:
        self._schemas = schemas
        self._aside = aside

    def surroundings(self) -> Surroundings:
        """The types that are there already, as files of their own or within other schemas."""
        shared = {file.stem: _text(file) for file in sorted((self._schemas / TYPES).glob("*.avsc"))}
        defined: set[str] = set()
        for file in self._schemas.glob("*/*.avsc"):
            if file.parent.name != TYPES:
                with suppress(ValueError):
                    defined |= set(definitions_in(json.loads(_text(file))))
        return Surroundings(shared, frozenset(defined))

    def stage(self, topic: ImportedTopic) -> None:
        """Write a topic aside and load it. Raises Rejected with every finding of the loader."""
        project = self._aside / topic.name
        _write(project / SCHEMAS / topic.name, topic.files)
        if topic.types:
            files = {f"{name}.avsc": topic.types[name] for name in topic.types}
            _write(project / SCHEMAS / TYPES, files)
        try:
            load_topics(project)
        except SpecError as error:
            places = [
                f"{finding.file.name}:{finding.line}: {finding.message}"
                for finding in error.findings
            ]
            raise Rejected("; ".join(places)) from None

    def put_in_place(self, topic: ImportedTopic) -> None:
        """Move a staged topic to its place, its types first. Raises Rejected if one is taken."""
        staged = self._aside / topic.name / SCHEMAS
        for name in topic.types:
            file = self._schemas / TYPES / f"{name}.avsc"
            if not file.exists():
                file.parent.mkdir(exist_ok=True)
                (staged / TYPES / file.name).rename(file)
        try:
            (staged / topic.name).rename(self._schemas / topic.name)
        except OSError as error:
            raise Rejected(
                f"{self._schemas / topic.name} cannot be made: {error.strerror}"
            ) from error


def _write(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")
