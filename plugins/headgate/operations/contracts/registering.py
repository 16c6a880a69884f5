"""One schema or one level in the registry: written, and read back before it counts as done."""

from headgate.clients.observed import RegisteredSchema, SchemaReference
from headgate.clients.registry import Registry
from headgate.errors import Indeterminate, Rejected
from headgate.plan.change import Change
from headgate.spec.avro_inlining import definitions_in_text, inlined_text
from headgate.spec.schema_form import same_schema


def set_level(subject: str, level: str, registry: Registry) -> None:
    """Set the level of a subject, unless a run before has set it.

    Raises Rejected if the registry holds another one then.
    """
    if registry.level(subject) == level:
        return
    registry.set_level(subject, level)
    held = registry.level(subject)
    if held != level:
        raise Rejected(
            f"the registry took level {level} for subject {subject}, but holds {held}",
            still_true="No version was registered.",
        )


def register(change: Change, registry: Registry) -> str:
    """Register the schema of a change, and say under which version and id.

    References are to the newest versions of what is referred to. An answer that was lost is made
    up for by looking. Raises Rejected if the schema is not the newest version then: posting an
    older one again returns its old id, as if it had been registered.
    """
    subject = change.name
    referred = [
        (one["name"], _newest(one["subject"], subject, registry))
        for one in change.after.get("references", ())
    ]
    references = [SchemaReference(name, one.subject, one.version) for name, one in referred]
    text = str(change.after["schema"])
    lost: Indeterminate | None = None
    schema_id: int | None = None
    try:
        schema_id = registry.register(subject, text, references)
    except Indeterminate as error:
        lost = error  # it may have happened: what is read back decides
    latest = registry.latest(subject)
    whole = _whole(text, [one for _, one in referred])
    is_there = latest is not None and same_schema(latest.whole_text, whole)
    if latest is None or not is_there or schema_id not in (None, latest.id):
        if lost is not None:
            raise lost
        held = f"version {latest.version} with id {latest.id}" if latest else "nothing"
        raise Rejected(
            f"the registry took the schema of subject {subject} under id {schema_id}, but its "
            f"latest is {held}",
            next_step="headgate plan",
        )
    return f"registered subject {subject}: version {latest.version}, id {latest.id}"


def _newest(referred: str, subject: str, registry: Registry) -> RegisteredSchema:
    found = registry.latest(referred)
    if found is None:
        raise Rejected(
            f"subject {subject} refers to subject {referred}, which has no version",
            still_true="No version was registered.",
            next_step="headgate plan",
        )
    return found


def _whole(text: str, referred: list[RegisteredSchema]) -> str:
    definitions = {
        name: one
        for schema in referred
        for name, one in definitions_in_text(schema.whole_text).items()
    }
    return inlined_text(text, definitions) if referred else text
