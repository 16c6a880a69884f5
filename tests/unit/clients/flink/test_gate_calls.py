"""What the gauges of hand-over gates say, from answers of a real cluster during a hand-over."""

from headgate.clients.flink import FlinkClient, GatePicture
from headgate.ids import FlinkLineName
from unit.clients.flink.test_job_picture import Recorded, served

UNTIL, JUDGED, BEFORE = 1795534567000, 1795534563000, 1795534546000


def look(recorded: Recorded) -> list[GatePicture]:
    return list(FlinkClient(FlinkLineName("2.2"), recorded.address).gates(recorded.job))


def gauges(recorded: Recorded) -> list[dict[str, str]]:
    (path,) = (path for path in recorded.answers if "?get=" in path)
    found: list[dict[str, str]] = recorded.answers[path]
    return found


def test_every_instance_of_a_gate_is_read_exactly() -> None:
    with served("gates-2.2") as recorded:
        assert look(recorded) == [GatePicture(-(2**63), UNTIL, JUDGED, BEFORE)]


def test_an_instance_that_does_not_tell_everything_yet_is_left_out() -> None:
    with served("gates-2.2") as recorded:
        gauges(recorded).pop()
        assert look(recorded) == []


def test_instances_of_one_vertex_are_told_apart() -> None:
    with served("gates-2.2") as recorded:
        first = gauges(recorded)
        for gauge in list(first):
            value = "7" if gauge["id"].endswith("Judged") else gauge["value"]
            first.append({"id": gauge["id"].replace("0.", "1.", 1), "value": value})
        assert sorted(look(recorded), key=lambda gate: gate.judged) == [
            GatePicture(-(2**63), UNTIL, 7, BEFORE),
            GatePicture(-(2**63), UNTIL, JUDGED, BEFORE),
        ]
