"""The calls of a client, each tried again while the service cannot be reached."""

import json
import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from time import monotonic, sleep
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import pyarrow as pa
from pyarrow import flight

from colstats._native import GroupedMoments, MomentsTable
from colstats.distributed import ALIASES, STATISTICS
from colstats.service.arguments import (
    By,
    Columns,
    Instant,
    Per,
    States,
    definition,
    names,
    text,
    valid_per,
)
from colstats.service.errors import is_passing, refuse
from colstats.service.statistics import Method, method
from colstats.service.transfer import Receipt, SourceError, Transfer, batches_of, written
from colstats.summary import Summary, describe, expect_valid

__all__ = ["Client"]

#: Seconds before the first retry; each next one waits twice as long, up to the most.
FIRST_WAIT, LONGEST_WAIT = 0.05, 1.0
#: Actions that may be done twice. Others are not tried again: if the connection breaks, nobody
#: knows whether they were done.
REPEATABLE = {
    "compact",
    "create",
    "drop_before",
    "export",
    "forget_batch_ids",
    "list",
    "pull",
    "stats",
}
T = TypeVar("T")


class Client:
    """A connection to a service; see ``connect``.

    Every statistic that states answer is a method: ``node.mean("readings")``. It takes the options
    that it has elsewhere, and says which rows by those of ``states``.
    """

    def __init__(self, url: str, channel: Any, token: str | None, patience: float) -> None:
        headers = [] if token is None else [(b"authorization", b"Bearer " + token.encode())]
        self._url = url
        self._channel = channel
        self._options = flight.FlightCallOptions(headers=headers)
        self._patience = patience

    def __repr__(self) -> str:
        return f"<colstats.service.Client of {self._url}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def put(
        self,
        data: Any,
        *,
        dataset: str,
        batch_id: str | None = None,
        by: By = None,
        time: tuple[str, str] | None = None,
        columns: Columns = None,
        open: bool | None = None,
    ) -> Receipt:
        """Add rows to a dataset, and return once they are on the disk of the service.

        The dataset is created if there is none. How it is defined (``by``, ``time``, ``columns``,
        ``open``) is said then; later it may be left out, or must be the same. A long table goes as
        several batches, which the receipt counts.

        Args:
            data: A table: any Arrow object, a dict of columns, or states (a MomentsTable or
                GroupedMoments), which count as the rows that they have seen.
            dataset: The name of the dataset.
            batch_id: By what these rows are known. The same rows with the same id count once,
                however often they are put, by whatever process; other rows with the same id are
                refused. By default an id of chance, so that only retries of this call count once.
            by: The columns to group by.
            time: A column of times and the width of its buckets, such as ``("at", "1h")``.
            columns: The columns to keep states of; by default all that are not keys.
            open: Whether batches may bring new columns, and lack some.

        >>> import datetime
        >>> at = [datetime.datetime(2026, 11, 26, hour) for hour in (8, 9, 9)]
        >>> trips = pa.table({"at": at, "fare": [7.5, 12.0, 3.0]})
        >>> node.put(trips, dataset="trips", time=("at", "1h"), batch_id="file 1").rows
        3

        """
        if batch_id == "":
            raise ValueError("batch_id must not be empty: rows are known by it")
        batch_id = uuid.uuid4().hex if batch_id is None else batch_id
        command = {"dataset": dataset} | definition(by, time, columns, open)
        if isinstance(data, States):
            command["states"] = True
        schema, batches = batches_of(data)
        transfer = Transfer(command, schema, batches, batch_id)
        try:
            self._retried(lambda: transfer.send(self._channel, self._options), transfer)
            return transfer.receipt()
        except SourceError as failed:
            reason = failed.reason
        raise reason  # as if there were no service between the caller and the data

    def states(
        self,
        dataset: str,
        *,
        by: By = None,
        columns: Columns = None,
        since: Instant | None = None,
        until: Instant | None = None,
        per: Per = "all",
    ) -> States:
        """Return the states of a dataset, which answer every statistic, and can be merged.

        Args:
            dataset: The name of the dataset.
            by: Some of the keys that it is grouped by; by default none, for states of all rows.
            columns: The columns; by default all.
            since: The start of the first bucket: a datetime, a date, or its text.
            until: The start of the first bucket that is left out.
            per: ``"bucket"`` for states of each bucket of time, which is then the first key.

        Returns:
            A MomentsTable; with ``by`` or ``per="bucket"`` GroupedMoments.

        >>> node.states("trips", since="2026-11-26 09:00:00").sum()["fare"]
        15.0
        >>> node.states("trips", per="bucket").mean()["fare"]
        [7.5, 7.5]

        """
        keys = names(by)
        ticket = {"dataset": dataset, "by": keys, "per": valid_per(per), "states": True}
        limits = {"from": text(since), "to": text(until)}
        given = {"columns": None if columns is None else names(columns)} | limits
        table = self.get(ticket | {key: value for key, value in given.items() if value is not None})
        return GroupedMoments(table) if keys or per == "bucket" else MomentsTable(table)

    def describe(
        self,
        dataset: str,
        *,
        by: By = None,
        columns: Columns = None,
        since: Instant | None = None,
        until: Instant | None = None,
        per: Per = "all",
        ddof: int = 0,
        skip_nulls: bool = True,
        skip_nans: bool = False,
    ) -> Summary:
        """Describe each column of a dataset, as ``colstats.describe`` does.

        Args:
            dataset: The name of the dataset.
            by: As for ``states``.
            columns: As for ``states``.
            since: As for ``states``.
            until: As for ``states``.
            per: As for ``states``.
            ddof: As for ``colstats.describe``.
            skip_nulls: As for ``colstats.describe``.
            skip_nans: As for ``colstats.describe``.

        >>> node.describe("trips", columns=["fare"])
        <colstats.Summary: 1 column>
        name  type     count  nulls  nans  mean              stddev  min  max
        fare  float64      3      0     0   7.5  3.6742346141747673    3   12

        """
        options: dict[str, Any] = {
            "ddof": ddof,
            "skip_nulls": skip_nulls,
            "skip_nans": skip_nans,
        }
        expect_valid(**options)
        which: dict[str, Any] = {"since": since, "until": until, "per": per}
        return describe(self.states(dataset, by=by, columns=columns, **which), **options)

    def get(self, ticket: Mapping[str, Any]) -> pa.Table:
        """Return the Arrow table that answers a ticket: <https://colstats.github.io/colstats/reference/protocol/>.

        >>> ticket = {"dataset": "trips", "statistics": ["mean"], "per": "bucket"}
        >>> node.get(ticket).column_names
        ['at', 'fare_mean']

        """
        sent = flight.Ticket(written(ticket))
        return self._retried(lambda: self._channel.do_get(sent, self._options).read_all())

    def exchange(
        self,
        data: Any,
        *,
        statistics: Sequence[str] | None = None,
        by: By = None,
        time: tuple[str, str] | None = None,
        columns: Columns = None,
        **options: Any,
    ) -> pa.Table:
        """Send a table, and get its statistics back; nothing is kept.

        As nothing is kept, nothing is sent again either: if the connection breaks, call again.

        Args:
            data: As for ``put``.
            statistics: The names of the statistics; by default all that a column has.
            by: The columns to group by.
            time: A column of times and the width of its buckets.
            columns: The columns; by default all that are not keys.
            options: ``ddof``, ``min_count``, ``skip_nans``, ``nulls`` and ``states``, as in a
                ticket.

        >>> answer = node.exchange({"x": [1e16, 1.0, -1e16]}, statistics=["sum", "mean"])
        >>> answer.to_pylist()
        [{'x_sum': 1.0, 'x_mean': 0.3333333333333333}]

        """
        question = definition(by, time, columns, None) | options
        if statistics is not None:
            question["statistics"] = names(statistics)
        schema, batches = batches_of(data)
        descriptor = flight.FlightDescriptor.for_command(written({"exchange": question}))
        try:
            writer, reader = self._channel.do_exchange(descriptor, self._options)
            with writer:
                writer.begin(schema)
                for batch in batches:
                    writer.write_batch(batch)
                writer.done_writing()
                return reader.read_all()
        except pa.ArrowException as failed:
            refuse(failed)

    def moments(
        self, data: Any, *, by: By = None, columns: Columns = None, time: Any = None
    ) -> States:
        """Send a table, and get its states back, as ``colstats.moments`` makes them.

        >>> node.moments({"x": [1e16, 1.0, -1e16]}).mean()["x"]
        0.3333333333333333

        """
        table = self.exchange(data, by=by, columns=columns, time=time, states=True)
        return GroupedMoments(table) if names(by) or time is not None else MomentsTable(table)

    def act(self, action: str, **body: Any) -> list[Any]:
        """Do an action of the protocol, and return its results.

        An action that must not be done twice, such as a merge, is not tried again if the
        connection breaks.

        >>> node.act("list", prefix="tr")[0]["dataset"]
        'trips'

        """
        return [json.loads(result) for result in self._act(action, written(body))]

    def create(
        self,
        dataset: str,
        *,
        by: By = None,
        time: tuple[str, str] | None = None,
        columns: Columns = None,
        open: bool = False,
    ) -> bool:
        """Create a dataset before there is data; options as for ``put``.

        Returns:
            Whether it was created: False if it is there already, defined the same.

        >>> node.create("calls", by=["region"], time=("at", "15m"))
        True

        """
        body = definition(by, time, columns, open)
        return bool(self.act("create", dataset=dataset, **body)[0]["created"])

    def drop(self, dataset: str) -> int:
        """Drop a dataset, its states and the ids of its batches; returns how many groups it had.

        >>> node.drop("trips")
        2

        """
        return int(self.act("drop", dataset=dataset)[0]["groups"])

    def merge(self, into: str, other: str, *, keep: bool = False) -> int:
        """Add the states of another dataset, which is dropped unless it is kept.

        Returns:
            How many groups were added.

        >>> receipt = node.put({"fare": [1.0]}, dataset="one")
        >>> receipt = node.put({"fare": [2.0]}, dataset="two")
        >>> node.merge("one", "two")
        1
        >>> node.mean("one")["fare"]
        1.5

        """
        return int(self.act("merge", **{"into": into, "from": other, "keep": keep})[0]["groups"])

    def drop_before(self, dataset: str, before: Instant) -> int:
        """Drop buckets of time; returns how many groups they had.

        Args:
            dataset: The name of the dataset.
            before: The start of the first bucket that is kept.

        >>> node.drop_before("trips", "2026-11-26 09:00:00")
        1

        """
        return int(self.act("drop_before", dataset=dataset, before=text(before))[0]["groups"])

    def export(self, dataset: str) -> bytes:
        """Return the states of a dataset, to keep them or to import them elsewhere.

        >>> kept = node.export("trips")
        >>> node.drop("trips")
        2
        >>> node.import_(kept)
        2

        """
        return b"".join(self._act("export", written({"dataset": dataset})))

    def import_(self, exported: bytes) -> int:
        """Create a dataset from what ``export`` returned; returns how many groups it has."""
        return int(json.loads(self._act("import", exported)[0])["groups"])

    def pull(self, url: str, *, token: str | None = None) -> dict[str, Any]:
        """Let the service pull what is newer at another node, and return what that was.

        Args:
            url: Where the other node listens, such as ``http://other:8815``.
            token: A token of the other node, if it asks for one.

        """
        body = {"url": url} | ({} if token is None else {"token": token})
        pulled: dict[str, Any] = self.act("pull", **body)[0]
        return pulled

    def datasets(self, prefix: str = "") -> dict[str, dict[str, Any]]:
        """Return what there is: the names of the datasets, and of each what it is and has.

        >>> node.datasets()["trips"]["definition"]
        {'time': {'column': 'at', 'every': '1h'}}

        """
        return {found["dataset"]: found for found in self.act("list", prefix=prefix)}

    def schema(self, dataset: str) -> pa.Schema:
        """Return the schema of the batches that a dataset takes.

        >>> node.schema("trips").names
        ['at', 'fare']

        """
        path = flight.FlightDescriptor.for_path(dataset)
        return self._retried(lambda: self._channel.get_schema(path, self._options).schema)

    def stats(self) -> dict[str, Any]:
        """Return what the node has, and has done since it was started.

        >>> sorted(node.stats())[:3]
        ['batch_ids', 'datasets', 'file_bytes']

        """
        found: dict[str, Any] = self.act("stats")[0]
        return found

    def _act(self, action: str, body: bytes) -> list[bytes]:
        sent = flight.Action(action, body)

        def call() -> list[bytes]:
            results = self._channel.do_action(sent, self._options)
            return [result.body.to_pybytes() for result in results]

        return self._retried(call, patience=self._patience if action in REPEATABLE else 0)

    def _retried(
        self,
        call: Callable[[], T],
        transfer: Transfer | None = None,
        patience: float | None = None,
    ) -> T:
        """Make a call, and make it again while the service cannot be reached.

        Patience wears only while nothing gets on.
        """
        patience = self._patience if patience is None else patience
        wait, done, deadline = FIRST_WAIT, 0, monotonic() + patience
        while True:
            try:
                return call()
            except pa.ArrowException as failed:
                if transfer is not None and transfer.done > done:
                    wait, deadline = FIRST_WAIT, monotonic() + patience
                    done = transfer.done
                if not is_passing(failed) or monotonic() >= deadline:
                    refuse(failed, transfer.note() if transfer else None)
            sleep(wait * random.uniform(0.5, 1.0))  # many clients do not come back at once
            wait = min(2 * wait, LONGEST_WAIT)

    if TYPE_CHECKING:
        count: Method
        sum: Method
        mean: Method
        variance: Method
        var: Method
        stddev: Method
        std: Method
        min: Method
        max: Method


for _name in STATISTICS:
    setattr(Client, _name, method(_name))
for _short, _name in ALIASES.items():
    setattr(Client, _short, getattr(Client, _name))
