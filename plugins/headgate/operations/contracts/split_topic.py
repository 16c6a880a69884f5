"""The first step of a migration on the files: the changed schema moves out of the old topic."""

import shutil
from pathlib import Path
from tempfile import mkdtemp

from headgate.clients.observed import RegisteredSchema
from headgate.errors import Rejected
from headgate.operations.contracts.schema_migration import FoundMigration
from headgate.plan.imported_topic import pretty
from headgate.spec.load import SCHEMAS, load_topics
from headgate.spec.load_topic import KEY_FILE, VALUE_FILE


def split_topic(project: Path, found: FoundMigration) -> None:
    """Put the changed schema into the new topic's folder, and what is registered into the old one.

    Both are written aside and loaded first. The new folder comes first, so that the changed schema
    is never lost. Raises Rejected if that folder exists, SpecError if the result would not lint.
    """
    schemas = project / SCHEMAS
    old, new = schemas / found.topic.name, schemas / found.path.new_topic
    if found.is_written or new.exists():
        raise Rejected(
            f"{new} exists already",
            still_true="Nothing was changed.",
            next_step=f"headgate schema migrate {found.topic.name} --to NEW_TOPIC --write, or, if "
            "the first step is made, go on with the second",
        )
    aside = Path(mkdtemp(prefix=".migrate-", dir=project))
    try:
        copy = aside / SCHEMAS
        shutil.copytree(schemas, copy)
        (copy / old.name).rename(copy / new.name)
        _write_old(copy / old.name, copy / new.name, found.latest)
        load_topics(aside)
        (copy / new.name).rename(new)
        for file in sorted((copy / old.name).glob("*.avsc")):
            file.replace(old / file.name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _write_old(old: Path, new: Path, latest: tuple[RegisteredSchema, ...]) -> None:
    """The folder as it is, with the registered schemas in the place of the declared ones."""
    shutil.copytree(new, old)
    for schema in latest:
        file = KEY_FILE if schema.subject.endswith("-key") else VALUE_FILE
        (old / file).write_text(pretty(schema.text), encoding="utf-8")
