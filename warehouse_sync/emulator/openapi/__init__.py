"""The OpenAPI 3.1 document of the v2 API, with notes on contradictions.

It describes the API and not the emulator: other languages can generate clients from it.
"""

from warehouse_sync.emulator.openapi.document import document

__all__ = ["document"]
