"""Hand-made inputs for each kind of window, at its edges and with stragglers."""

import pytest
from headgate.demo.oracle.compare import Verdict
from headgate.demo.oracle.judge import judge
from unit.demo.arrivals import Device, at


def judged(job: str, rows: list[dict], *devices: Device, cut: dict | None = None) -> Verdict:
    arrivals = [one for device in devices for one in device.arrivals]
    return judge(arrivals, {job: rows}, cut)[job]


def counts(verdict: Verdict) -> tuple[int, int, int, int]:
    return verdict.lost, verdict.repeated, verdict.wrong, verdict.late_accepted


def minute(start: float, readings: int, first: float, last: float, **values: float) -> dict:
    return {
        "device_id": "boiler-1",
        "device_class": "boiler",
        "quantity": "temperature",
        "window_start": at(start),
        "window_end": at(start + 60),
        "readings": readings,
        "min_value": 1.0,
        "max_value": 1.0,
        "avg_value": 1.0,
        "first_reading": at(first),
        "last_reading": at(last),
        **values,
    }


def trend(end: float, readings: int, devices: int = 1, **values: float) -> dict:
    return {
        "device_class": "boiler",
        "quantity": "temperature",
        "window_start": at(end - 120),
        "window_end": at(end),
        "readings": readings,
        "devices": devices,
        "min_value": 1.0,
        "max_value": 1.0,
        "avg_value": 1.0,
        **values,
    }


def session(start: float, last: float, readings: int, missing: int = 0) -> dict:
    return {
        "device_id": "boiler-1",
        "session_start": at(start),
        "session_end": at(last + 30),
        "readings": readings,
        "missing_readings": missing,
        "last_reading": at(last),
    }


def stuck(start: float, last: float, anchor: float, readings: int, closed_by: str) -> dict:
    return {
        "device_id": "boiler-1",
        "quantity": "temperature",
        "window_start": at(start),
        "window_end": at(last),
        "anchor_value": anchor,
        "readings": readings,
        "closed_by": closed_by,
    }


def breach(normal: float, start: float, confirmed: float, peak: float) -> dict:
    return {
        "device_id": "boiler-1",
        "quantity": "temperature",
        "normal_time": at(normal),
        "breach_start": at(start),
        "breach_confirmed": at(confirmed),
        "limit_value": 80.0,
        "peak_value": peak,
    }


class TestMinutes:
    job = "device-minutes"

    def test_last_millisecond_belongs_to_the_minute_and_its_end_does_not(self) -> None:
        device = Device().sends(0).sends(59.999).sends(60).sends(200)
        rows = [minute(0, 2, 0, 59.999), minute(60, 1, 60, 60)]
        assert counts(judged(self.job, rows, device)) == (0, 0, 0, 0)
        assert counts(judged(self.job, rows[:1], device)) == (1, 0, 0, 0)

    def test_window_is_due_only_when_the_least_partition_has_passed_it(self) -> None:
        fast = Device(partition=0).sends(10).sends(200)
        slow = Device("boiler-2", 1).sends(10).sends(64.9)
        assert judged(self.job, [], fast, slow).windows_due == 0
        slow.sends(65.1)
        verdict = judged(self.job, [], fast, slow)
        assert (verdict.windows_due, verdict.lost) == (2, 2)

    def test_window_published_before_any_partition_passed_it_is_wrong(self) -> None:
        device = Device().sends(10).sends(64.9)
        assert counts(judged(self.job, [minute(0, 1, 10, 10)], device)) == (0, 0, 1, 0)

    def test_what_lies_behind_the_cut_is_not_due_but_checked(self) -> None:
        device = Device().sends(10).sends(70).sends(200)
        one, two = minute(0, 1, 10, 10), minute(60, 1, 70, 70)
        assert counts(judged(self.job, [one], device, cut={0: 2})) == (0, 0, 0, 0)
        assert counts(judged(self.job, [one], device, cut={0: 3})) == (1, 0, 0, 0)
        assert counts(judged(self.job, [one, two], device, cut={0: 2})) == (0, 0, 0, 0)
        false = {**two, "readings": 2}
        assert counts(judged(self.job, [one, false], device, cut={0: 2})) == (0, 0, 1, 0)

    def test_reading_behind_the_watermark_within_an_open_minute_counts(self) -> None:
        device = Device().sends(1).sends(50).sends(2).sends(200)
        assert counts(judged(self.job, [minute(0, 3, 1, 50)], device)) == (0, 0, 0, 0)
        assert counts(judged(self.job, [minute(0, 2, 1, 50)], device)) == (0, 0, 1, 0)

    def test_stragglers_may_be_accepted_in_order_of_arrival_only(self) -> None:
        device = Device().sends(1, 1.0).sends(200).sends(2, 3.0).sends(3, 8.0).sends(400)
        later = minute(180, 1, 200, 200)
        dropped = minute(0, 1, 1, 1)
        first = minute(0, 2, 1, 2, max_value=3.0, avg_value=2.0)
        both = minute(0, 3, 1, 3, max_value=8.0, avg_value=4.0)
        second_only = minute(0, 2, 1, 3, max_value=8.0, avg_value=4.5)
        assert counts(judged(self.job, [dropped, later], device)) == (0, 0, 0, 0)
        assert counts(judged(self.job, [first, later], device)) == (0, 0, 0, 1)
        assert counts(judged(self.job, [both, later], device)) == (0, 0, 0, 2)
        assert counts(judged(self.job, [second_only, later], device)) == (0, 0, 1, 0)

    def test_minute_of_stragglers_alone_may_be_there_or_not(self) -> None:
        device = Device().sends(200).sends(2).sends(400)
        later = minute(180, 1, 200, 200)
        assert counts(judged(self.job, [later], device)) == (0, 0, 0, 0)
        assert counts(judged(self.job, [later, minute(0, 1, 2, 2)], device)) == (0, 0, 0, 1)

    def test_average_of_another_order_of_addition_is_the_same(self) -> None:
        device = Device().sends(1, 0.1).sends(2, 0.2).sends(3, 0.3).sends(200)
        row = minute(0, 3, 1, 3, min_value=0.1, max_value=0.3, avg_value=(0.3 + 0.2 + 0.1) / 3)
        assert counts(judged(self.job, [row], device)) == (0, 0, 0, 0)
        row["avg_value"] += 1e-6
        assert counts(judged(self.job, [row], device)) == (0, 0, 1, 0)

    def test_copies_that_differ_are_repeated_and_wrong(self) -> None:
        device = Device().sends(1).sends(200)
        one = minute(0, 1, 1, 1)
        rows = [one, {**one, "readings": 5}]
        assert counts(judged(self.job, rows, device)) == (0, 1, 1, 0)

    def test_record_without_a_field_is_wrong(self) -> None:
        device = Device().sends(1).sends(60)
        assert counts(judged(self.job, [{"device_id": "boiler-1"}], device)) == (0, 0, 1, 0)


class TestTrends:
    job = "class-trends"

    def test_reading_is_in_four_windows(self) -> None:
        device = Device().sends(30).sends(400)
        rows = [trend(end, 1) for end in (60, 90, 120, 150)]
        assert counts(judged(self.job, rows, device)) == (0, 0, 0, 0)
        assert counts(judged(self.job, rows[1:], device)) == (1, 0, 0, 0)
        assert counts(judged(self.job, [*rows, trend(180, 1)], device)) == (0, 0, 1, 0)

    def test_late_reading_counts_in_the_windows_that_are_open(self) -> None:
        # At its arrival the watermark is at most 95: 60 and 90 are closed, 120 and 150 are not.
        device = Device().sends(100).sends(45).sends(400)
        rows = [trend(120, 2), trend(150, 2), trend(180, 1), trend(210, 1)]
        assert counts(judged(self.job, rows, device)) == (0, 0, 0, 0)
        accepted = [*rows, trend(90, 1)]
        assert counts(judged(self.job, accepted, device)) == (0, 0, 0, 1)
        assert counts(judged(self.job, [trend(120, 1), *rows[1:]], device)) == (0, 0, 1, 0)

    def test_stragglers_of_two_partitions_may_be_accepted_independently(self) -> None:
        one = Device("boiler-1", 0).sends(1).sends(300).sends(2, 5.0).sends(3, 9.0).sends(700)
        two = Device("boiler-2", 1).sends(1).sends(300).sends(2, 7.0).sends(700)
        others = [
            *[trend(end, 2, 2) for end in (60, 90, 120)],
            *[trend(end, 2, 2) for end in (330, 360, 390, 420)],
        ]
        both_first = trend(30, 4, 2, max_value=7.0, avg_value=14 / 4)
        second_of_two = trend(30, 3, 2, max_value=7.0, avg_value=9 / 3)
        not_first = trend(30, 3, 2, max_value=9.0, avg_value=11 / 3)
        assert counts(judged(self.job, [*others, both_first], one, two)) == (0, 0, 0, 2)
        assert counts(judged(self.job, [*others, second_of_two], one, two)) == (0, 0, 0, 1)
        assert counts(judged(self.job, [*others, not_first], one, two)) == (0, 0, 1, 0)

    def test_devices_are_counted_once(self) -> None:
        device = Device().sends(30).sends(31).sends(400)
        rows = [trend(end, 2, 1) for end in (60, 90, 120, 150)]
        assert counts(judged(self.job, rows, device)) == (0, 0, 0, 0)
        rows[0]["devices"] = 2
        assert counts(judged(self.job, rows, device)) == (0, 0, 1, 0)


class TestSessions:
    job = "device-sessions"

    @pytest.mark.parametrize("gap", [29.999, 30.0])
    def test_gap_of_thirty_seconds_does_not_end_a_session(self, gap: float) -> None:
        device = Device().sends(0).sends(gap).sends(300)
        assert counts(judged(self.job, [session(0, gap, 2)], device)) == (0, 0, 0, 0)

    def test_longer_gap_ends_a_session(self) -> None:
        device = Device().sends(0).sends(30.001).sends(300)
        rows = [session(0, 0, 1), session(30.001, 30.001, 1)]
        assert counts(judged(self.job, rows, device)) == (0, 0, 0, 0)
        assert counts(judged(self.job, [session(0, 30.001, 2)], device)) == (1, 0, 1, 0)

    def test_straggler_within_a_live_session_counts_for_certain(self) -> None:
        device = Device()
        for second in range(0, 400, 20):
            device.sends(second, sequence=second)
        device.sends(10, sequence=10).sends(800)
        with_it = session(0, 380, 21, missing=381 - 21)
        without = session(0, 380, 20, missing=381 - 20)
        assert counts(judged(self.job, [with_it], device)) == (0, 0, 0, 0)
        assert counts(judged(self.job, [without], device)) == (0, 0, 1, 0)

    def test_straggler_of_a_closed_session_may_count_or_not(self) -> None:
        device = Device().sends(0).sends(20).sends(200).sends(10).sends(210).sends(500)
        later = session(200, 210, 2, missing=1)
        dropped = session(0, 20, 2)
        accepted = session(0, 20, 3, missing=1)
        assert counts(judged(self.job, [dropped, later], device)) == (0, 0, 0, 0)
        assert counts(judged(self.job, [accepted, later], device)) == (0, 0, 0, 1)
        assert counts(judged(self.job, [later], device)) == (1, 0, 0, 0)

    def test_stragglers_alone_may_make_a_session_of_any_prefix(self) -> None:
        device = Device().sends(300).sends(10).sends(20).sends(320).sends(600)
        later = session(300, 320, 2, missing=2)
        assert counts(judged(self.job, [later], device)) == (0, 0, 0, 0)
        assert counts(judged(self.job, [later, session(10, 10, 1)], device)) == (0, 0, 0, 1)
        assert counts(judged(self.job, [later, session(10, 20, 2)], device)) == (0, 0, 0, 2)

    def test_straggler_just_before_a_live_session_extends_it(self) -> None:
        device = Device().sends(0).sends(200).sends(180).sends(201).sends(500)
        rows = [session(0, 0, 1), session(180, 201, 3)]
        assert counts(judged(self.job, rows, device)) == (0, 0, 0, 0)
        not_extended = [session(0, 0, 1), session(200, 201, 2, missing=1)]
        assert not judged(self.job, not_extended, device).good


class TestStuck:
    job = "stuck-sensors"

    def test_ten_readings_within_the_tolerance_are_published(self) -> None:
        device = Device()
        for second in range(10):
            device.sends(second, 20.0 + 0.05 * (second % 2))
        device.sends(10, 21.0).sends(300)
        row = stuck(0, 9, 20.0, 10, "movement")
        assert abs(20.05 - 20.0) > 0.05  # the float is just outside
        assert counts(judged(self.job, [], device)) == (0, 0, 0, 0)
        device = Device()
        for second in range(10):
            device.sends(second, 20.0 + 0.04 * (second % 2))
        device.sends(10, 21.0).sends(300)
        assert counts(judged(self.job, [row], device)) == (0, 0, 0, 0)
        assert counts(judged(self.job, [], device)) == (1, 0, 0, 0)

    def test_nine_readings_are_not_published(self) -> None:
        device = Device()
        for second in range(9):
            device.sends(second, 20.0)
        device.sends(10, 21.0).sends(300)
        assert counts(judged(self.job, [], device)) == (0, 0, 0, 0)
        assert not judged(self.job, [stuck(0, 8, 20.0, 9, "movement")], device).good

    def test_values_are_compared_with_the_first_not_the_previous(self) -> None:
        device = Device()
        for second in range(20):
            device.sends(second, 20.0 + 0.04 * second)
        device.sends(300)
        assert counts(judged(self.job, [], device)) == (0, 0, 0, 0)

    @pytest.mark.parametrize(("silence", "cause"), [(30.0, "movement"), (30.001, "timeout")])
    def test_silence_of_more_than_thirty_seconds_is_a_timeout(
        self, silence: float, cause: str
    ) -> None:
        device = Device()
        for second in range(10):
            device.sends(second, 20.0)
        device.sends(9 + silence, 25.0).sends(300)
        row = stuck(0, 9, 20.0, 10, cause)
        assert counts(judged(self.job, [row], device)) == (0, 0, 0, 0)

    def test_readings_out_of_order_are_sorted(self) -> None:
        device = Device()
        for second in (1, 0, 3, 2, 5, 4, 7, 6, 9, 8):
            device.sends(second, 20.0 if second else 20.04, sequence=second)
        device.sends(12, 25.0).sends(300)
        assert counts(judged(self.job, [stuck(0, 9, 20.04, 10, "movement")], device)) == (
            0,
            0,
            0,
            0,
        )

    def test_straggler_may_split_a_window_or_not(self) -> None:
        device = Device()
        for second in range(22):
            device.sends(second, 20.0, sequence=second)
        device.sends(200, 30.0, sequence=100).sends(10.5, 99.0, sequence=50).sends(600)
        whole = [stuck(0, 21, 20.0, 22, "timeout")]
        split = [stuck(0, 10, 20.0, 11, "movement"), stuck(11, 21, 20.0, 11, "timeout")]
        assert counts(judged(self.job, whole, device)) == (0, 0, 0, 0)
        assert counts(judged(self.job, split, device)) == (0, 0, 0, 1)
        assert not judged(self.job, split[:1], device).good
        assert not judged(self.job, [*whole, split[1]], device).good


class TestBreaches:
    job = "threshold-breaches"

    def test_normal_and_three_high_in_a_row(self) -> None:
        device = Device().sends(0, 80.0).sends(1, 80.1).sends(2, 95.0).sends(3, 81.0)
        device.sends(4, 99.0).sends(200, 20.0)
        row = breach(0, 1, 3, 95.0)
        assert counts(judged(self.job, [row], device)) == (0, 0, 0, 0)
        assert counts(judged(self.job, [], device)) == (1, 0, 0, 0)

    @pytest.mark.parametrize(
        "values",
        [(81, 82, 83, 84), (20, 81, 82, 80), (20, 81, 20, 82, 83)],
        ids=["no normal one", "only two", "interrupted"],
    )
    def test_no_match(self, values: tuple[float, ...]) -> None:
        device = Device()
        for second, value in enumerate(values):
            device.sends(second, float(value))
        device.sends(200, 20.0)
        assert counts(judged(self.job, [], device)) == (0, 0, 0, 0)

    def test_same_time_is_ordered_by_sequence(self) -> None:
        device = Device()
        device.sends(1, 81.0, sequence=2).sends(1, 20.0, sequence=1)
        device.sends(2, 82.0, sequence=3).sends(3, 83.0, sequence=4).sends(200, 20.0, sequence=5)
        assert counts(judged(self.job, [breach(1, 1, 3, 83.0)], device)) == (0, 0, 0, 0)

    def test_straggler_may_interrupt_or_not(self) -> None:
        device = Device().sends(0, 20.0).sends(1, 81.0).sends(2, 82.0).sends(4, 83.0)
        device.sends(200, 20.0).sends(3, 20.0).sends(400, 20.0)
        assert counts(judged(self.job, [breach(0, 1, 4, 83.0)], device)) == (0, 0, 0, 0)
        assert counts(judged(self.job, [], device)) == (0, 0, 0, 1)

    def test_quantity_without_limit_has_none(self) -> None:
        device = Device()
        for second, value in enumerate((1.0, 900.0, 900.0, 900.0)):
            device.sends(second, value, quantity="flow")
        device.sends(200, quantity="flow")
        row = {**breach(0, 1, 3, 900.0), "quantity": "flow"}
        assert counts(judged(self.job, [row], device)) == (0, 0, 1, 0)
