"""How one folder is spelled: Flink writes `file:/a`, people write `/a`, fsspec `file:///a`."""


def as_flink_uri(location: str) -> str:
    """A location as Flink takes it: a plain path gets the scheme `file:`."""
    return f"file:{location}" if location.startswith("/") else location


def plain_location(location: str) -> str:
    """A local folder as a path without scheme; any other location without its last slash."""
    if location.startswith("file:"):
        return "/" + location.removeprefix("file:").strip("/")
    return location.rstrip("/")


def same_location(one: str, other: str) -> bool:
    """Whether two spellings name one folder."""
    return plain_location(one) == plain_location(other)
