"""Whether the process that holds a lease is still alive, as far as it can be seen from here."""

import socket
from datetime import UTC, datetime, timedelta
from typing import Literal

import psutil

from headgate.ledger.records import LeaseRecord

Whereabouts = Literal["alive", "gone", "elsewhere"]
"""elsewhere: it ran on another host, which cannot be seen from here."""
_ROUNDING = timedelta(seconds=2)


def whereabouts(lease: LeaseRecord) -> Whereabouts:
    """Look for the process by its id; one that began after the taking is another one."""
    host, _, process_id = lease.holder.rpartition(":")
    if host != socket.gethostname() or not process_id.isdigit():
        return "elsewhere"
    try:
        process = psutil.Process(int(process_id))
        began = datetime.fromtimestamp(process.create_time(), tz=UTC)
        is_dead = process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return "gone"
    except psutil.AccessDenied:
        return "alive"
    return "gone" if is_dead or began > lease.taken_at + _ROUNDING else "alive"
