"""What holds for every test."""

import signal


def pytest_configure() -> None:
    """Programs that tests start can be interrupted, even where a shell runs pytest in the
    background: such a shell has SIGINT ignored, and children inherit that.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
