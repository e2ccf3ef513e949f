"""A client of the service: put data in, ask for statistics.

The service keeps states, not data: what it answers is the correctly rounded statistic of exactly
the batches that it has acknowledged, each once. A batch is known by its id, so one that is sent
again changes nothing: the client sends again whatever a broken connection may have swallowed.

>>> import pyarrow as pa
>>> from colstats import service
>>> node = service.connect(url)
>>> readings = pa.table({"host": ["a", "b", "a"], "seconds": [1e16, 2.5, 1.0]})
>>> receipt = node.put(readings, dataset="readings", by="host", batch_id="monday")
>>> receipt.rows, receipt.duplicates
(3, 0)
>>> node.put(readings, dataset="readings", batch_id="monday").duplicates  # counts once
1
>>> node.mean("readings")["seconds"]
3333333333333334.5
>>> node.sum("readings", by="host")["seconds"]
[1e+16, 2.5]

Every answer is fetched as states, and computed here: it is the object that ``colstats`` itself
returns for the same rows, to the bit. A client may be used by many threads at the same time.

Errors are those of Python, with the message of the service; the error of Arrow Flight is their
``__cause__``:

* ``ValueError``: the request is wrong, or does not fit what is there, or exceeds a limit
* ``LookupError``: there is no such dataset, or action
* ``OverflowError``: a result does not fit its type
* ``PermissionError``: the token is missing or unknown, or does not allow this
* ``ConnectionError``: the service could not be reached in time; what was put may be there or not,
  so put it again under the same ``batch_id``
* ``RuntimeError``: what is stored is damaged, or the service has a fault

It takes pyarrow: ``pip install 'colstats[service]'``.
"""

try:
    import pyarrow as pa
    from pyarrow import flight
except ImportError as error:
    raise ImportError(
        f"colstats.service needs pyarrow: pip install 'colstats[service]' ({error})"
    ) from error

from colstats.service.client import Client
from colstats.service.transfer import Receipt

__all__ = ["Client", "Receipt", "connect"]

#: Options of gRPC, in milliseconds: a service that was started again is found soon, and a peer
#: that has vanished is noticed.
CHANNEL = [
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
]


def connect(
    url: str,
    *,
    token: str | None = None,
    patience: float = 15.0,
    tls_root_certs: bytes | None = None,
    cert_chain: bytes | None = None,
    private_key: bytes | None = None,
) -> Client:
    """Connect to a service.

    Nothing is sent before the first call.

    Args:
        url: Where it listens: ``grpc://host:port``, or ``grpc+tls://host:port``.
        token: A token of the service, if it asks for one.
        patience: For how many seconds to try again while the service cannot be reached, and
            nothing gets on. 0 tries once.
        tls_root_certs: Certificates of authorities that are trusted, as PEM; by default those of
            the system.
        cert_chain: The certificate of this client, as PEM, if the service asks for one.
        private_key: The key of that certificate, as PEM.

    >>> with service.connect(url) as node:
    ...     node.stats()["version"]
    '0.1.0'

    """
    if not url.startswith(("grpc://", "grpc+tcp://", "grpc+tls://")):
        raise ValueError(
            f"the url of a service is grpc://host:port or grpc+tls://host:port, not {url!r}"
        )
    if not patience >= 0:
        raise ValueError(f"patience must not be negative, got {patience}")
    if (cert_chain is None) != (private_key is None):
        raise ValueError("cert_chain and private_key belong together: pass both, or none")
    tls = {
        "tls_root_certs": tls_root_certs,
        "cert_chain": cert_chain,
        "private_key": private_key,
    }
    given = {name: value for name, value in tls.items() if value is not None}
    if given and not url.startswith("grpc+tls://"):
        raise ValueError(f"{next(iter(given))} is for TLS: the url must start with grpc+tls://")
    try:
        channel = flight.FlightClient(url, generic_options=CHANNEL, **given)
    except pa.ArrowException as failed:
        raise ValueError(f"cannot connect to {url!r}: {failed}") from failed
    return Client(url, channel, token, patience)
