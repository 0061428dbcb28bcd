"""Warnings that the SDK logs, as notes on stderr."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from warehouse_sync.cli.streams import printable, write_note

_PRINTED = "warehouse_sync.printed_warnings"
_LOGGER = logging.getLogger("warehouse_sync")


class _Handler(logging.Handler):
    def __init__(self, on_warning: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._on_warning = on_warning

    def emit(self, record: logging.LogRecord) -> None:
        self._on_warning(record.getMessage())


@contextmanager
def handle_warnings(on_warning: Callable[[str], None]) -> Iterator[None]:
    """Pass the message of each warning to a function, in place of Python's own output.

    The innermost function gets the warnings.
    """
    before = _LOGGER.handlers
    _LOGGER.handlers = [_Handler(on_warning)]
    try:
        yield
    finally:
        _LOGGER.handlers = before


def print_once(message: str) -> None:
    """Print a warning, unless the command has printed it before or `--quiet` is set."""
    context = click.get_current_context(silent=True)
    printed: set[str] = context.meta.setdefault(_PRINTED, set()) if context else set()
    quiet = context is not None and context.params.get("quiet")
    if message not in printed and not quiet:
        printed.add(message)
        write_note(f"Warning: {printable(message)}\n")
