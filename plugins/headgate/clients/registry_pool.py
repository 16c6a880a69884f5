"""Ask a registry about many things at once."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Self, TypeVar

from headgate.clients.registry import Registry
from headgate.spec.environment import RegistryAddress

Item = TypeVar("Item")
Result = TypeVar("Result")


class RegistryPool:
    """A few threads, each with connections of its own that it keeps."""

    def __init__(self, address: RegistryAddress, threads: int) -> None:
        """Connects with the first call."""
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="registry")
        self._first = Registry(address)
        self._of_thread = threading.local()
        self._opened: list[Registry] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        for registry in self._opened:
            registry.close()

    def each(self, work: Callable[[Registry, Item], Result], items: Iterable[Item]) -> list[Result]:
        """What `work` gives for every item, in their order.

        Raises the error of the first item that has one; items that are not begun then stay undone.
        """
        futures = [self._pool.submit(self._with_registry, work, item) for item in items]
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()

    def _with_registry(self, work: Callable[[Registry, Item], Result], item: Item) -> Result:
        registry: Registry | None = getattr(self._of_thread, "registry", None)
        if registry is None:
            registry = self._of_thread.registry = self._first.twin()
            self._opened.append(registry)
        return work(registry, item)
