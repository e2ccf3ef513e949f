"""The errors of Python for those of Arrow Flight."""

import re
from typing import NoReturn

import pyarrow as pa
from pyarrow import flight

__all__ = ["is_passing", "refuse"]

#: What pyarrow says of a status: the kind of it, and the message.
STATUS = re.compile(r"(?:\w+: )?(?:Flight|gRPC) returned (?P<kind>[\w -]+?) error, with message: ")
#: What gRPC and pyarrow know besides, which follows the message.
BESIDES = re.compile(r"\. (?:gRPC client debug context|Client context|Detail): .*", re.DOTALL)

#: What gRPC says of an answer that is none of gRPC, such as one of the page of a service.
FOREIGN = "Received http2 header with status"


def is_passing(failed: Exception) -> bool:
    """Whether the same call may succeed later."""
    broken = flight.FlightUnavailableError, flight.FlightTimedOutError, flight.FlightCancelledError
    # A stream that is cut while it is open is reset, which gRPC calls an internal error.
    return isinstance(failed, broken) or "RST_STREAM" in str(failed)


def refuse(failed: Exception, note: str | None = None) -> NoReturn:
    """Raise the error of Python for one of Arrow Flight."""
    found = STATUS.match(str(failed))
    if not found and not isinstance(failed, flight.FlightError):
        raise failed  # of the data that was to be sent
    message = BESIDES.sub("", str(failed)[found.end() if found else 0 :])
    refusal = error_for(failed, found["kind"] if found else "")(message.strip())
    if isinstance(refusal, NotImplementedError) and FOREIGN in message:
        refusal = ConnectionError(
            "what listens there speaks HTTP, but not Arrow Flight: is it the page of the service, "
            f"or a proxy? ({message.strip()})"
        )
    if note is not None:
        refusal.add_note(note)
    raise refusal from failed


def error_for(failed: Exception, kind: str) -> type[Exception]:
    """Return the error of Python for one of Arrow Flight, whose text names the kind of it."""
    if is_passing(failed):
        return ConnectionError
    match failed:
        case flight.FlightUnauthenticatedError() | flight.FlightUnauthorizedError():
            return PermissionError
        case pa.ArrowKeyError():
            return LookupError
        case pa.ArrowNotImplementedError():
            return NotImplementedError
        case pa.ArrowInvalid():
            return OverflowError if kind == "out-of-range" else ValueError
    return ValueError if kind == "already exists" else RuntimeError
