from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from headgate_runtime.custom_window import CustomWindow, record_types
from headgate_runtime.record_types import (
    Field,
    decoder,
    encoder,
    fields_of,
    from_millis,
    to_millis,
)
from hypothesis import given
from hypothesis import strategies as st


@dataclass(frozen=True)
class Sample:
    name: str
    at: datetime
    until: datetime | None
    value: float | None


@dataclass(frozen=True)
class Unfit:
    names: list[str]
    length: timedelta
    either: int | str


MILLISECONDS = st.integers(-(10**12), 4 * 10**12)


def test_fields_carry_the_type_of_their_values() -> None:
    assert fields_of(Sample) == (
        Field("name", str),
        Field("at", datetime),
        Field("until", datetime),
        Field("value", float),
    )


def test_every_field_that_has_no_flink_type_is_named() -> None:
    with pytest.raises(TypeError, match="Unfit: names, length, either"):
        fields_of(Unfit)


def test_a_class_that_is_no_dataclass_is_refused() -> None:
    with pytest.raises(TypeError, match="must be a dataclass"):
        fields_of(str)


@given(
    at=MILLISECONDS, until=st.none() | MILLISECONDS, value=st.none() | st.floats(allow_nan=False)
)
def test_a_record_comes_back_from_the_wire(at: int, until: int | None, value: float | None) -> None:
    fields = fields_of(Sample)
    record = Sample("a", from_millis(at), None if until is None else from_millis(until), value)
    wire = encoder(fields)(record)
    assert wire == ["a", at, until, value]
    assert decoder(Sample, fields)(wire) == record


@given(MILLISECONDS)
def test_times_are_exact_to_the_millisecond(millis: int) -> None:
    assert to_millis(from_millis(millis)) == millis


def test_times_are_utc() -> None:
    assert from_millis(0) == datetime(1970, 1, 1, tzinfo=UTC)


def test_record_types_come_from_the_base_of_the_window() -> None:
    class Base(CustomWindow[Sample, Sample, Sample]):
        def open(self, reading: Sample) -> Sample:
            return reading

        def extend(self, window: Sample, reading: Sample) -> Sample | None:
            del reading
            return window

        def close(self, window: Sample, cause: object) -> Sample:
            del cause
            return window

    class Derived(Base):
        pass

    assert record_types(Derived()) == (Sample, Sample, Sample)


def test_a_window_without_types_is_refused() -> None:
    class Untyped(CustomWindow):  # type: ignore[type-arg]
        def open(self, reading: object) -> None: ...

        def extend(self, window: object, reading: object) -> None: ...

        def close(self, window: object, cause: object) -> None: ...

    with pytest.raises(TypeError, match="must name its types"):
        record_types(Untyped())
