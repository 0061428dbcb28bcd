"""The faults in force."""

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.faults.fault import Fault


class ActiveFaults:
    """The faults in force, oldest first; the first that matches a request happens to it.

    Attributes:
        changes: How often what is in force has changed.
    """

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self.changes = 0

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        self._faults.append(fault)
        self.changes += 1

    def clear(self) -> None:
        """Let every request be answered properly again."""
        self._faults.clear()
        self.changes += 1

    def show(self) -> list[Document]:
        """Return the faults in force."""
        return [fault.show() for fault in self._faults]

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that happens to a request, and count it as used."""
        fault = next((fault for fault in self._faults if fault.matches(method, path)), None)
        if fault is not None and fault.count is not None:
            self.changes += 1
            fault.count -= 1
            if not fault.count:
                self._faults.remove(fault)
        return fault
