"""How fast the fleet makes readings and the oracle judges them, on one core and without servers.

    PYTHONPATH=plugins python bench/records.py [READINGS]

Figures are per second of CPU time, so that other work on the machine does not matter much.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

from headgate.clients.records.wire_format import Decoder, Encoder
from headgate.demo.fleet.device import Reading
from headgate.demo.fleet.fleet import FleetSpec, sendings
from headgate.demo.oracle.arrival import Arrival, arrival_of
from headgate.demo.oracle.judge import JUDGED_JOBS, judge

SCHEMA = Path(__file__).parents[1] / "schemas" / "sensor-readings" / "value.avsc"
SPEC = FleetSpec(1_200, datetime(2026, 11, 24, 6, tzinfo=UTC), readings_per_second=250)


def generate(count: int) -> list[Reading]:
    readings: list[Reading] = []
    for sending in sendings(SPEC):
        readings += sending.readings
        if len(readings) >= count:
            break
    return readings


def encode(readings: list[Reading]) -> list[bytes]:
    encoder = Encoder(1, SCHEMA.read_text())
    return [encoder(reading._asdict()) for reading in readings]


def decode(payloads: list[bytes]) -> list[Arrival]:
    decoder = Decoder(lambda _id: SCHEMA.read_text(), plain=True)
    offsets: Counter[int] = Counter()
    arrivals = []
    for payload in payloads:
        value = decoder(payload)
        part = crc32(value["device_id"].encode()) % 4
        arrivals.append(arrival_of(part, offsets[part], value))
        offsets[part] += 1
    return arrivals


def judge_all(arrivals: list[Arrival]) -> int:
    verdicts = judge(arrivals, {job.topic: [] for job in JUDGED_JOBS})
    return sum(verdict.windows_due for verdict in verdicts.values())


def timed(work: Callable[[Any], Any], argument: object, count: int) -> tuple[Any, float]:
    began = time.process_time()
    result = work(argument)
    return result, count / (time.process_time() - began)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    readings, generated = timed(generate, count, count)
    payloads, encoded = timed(encode, readings, count)
    arrivals, decoded = timed(decode, payloads, count)
    windows, judged = timed(judge_all, arrivals, count)
    figures = {
        "readings": count,
        "windows": windows,
        "generate_per_second": round(generated),
        "encode_per_second": round(encoded),
        "generate_and_encode_per_second": round(1 / (1 / generated + 1 / encoded)),
        "decode_per_second": round(decoded),
        "judge_per_second": round(judged),
        "decode_and_judge_per_second": round(1 / (1 / decoded + 1 / judged)),
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
