"""How one folder is spelled: Flink writes `file:/a`, people write `/a`, fsspec `file:///a`."""

_S3_SCHEMES = ("s3a://", "s3p://")
"""Of Flink's two S3 file systems; both name what fsspec calls `s3`."""


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


def is_below(location: str, folder: str) -> bool:
    """Whether a location lies within a folder, and is not the folder itself."""
    inner, outer = plain_location(location), plain_location(folder)
    return inner.startswith(f"{outer}/") and ".." not in inner.split("/")


def fsspec_url(location: str) -> str:
    """A location as fsspec takes it."""
    plain = plain_location(location)
    for scheme in _S3_SCHEMES:
        if plain.startswith(scheme):
            return f"s3://{plain.removeprefix(scheme)}"
    return plain


def spelled_like(url: str, location: str) -> str:
    """What fsspec has found below `location`, in the spelling of that location."""
    for scheme in _S3_SCHEMES:
        if location.startswith(scheme) and url.startswith("s3://"):
            return scheme + url.removeprefix("s3://")
    return url
