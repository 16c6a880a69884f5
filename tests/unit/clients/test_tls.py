"""HTTP over TLS against servers with real certificates: what is refused, and what is said."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from harness.certificates import Authority, Issued
from harness.tls_front import Access, TlsFront
from headgate.clients.http import HttpClient
from headgate.clients.registry import Registry
from headgate.clients.tls import TlsFiles
from headgate.errors import HeadgateError, Indeterminate, Rejected
from headgate.spec.environment import RegistryAddress

CANARY = "canary-4711"
Front = Callable[..., TlsFront]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def target() -> Iterator[str]:
    """A server behind the fronts, which knows one route."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "7")
            self.end_headers()
            self.wfile.write(b'["one"]')

        do_PUT = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def front(target: str, authority: Authority) -> Iterator[Front]:
    with ExitStack() as opened:

        def make(server: Issued | None = None, **access: object) -> TlsFront:
            own = server or authority.issue("server")
            return opened.enter_context(closing(TlsFront(target, own, Access(**access))))  # type: ignore[arg-type]

        yield make


def refused(address: str, tls: TlsFiles) -> HeadgateError:
    """The error of a call that changes something; of a read it is the same."""
    errors = []
    for effect in (True, False):
        with pytest.raises(Rejected) as caught:
            HttpClient(address, server="registry", tls=tls).request("PUT", "/x", effect=effect)
        errors.append(caught.value)
    assert str(errors[0]) == str(errors[1])
    assert errors[0].still_true == "Nothing was changed by this call."
    return errors[0]


def test_server_that_the_ca_signed_is_trusted(front: Front, authority: Authority) -> None:
    client = HttpClient(front().address, tls=TlsFiles(ca=authority.file))
    assert client.request("GET", "/subjects", effect=False).json() == ["one"]


def test_ca_of_the_settings_beats_that_of_the_process(
    front: Front, authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = Authority(tmp_path, "other")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other.file))
    monkeypatch.setattr("headgate.clients.http._is_loopback", lambda _url: False)
    client = HttpClient(front().address, tls=TlsFiles(ca=authority.file))
    assert client.request("GET", "/subjects", effect=False).ok


def test_unknown_ca_is_refused_and_names_the_bundle(front: Front, tmp_path: Path) -> None:
    at = front()
    other = Authority(tmp_path, "other")
    error = refused(at.address, TlsFiles(ca=other.file))
    assert "is not signed by an authority that is trusted (PUT /x)" in error.what
    assert str(other.file) in error.what
    assert "check `ca`" in error.next_step
    assert "the public CAs" in refused(at.address, TlsFiles()).what
    assert at.seen == []


def test_expired_certificate_of_the_server_says_so(front: Front, authority: Authority) -> None:
    at = front(authority.issue("old", expired=True))
    error = refused(at.address, TlsFiles(ca=authority.file))
    assert "the certificate of registry has expired" in error.what
    assert "renew" in error.next_step
    assert "clock" in error.next_step


def test_certificate_for_another_host_says_so(front: Front, authority: Authority) -> None:
    at = front(authority.issue("elsewhere", hosts=("registry.example",)))
    error = refused(at.address, TlsFiles(ca=authority.file))
    assert "is for another host" in error.what
    assert "127.0.0.1" in error.what


def test_server_without_tls_says_so(target: str, authority: Authority) -> None:
    error = refused(target.replace("http://", "https://"), TlsFiles(ca=authority.file))
    assert "does not speak TLS" in error.what
    assert "http://" in error.next_step


def test_client_certificate_is_demanded(front: Front, authority: Authority, tmp_path: Path) -> None:
    at = front(client_ca=authority.file)
    ours = authority.issue("client")
    trusted = TlsFiles(ca=authority.file)
    known = replace(trusted, certificate=ours.certificate, key=ours.key)
    assert HttpClient(at.address, tls=known).request("GET", "/subjects", effect=False).ok

    error = refused(at.address, trusted)
    assert "asks for a client certificate, and none is given" in error.what
    old = authority.issue("old", expired=True)
    error = refused(at.address, replace(trusted, certificate=old.certificate, key=old.key))
    assert "certificate expired" in error.what
    assert str(old.certificate) in error.what
    theirs = Authority(tmp_path, "other").issue("stranger")
    error = refused(at.address, replace(trusted, certificate=theirs.certificate, key=theirs.key))
    assert "unknown ca" in error.what
    assert len(at.seen) == 1, "nobody else was let in"


def test_certificate_file_may_hold_the_key(front: Front, authority: Authority) -> None:
    ours = authority.issue("client")
    both = ours.certificate.with_name("both.pem")
    both.write_bytes(ours.certificate.read_bytes() + ours.key.read_bytes())
    client = HttpClient(front(client_ca=authority.file).address, tls=TlsFiles(authority.file, both))
    assert client.request("GET", "/subjects", effect=False).ok


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"ca": "nowhere.pem"}, "the ca file for registry cannot be used: "),
        ({"ca": "noise.pem"}, "is no PEM file"),
        ({"certificate": "nowhere.pem", "key": "client.key"}, "the certificate file for registry"),
        ({"certificate": "client.pem", "key": "nowhere.key"}, "the key file for registry"),
        ({"certificate": "client.pem", "key": "noise.pem"}, "is no PEM file"),
        ({"certificate": "client.pem", "key": "other.key"}, "does not belong to the certificate"),
        ({"certificate": "locked.pem", "key": "locked.key"}, "has a pass phrase"),
    ],
)
def test_file_that_cannot_be_used_is_named_before_any_call(
    tmp_path: Path, authority: Authority, files: dict[str, str], words: str
) -> None:
    authority.issue("client")
    authority.issue("other")
    authority.issue("locked", pass_phrase=CANARY)
    (tmp_path / "noise.pem").write_text(CANARY)
    tls = TlsFiles(**{name: tmp_path / file for name, file in files.items()})
    with pytest.raises(Rejected) as caught:
        HttpClient("https://127.0.0.1:1", server="registry", tls=tls)
    assert words in caught.value.what
    assert any(str(tmp_path / file) in caught.value.what for file in files.values())
    assert CANARY not in said(caught.value)


def test_registry_takes_files_and_password_from_its_settings(
    front: Front, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = front(user="ann", password=CANARY, client_ca=authority.file)
    ours = authority.issue("client")
    address = RegistryAddress(
        url=at.address,
        user="ann",
        password="env:REGISTRY_PASSWORD",
        ca=authority.file,
        certificate=ours.certificate,
        key=ours.key,
    )
    monkeypatch.setenv("REGISTRY_PASSWORD", CANARY)
    assert Registry(address).subjects() == ("one",)

    monkeypatch.setenv("REGISTRY_PASSWORD", f"{CANARY}-wrong")
    with pytest.raises(Rejected) as caught:
        Registry(address).subjects()
    assert "denies access" in caught.value.what
    assert "user ann" in caught.value.what
    assert "password" in caught.value.next_step
    assert CANARY not in said(caught.value)
    with pytest.raises(Rejected) as caught:
        Registry(address.model_copy(update={"user": None})).subjects()
    assert "no user is given" in caught.value.what


def test_answer_cut_off_by_tls_may_have_had_its_effect(front: Front, authority: Authority) -> None:
    at = front()
    with at.holding("PUT", "/x", "before") as held:
        held.released.set()  # the proxy then hangs up without an answer
        client = HttpClient(at.address, tls=TlsFiles(ca=authority.file))
        with pytest.raises(Indeterminate):
            client.request("PUT", "/x", effect=True)


def said(error: BaseException) -> str:
    """Everything that an error and its causes would print."""
    return "".join(traceback.format_exception(error)) + repr(error) + repr(error.__cause__)
