"""The lab's own keys, made once and kept in the cache: a CA, a server certificate, two keys that sign RPMs.

Two, because a real host has two vendors: CentOS's key lies on every host's disk and signs the base packages,
Docker's signs docker-ce. Were they one, a host that knows CentOS would trust a docker-ce without being asked.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab import cache

# The mirrors that the lab plays, each by its own name.
NAMES = (
    "mirrors.aliyun.com",
    "download.docker.com",
    "mirrors.tuna.tsinghua.edu.cn",
    "mirrors.ustc.edu.cn",
    "vault.centos.org",
)
USERS = {
    "docker": "Docker Release (CE rpm) of the lab <docker@lab.test>",
    "centos": "CentOS-7 Key of the lab <security@lab.test>",
}
VALID = timedelta(days=3650)


def ca() -> tuple[Path, Path]:
    """Certificate and private key (PEM) of the authority that the lab's hosts trust."""
    return _folder() / "ca.pem", _folder() / "ca.key"


def server() -> tuple[Path, Path]:
    """Certificate and private key (PEM) for all of NAMES, signed by ca()."""
    return _folder() / "server.pem", _folder() / "server.key"


def repo_key() -> Path:
    """The armoured public key that signs docker-ce; what an operator hands over by --repo-key."""
    return _folder() / "docker.asc"


def centos_key() -> Path:
    """The armoured public key that signs the base packages; RPM-GPG-KEY-CentOS-7 on the hosts."""
    return _folder() / "centos.asc"


def inputs() -> str:
    """The keys as text, for whatever carries them: a key that was made anew is another one."""
    return "".join(path.read_text() for path in (ca()[0], repo_key(), centos_key()))


def user_of(public: Path) -> str:
    """The user id of a key of ours, by which rpmsign picks it."""
    return USERS[public.stem]


def _unless_gone(_call: object, _path: str, raised: tuple[object, BaseException, object]) -> None:
    if not isinstance(raised[1], FileNotFoundError):
        raise raised[1]


@contextmanager
def gnupg(secret: Path | None = None) -> Iterator[Path]:
    """A GnuPG home for as long as the block lasts, holding that secret key; its agent ends with it.

    In /tmp, since the agent's socket must have a path of less than 108 bytes.
    """
    home = Path(tempfile.mkdtemp(prefix="dpl-gpg-", dir="/tmp"))
    try:
        if secret:
            gpg(home, "--import", str(secret))
        yield home
    finally:
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)
        shutil.rmtree(home, onerror=_unless_gone)  # the agent takes its own sockets away meanwhile


def secret_of(public: Path) -> Path:
    """The armoured secret key to a public key of ours; no passphrase, since it signs only our packages."""
    return public.with_suffix(".secret")


def gpg(home: Path, *arguments: str) -> str:
    """Run gpg unattended; returns its stdout. Raises subprocess.CalledProcessError."""
    command = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--passphrase", "", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _folder() -> Path:
    return cache.cached("keys", Path(__file__).read_text(), _make)


def _make(folder: Path) -> None:
    folder.chmod(0o700)
    for name, user in USERS.items():
        _make_signing_key(folder / f"{name}.asc", user)
    _make_certificates(folder)


def _make_signing_key(public: Path, user: str) -> None:
    with gnupg() as home:
        gpg(home, "--quick-generate-key", user, "rsa2048", "sign", "never")
        public.write_text(gpg(home, "--armor", "--export"))
        secret_of(public).write_text(gpg(home, "--armor", "--export-secret-keys"))


def _make_certificates(folder: Path) -> None:
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "docker-provision lab CA")])
    ca_key = _private_key(folder / "ca.key")
    certificate = (
        _certificate(authority, authority, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    _write_certificate(folder / "ca.pem", certificate)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAMES[0])])
    server_key = _private_key(folder / "server.key")
    certificate = (
        _certificate(subject, authority, server_key.public_key())
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in NAMES]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    _write_certificate(folder / "server.pem", certificate)


def _private_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return key


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # a host's clock may be a little behind
        .not_valid_after(now + VALID)
    )


def _write_certificate(path: Path, certificate: x509.Certificate) -> None:
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
