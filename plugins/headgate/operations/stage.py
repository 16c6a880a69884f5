"""Stage what a job runs from into a folder that never changes, named by what is in it."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from headgate.errors import Unavailable
from headgate.ids import Digest, JobName, digest_of
from headgate.plan.binding import GATE_FILE, MODULE_FILE, PLAN_FILE, Binding, Gate
from headgate.spec.declared import DeclaredJob
from headgate.spec.load import JOBS

BINDING_FILE = "binding.json"
RUNTIME = "headgate_runtime"
_READ_ONLY = 0o444


@dataclass(frozen=True)
class Artefacts:
    """The content of a staged folder: path within it → bytes."""

    job: JobName
    files: tuple[tuple[str, bytes], ...]

    @property
    def digest(self) -> Digest:
        """Digest of all names and contents."""
        return _digest_of(self.files)


@dataclass(frozen=True)
class Staged:
    """A staged folder and the files in it that a submission names."""

    folder: Path
    digest: Digest

    @property
    def driver(self) -> Path:
        """The script that Flink runs."""
        return self.folder / RUNTIME / "driver.py"

    @property
    def binding(self) -> Path:
        """The driver's only argument."""
        return self.folder / BINDING_FILE

    @property
    def is_whole(self) -> bool:
        """Whether the folder holds just what its digest says; Python's own caches do not count."""
        files = sorted(
            (file.relative_to(self.folder).as_posix(), file.read_bytes())
            for file in self.folder.rglob("*")
            if file.is_file() and "__pycache__" not in file.parts
        )
        return _digest_of(files) == self.digest

    def as_evidence(self) -> dict[str, str]:
        """What a submission needs of it, as a step's evidence."""
        return {
            "folder": str(self.folder),
            "digest": self.digest,
            "driver": str(self.driver),
            "binding": str(self.binding),
        }


def collect_artefacts(
    job: DeclaredJob, binding: Binding, plan: str | None, runtime: Path
) -> Artefacts:
    """Everything that the job runs from: driver, binding, gate, and its plan or its Python code.

    Raises Unavailable if the jar of the gate is not where the environment says.
    """
    files = {BINDING_FILE: binding.to_json().encode()}
    if plan is not None:
        files[PLAN_FILE] = plan.encode()
    if job.kind == "python":
        files[MODULE_FILE] = job.code.encode()
    if binding.gate is not None:
        files[GATE_FILE] = gate_jar(job.name, binding.gate)
    files |= {f"{RUNTIME}/{name}": content for name, content in _python_files(runtime)}
    return Artefacts(job.name, tuple(sorted(files.items())))


def runtime_of(project: Path) -> Path:
    """The folder of what runs inside Flink's Python."""
    return project / JOBS / RUNTIME


def gate_jar(job: JobName, gate: Gate) -> bytes:
    """The jar of the hand-over gate. Raises Unavailable if it is not there."""
    try:
        return gate.jar.read_bytes()
    except OSError as error:
        raise Unavailable(
            f"{job}: the jar of the hand-over gate cannot be read: {error}",
            still_true="Nothing was changed.",
            next_step="make install, or correct `gate` in headgate.toml",
        ) from error


def place_of(root: Path, job: JobName, digest: Digest) -> Staged:
    """Where artefacts are, once they are staged. Touches nothing."""
    return Staged(root / job / digest, digest)


def stage(root: Path, artefacts: Artefacts) -> Staged:
    """Write the folder, whole or not at all; one that is there already is left as it is.

    Raises OSError where it cannot be written; then nothing is left of it.
    """
    place = place_of(root, artefacts.job, artefacts.digest)
    if place.folder.is_dir():
        return place
    place.folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".staging-", dir=place.folder.parent))
    try:
        for name, content in artefacts.files:
            file = unfinished / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            file.chmod(_READ_ONLY)
        unfinished.rename(place.folder)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
        if not place.folder.is_dir():
            raise
    return place


def _digest_of(files: Iterable[tuple[str, bytes]]) -> Digest:
    return digest_of("artefacts", *(part for file in files for part in file))


def _python_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(folder.rglob("*.py")):
        yield file.relative_to(folder).as_posix(), file.read_bytes()
