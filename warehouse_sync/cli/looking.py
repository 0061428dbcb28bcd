"""What `list` and `get` of the three kinds of resources have in common."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from warehouse_sync import declarative
from warehouse_sync.cli import failures
from warehouse_sync.cli.configuration import Target
from warehouse_sync.cli.output import Output

Read = Callable[[Any], Awaitable[Any]]


def show_list(target: Target, output: Output, read: Read, columns: Sequence[str]) -> None:
    """Read many and print a row for each.

    Args:
        target: Where to read.
        output: How to print.
        read: Reads with a client.
        columns: The columns of a table.
    """
    output.rows(declarative.to_documents(failures.run(lambda: with_client(target, read))), columns)


def show_one(target: Target, output: Output, read: Read) -> None:
    """Read one and print it whole."""
    output.record(declarative.to_document(failures.run(lambda: with_client(target, read))))


async def with_client(target: Target, work: Read) -> Any:  # noqa: ANN401 - what the work returns
    """Do some work with a client, and close it."""
    async with target.client() as client:
        return await work(client)
