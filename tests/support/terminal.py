"""Reads what a pseudo-terminal shows."""

import os


def read_text(descriptor: int) -> str:
    """Read what a terminal shows next, to the end of a character."""
    shown = os.read(descriptor, 65536)
    while True:
        try:
            return shown.decode()
        except UnicodeDecodeError as error:
            if error.reason != "unexpected end of data":
                raise
            shown += os.read(descriptor, 1)
