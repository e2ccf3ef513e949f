"""Tokens and TLS, as Python's client sees them."""

import subprocess
from pathlib import Path

import pytest

from colstats.service import connect
from support.service import Service, program

pytestmark = pytest.mark.thread_unsafe(reason="starts processes")

#: Makes an authority, and certificates of this machine and of a client that it has signed.
CERTIFICATES = """
key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout"
openssl req -x509 -days 2 -subj /CN=authority $key ca.key -out ca.pem
openssl req -subj /CN=localhost $key service.key -out service.csr
openssl req -subj /CN=client $key client.key -out client.csr
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' > service.ext
printf 'extendedKeyUsage=clientAuth' > client.ext
sign="openssl x509 -req -days 2 -CA ca.pem -CAkey ca.key -CAcreateserial"
$sign -in service.csr -extfile service.ext -out service.pem
$sign -in client.csr -extfile client.ext -out client.pem
"""


def token(data: Path, name: str, *scopes: str, dataset: str | None = None) -> str:
    """Make a token with the command for it."""
    command = [program(), "token", "create", name, "--data", data]
    command += [word for scope in scopes for word in ("--scope", scope)]
    command += ["--dataset", dataset] if dataset else []
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_token_allows_what_it_says(tmp_path: Path) -> None:
    admin = token(tmp_path, "ops", "read", "write", "admin")
    reader = token(tmp_path, "board", "read", dataset="sales")
    with Service(tmp_path) as running:
        with connect(running.url, token=admin) as node:
            node.put({"x": [1.0]}, dataset="sales")
            node.put({"x": [1.0]}, dataset="secret")
            assert sorted(node.datasets()) == ["sales", "secret"]
        with connect(running.url, token=reader) as node:
            assert node.sum("sales")["x"] == 1.0
            assert [*node.datasets()] == ["sales"]
            for call in (
                lambda: node.sum("secret"),
                lambda: node.put({"x": [1.0]}, dataset="sales"),
                lambda: node.drop("sales"),
            ):
                with pytest.raises(PermissionError, match='the token "board" does not have the'):
                    call()
        with connect(running.url) as node, pytest.raises(PermissionError, match="asks for a token"):
            node.sum("sales")
        guessed = connect(running.url, token="guessed")
        with guessed as node, pytest.raises(PermissionError, match="not known"):
            node.put({"x": [1.0]}, dataset="sales")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    subprocess.run(["sh", "-ec", CERTIFICATES], cwd=folder, check=True, capture_output=True)
    return folder


def test_tls_is_spoken_with_those_who_trust_it(tmp_path: Path, certificates: Path) -> None:
    tls = ["--tls-cert", certificates / "service.pem", "--tls-key", certificates / "service.key"]
    with Service(tmp_path, *map(str, tls)) as running:
        url = running.url.replace("grpc://", "grpc+tls://")
        authority = (certificates / "ca.pem").read_bytes()
        with connect(url, tls_root_certs=authority) as node:
            node.put({"x": [1.0]}, dataset="d")
            assert node.sum("d")["x"] == 1.0
        with connect(url, patience=0.1) as node, pytest.raises(ConnectionError):
            node.stats()
        with connect(running.url, patience=0.1) as node, pytest.raises(ConnectionError):
            node.stats()


def test_clients_show_certificates_if_they_must(tmp_path: Path, certificates: Path) -> None:
    files = {"cert": "service.pem", "key": "service.key", "client-ca": "ca.pem"}
    tls = [word for name, file in files.items() for word in (f"--tls-{name}", certificates / file)]
    with Service(tmp_path, *map(str, tls)) as running:
        url = running.url.replace("grpc://", "grpc+tls://")
        authority = (certificates / "ca.pem").read_bytes()
        shown = {
            "cert_chain": (certificates / "client.pem").read_bytes(),
            "private_key": (certificates / "client.key").read_bytes(),
        }
        with connect(url, tls_root_certs=authority, **shown) as node:
            assert node.put({"x": [1.0]}, dataset="d").rows == 1
        stranger = connect(url, tls_root_certs=authority, patience=0.1)
        with stranger as node, pytest.raises(ConnectionError):
            node.stats()


def test_it_does_not_listen_to_everybody_without_a_guard(tmp_path: Path) -> None:
    command = [program(), "--data", tmp_path, "--listen", "0.0.0.0:0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 1
    assert "--insecure" in done.stderr
