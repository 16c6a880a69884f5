"""Files for TLS, and what it means when one side does not trust the other.

A certificate that is refused is a definite no: the request was not processed, and repeating it
will not help.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path

from headgate.errors import HeadgateError, Rejected

_NOTHING_SENT = "Nothing was changed by this call."
_EXPIRED = 10
_NOT_YET_VALID = 9
_WRONG_NAME = frozenset({62, 64})
"""X509_V_ERR_* of OpenSSL: the host name, or the address, is not that of the certificate."""
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG")
_NO_AGREEMENT = ("PROTOCOL_VERSION", "HANDSHAKE_FAILURE", "NO_PROTOCOLS_AVAILABLE")
_OF_CLIENT_CERTIFICATE = (
    "CERTIFICATE_REQUIRED",
    "BAD_CERTIFICATE",
    "UNKNOWN_CA",
    "UNSUPPORTED_CERTIFICATE",
    "CERTIFICATE_EXPIRED",
    "CERTIFICATE_REVOKED",
    "CERTIFICATE_UNKNOWN",
    "ACCESS_DENIED",
    "DECRYPT_ERROR",
)
"""Alerts by which a server says what it holds against the client's certificate."""


@dataclass(frozen=True)
class TlsFiles:
    """PEM files. Without `ca` the public certification authorities are trusted."""

    ca: Path | None = None
    """Certificates of the authorities that are trusted, and of no others."""
    certificate: Path | None = None
    """Certificate by which this client is known to the server (mutual TLS)."""
    key: Path | None = None
    """Key of the certificate, without a pass phrase; None where `certificate` holds it too."""

    def check(self, server: str) -> None:
        """Raise Rejected for a file that is missing or is not what it should be."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.ca is not None:
            try:
                context.load_verify_locations(self.ca)
            except (OSError, ssl.SSLError) as error:
                raise _unusable("ca", self.ca, server, error) from error
        if self.certificate is None:
            return
        try:
            # Without a callback OpenSSL would ask for the pass phrase at the terminal.
            context.load_cert_chain(self.certificate, self.key, password=_no_pass_phrase)
        except _PassPhraseNeededError as error:
            raise Rejected(
                f"the key of the client certificate for {server} has a pass phrase "
                f"({self.key or self.certificate})",
                still_true=_NOTHING_SENT,
                next_step="give a key without one, readable by its user alone",
            ) from error
        except (OSError, ssl.SSLError) as error:
            raise self._unusable_certificate(server, error) from error

    def refusal(self, error: BaseException, server: str, call: str) -> HeadgateError | None:
        """What a failed call says about certificates; None where it failed for another reason."""
        found = _ssl_error(error)
        if isinstance(found, ssl.SSLCertVerificationError):
            return self._not_trusted(found, server, call)
        reason = (found.reason or "") if found is not None else ""
        if reason in _NO_TLS:
            return Rejected(
                f"{server} does not speak TLS ({call})",
                still_true=_NOTHING_SENT,
                next_step="check whether its url in headgate.toml begins with http:// or https://, "
                "and the port",
            )
        if reason.endswith(_OF_CLIENT_CERTIFICATE):
            return self._not_known(reason, server, call)
        if reason.endswith(_NO_AGREEMENT):
            return Rejected(
                f"{server} and this client have no version or cipher of TLS in common ({call}): "
                f"{reason}",
                still_true=_NOTHING_SENT,
                next_step="let the server speak TLS 1.2 or 1.3",
            )
        return None

    def _not_trusted(
        self, error: ssl.SSLCertVerificationError, server: str, call: str
    ) -> HeadgateError:
        trusted = f"the CA bundle {self.ca}" if self.ca else "the public CAs"
        if error.verify_code in (_EXPIRED, _NOT_YET_VALID):
            state = "has expired" if error.verify_code == _EXPIRED else "is not valid yet"
            what = f"the certificate of {server} {state} ({call})"
            step = "renew the certificate of the server; check the clock of this machine"
        elif error.verify_code in _WRONG_NAME:
            what = f"the certificate of {server} is for another host ({call}): {_words(error)}"
            step = "use the name of the certificate in the url in headgate.toml"
        else:
            what = (
                f"the certificate of {server} is not signed by an authority that is trusted "
                f"({call}): {_words(error)}; {trusted} was asked"
            )
            step = "check `ca` in headgate.toml: it must hold the CA of the server"
        return Rejected(what, still_true=_NOTHING_SENT, next_step=step)

    def _not_known(self, reason: str, server: str, call: str) -> HeadgateError:
        words = reason.lower().replace("_", " ")
        if self.certificate is None:
            what = f"{server} asks for a client certificate, and none is given ({call})"
            step = "give `certificate` and `key` in headgate.toml"
        else:
            what = f"{server} refuses the client certificate {self.certificate} ({call}): {words}"
            step = (
                "check that `certificate` in headgate.toml has not expired and is "
                "signed by a CA that the server trusts"
            )
        return Rejected(what, still_true=_NOTHING_SENT, next_step=step)

    def _unusable_certificate(self, server: str, error: OSError | ssl.SSLError) -> HeadgateError:
        if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
            return Rejected(
                f"the key {self.key} does not belong to the certificate {self.certificate} "
                f"for {server}",
                still_true=_NOTHING_SENT,
                next_step="correct `certificate` or `key` in headgate.toml",
            )
        for name, file in (("certificate", self.certificate), ("key", self.key)):
            if file is not None and not _is_readable(file):
                return _unusable(name, file, server, error)
        return _unusable("certificate", self.certificate, server, error, or_key=self.key)


class _PassPhraseNeededError(Exception):
    """OpenSSL asked for a pass phrase."""


def _no_pass_phrase() -> str:
    raise _PassPhraseNeededError


def _unusable(
    name: str,
    file: Path | None,
    server: str,
    error: OSError | ssl.SSLError,
    *,
    or_key: Path | None = None,
) -> HeadgateError:
    if isinstance(error, ssl.SSLError):
        why = "is no PEM file of what it should hold"
    else:
        why = error.strerror or "cannot be read"
    also = f" or its key {or_key}" if or_key else ""
    return Rejected(
        f"the {name} file for {server} cannot be used: {file}{also}: {why}",
        still_true=_NOTHING_SENT,
        next_step=f"correct `{name}` in headgate.toml",
    )


def _is_readable(file: Path) -> bool:
    try:
        with file.open("rb"):
            return True
    except OSError:
        return False


def _words(error: ssl.SSLCertVerificationError) -> str:
    return str(error.verify_message).rstrip(".")


def _ssl_error(error: BaseException) -> ssl.SSLError | None:
    """The error of the ssl module that is wrapped in those of the HTTP libraries."""
    seen: set[int] = set()
    left: list[object] = [error]
    while left:
        one = left.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        if isinstance(one, ssl.SSLError):
            return one
        seen.add(id(one))
        left += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
    return None
