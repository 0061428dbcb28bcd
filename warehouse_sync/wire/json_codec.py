"""Plain JSON to bytes and back.

msgspec is imported with the first document, so that a client that has not sent anything yet costs no more than it must.
"""

from typing import Any

from warehouse_sync.errors import DecodeError


def encode(document: object) -> bytes:
    """Write plain JSON.

    Raises:
        TypeError: It holds something that is not JSON.
    """
    import msgspec

    return msgspec.json.encode(document)


def decode(body: bytes) -> Any:  # noqa: ANN401 - JSON is anything
    """Read JSON.

    Raises:
        DecodeError: It is not JSON.
    """
    import msgspec

    problem = "the answer is empty"
    try:
        if body:
            return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        problem = f"the answer is not JSON: {error}"
    except RecursionError:
        problem = "the answer is not JSON the SDK reads: it is nested too deeply"
    raise DecodeError(problem)
