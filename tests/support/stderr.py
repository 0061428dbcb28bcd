"""What a program in asyncio's debug mode writes to stderr."""

import re

_SLOW = re.compile(r"Executing <.*> took \d+\.\d+ seconds")


def without_slow_callbacks(text: str) -> str:
    """Remove the lines that report a callback slower than 0.1 s: they depend on the machine's load."""
    return "".join(line for line in text.splitlines(keepends=True) if not _SLOW.fullmatch(line.strip()))
