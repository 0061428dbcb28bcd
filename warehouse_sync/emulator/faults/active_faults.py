"""The active faults."""

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.faults.fault import Fault


class ActiveFaults:
    """The active faults, oldest first. The first that matches a request applies to it.

    Attributes:
        changes: How often the active faults have changed.
    """

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self.changes: int = 0

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, fault: Fault) -> None:
        """Activate a fault."""
        self._faults.append(fault)
        self.changes += 1

    def clear(self) -> None:
        """Remove every fault."""
        self._faults.clear()
        self.changes += 1

    def show(self) -> list[Document]:
        """Return the faults as documents."""
        return [fault.show() for fault in self._faults]

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that applies to a request, or None, and count the use."""
        fault = next((fault for fault in self._faults if fault.matches(method, path)), None)
        if fault is not None and fault.count is not None:
            self.changes += 1
            fault.count -= 1
            if not fault.count:
                self._faults.remove(fault)
        return fault
