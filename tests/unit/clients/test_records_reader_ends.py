"""When a partition counts as read to its end."""

from headgate.clients.records.reader import _Ends


def test_without_until_nothing_ends() -> None:
    ends = _Ends({0: 5}, None)
    assert ends.takes(0, 10**9)
    ends.reached(0, 10**9)
    assert not ends.all_reached


def test_partition_that_stands_at_its_end_is_not_opened() -> None:
    ends = _Ends({0: 5, 1: 5}, {0: 5, 1: 6})
    assert ends.open == {1}


def test_last_record_closes_its_partition() -> None:
    ends = _Ends({0: 0}, {0: 2})
    assert ends.takes(0, 0)
    assert not ends.all_reached
    assert ends.takes(0, 1)
    assert ends.all_reached


def test_record_behind_the_end_closes_its_partition_and_is_not_taken() -> None:
    ends = _Ends({0: 0}, {0: 2})
    assert not ends.takes(0, 3)
    assert ends.all_reached


def test_end_of_partition_event_closes_only_where_nothing_more_is_to_come() -> None:
    # Offsets 1..4 are control records or aborted: no record shows the end at 5, the event does.
    ends = _Ends({0: 0}, {0: 5})
    ends.reached(0, 4)
    assert not ends.all_reached
    ends.reached(0, 5)
    assert ends.all_reached
