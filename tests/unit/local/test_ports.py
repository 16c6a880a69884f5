import json
import random
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from headgate.errors import Rejected
from headgate.local.layout import Layout, layout_of
from headgate.local.ports import (
    NAMES,
    PORT_RANGE,
    choose_ports,
    is_free,
    keep_ports,
    refuse_taken_ports,
)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return layout_of(tmp_path, "mine")


@pytest.fixture
def taken() -> Iterator[int]:
    with closing(socket.socket()) as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_is_free_port_with_a_server_is_not(taken: int) -> None:
    assert not is_free(taken)


def test_choose_ports_keeps_what_is_kept_even_if_it_is_not_usable() -> None:
    ports = choose_ports(["a.x", "b.x"], {"a.x": 5}, (), usable=lambda port: port != 5)

    assert ports["a.x"] == 5
    assert ports["b.x"] in PORT_RANGE


def test_choose_ports_takes_neither_reserved_nor_unusable_nor_twice() -> None:
    allowed = {21_000, 21_001, 21_002}
    names = ["a.x", "b.x"]

    ports = choose_ports(
        names, {}, {21_001}, usable=lambda port: port in allowed, random_source=random.Random(7)
    )

    assert set(ports.values()) == {21_000, 21_002}


def test_choose_ports_forgets_names_that_are_no_more() -> None:
    assert choose_ports(["a.x"], {"a.x": 1, "old.x": 2}, ()) == {"a.x": 1}


def test_keep_ports_second_call_returns_the_same(layout: Layout) -> None:
    first = keep_ports(layout)

    assert set(first) == set(NAMES)
    assert keep_ports(layout) == first
    assert json.loads(layout.ports_file.read_text()) == first


def test_keep_ports_of_two_stacks_share_none(tmp_path: Path, layout: Layout) -> None:
    mine = keep_ports(layout)
    other = keep_ports(layout_of(tmp_path, "other"))

    assert not set(mine.values()) & set(other.values())


def test_refuse_taken_ports_names_every_port_and_service(layout: Layout, taken: int) -> None:
    ports = {"kafka.client": taken, "registry.http": taken}

    with pytest.raises(Rejected) as refusal:
        refuse_taken_ports(layout, ports, {"kafka", "registry"})

    assert f"Port {taken} of kafka (client)" in refusal.value.what
    assert f"Port {taken} of registry (http)" in refusal.value.what
    assert str(layout.ports_file) in refusal.value.next_step


def test_refuse_taken_ports_lets_a_running_service_have_its_own(layout: Layout, taken: int) -> None:
    refuse_taken_ports(layout, {"kafka.client": taken}, {"registry"})
