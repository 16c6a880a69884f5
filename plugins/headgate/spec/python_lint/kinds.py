"""What PyFlink's DataStream methods take and give, as far as the rules need it."""

from enum import Enum


class Kind(Enum):
    """What an expression is thought to be."""

    STREAM = "DataStream"
    KEYED = "KeyedStream"
    CONNECTED = "ConnectedStreams"
    WINDOWED = "WindowedStream"
    SINK = "DataStreamSink"


ONLY_OF_STREAMS = frozenset(
    {
        "key_by",
        "flat_map",
        "assign_timestamps_and_watermarks",
        "sink_to",
        "add_sink",
        "get_side_output",
        "rebalance",
        "rescale",
        "window_all",
        "count_window",
        "partition_custom",
        "set_uid_hash",
        "start_new_chain",
        "slot_sharing_group",
    }
)
"""Methods that hardly anything but a stream has: whatever they are called on is one."""

MAKES_STREAM = frozenset(
    {
        "to_data_stream",
        "to_append_stream",
        "to_retract_stream",
        "to_changelog_stream",
        "from_source",
        "add_source",
        "from_collection",
    }
)
"""Methods of the environments that give a stream."""

SOURCES = frozenset({"from_source", "add_source"})
OPERATORS = frozenset(
    {
        "map",
        "flat_map",
        "filter",
        "process",
        "reduce",
        "aggregate",
        "apply",
        "project",
        "sum",
        "min",
        "max",
        "min_by",
        "max_by",
    }
)
SINKS = frozenset({"sink_to", "add_sink", "print"})
SETTINGS = frozenset(
    {
        "uid",
        "name",
        "set_uid_hash",
        "set_parallelism",
        "set_max_parallelism",
        "set_description",
        "set_buffer_timeout",
        "disable_chaining",
        "start_new_chain",
        "slot_sharing_group",
        "force_non_parallel",
        "cache",
    }
)
"""Methods that change the operator before them and give it back."""

WINDOWED_SETTINGS = frozenset({"trigger", "evictor", "allowed_lateness", "side_output_late_data"})


_RESULTS = {
    "sink_to": Kind.SINK,
    "add_sink": Kind.SINK,
    "print": Kind.SINK,
    "window": Kind.WINDOWED,
    "window_all": Kind.WINDOWED,
    "count_window": Kind.WINDOWED,
    "connect": Kind.CONNECTED,
}


def result_of(receiver: Kind | None, method: str) -> Kind | None:
    """What a method gives when called on a receiver of that kind; None if it is no stream."""
    if method in MAKES_STREAM:
        return Kind.STREAM
    if method == "key_by":
        return receiver if receiver is Kind.CONNECTED else Kind.KEYED
    if receiver is None or (method.startswith("get_") and method != "get_side_output"):
        return None
    if method in SETTINGS or (receiver is Kind.WINDOWED and method in WINDOWED_SETTINGS):
        return receiver
    return _RESULTS.get(method, Kind.STREAM)


def kind_of_annotation(name: str) -> Kind | None:
    """The kind that a type annotation names."""
    return next((kind for kind in Kind if name.rsplit(".", maxsplit=1)[-1] == kind.value), None)
