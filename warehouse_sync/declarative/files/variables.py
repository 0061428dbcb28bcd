"""Replace `${var.NAME}` in documents and queries."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from warehouse_sync.declarative.errors import Location, Problem
from warehouse_sync.declarative.files.nodes import Mapping as MappingNode
from warehouse_sync.declarative.files.nodes import MappingEntry, Node, Scalar, Sequence
from warehouse_sync.declarative.project import PROJECT_FILE, ProjectEnvironment, Variable

if TYPE_CHECKING:
    from collections.abc import Mapping

MARK = "${var."
_REFERENCE = re.compile(r"(\$?)\$\{var\.([^}\n]*)(\}?)")


@attrs.frozen(kw_only=True)
class Variables:
    """The variables of an environment.

    Attributes:
        environment: The environment; `None` without a project, which has no variables.
        report: Receives each problem.
    """

    environment: ProjectEnvironment | None
    report: Callable[[Problem], None]

    def in_node(self, node: Node) -> Node:
        """Return a node with its variables replaced.

        A value that is only a reference gets the type of the variable.
        """
        match node:
            case Scalar(value=str() as text) if MARK in text:
                return Scalar(self._scalar(text, node.location), node.location)
            case Scalar():
                return node
            case Sequence():
                return Sequence(tuple(self.in_node(each) for each in node.items), node.location)
            case MappingNode():
                entries = (MappingEntry(each.key, each.location, self.in_node(each.value)) for each in node)
                return MappingNode(tuple(entries), node.location)

    def in_query(self, text: str, file: str) -> str:
        """Return a query with its variables replaced."""
        if MARK not in text:
            return text

        def replace(found: re.Match[str]) -> str:
            line = text.count("\n", 0, found.start()) + 1
            column = found.start() - text.rfind("\n", 0, found.start())
            return str(_plain(self._value(found, Location(file, line, column))))

        return _REFERENCE.sub(replace, text)

    def _scalar(self, text: str, location: Location) -> Variable:
        whole = _REFERENCE.fullmatch(text)
        if whole is not None:
            return self._value(whole, location)
        return _REFERENCE.sub(lambda found: str(_plain(self._value(found, location))), text)

    def _value(self, found: re.Match[str], location: Location) -> Variable:
        escaped, name, end = found.groups()
        if escaped:
            return found[0][1:]
        known: Mapping[str, Variable] = self.environment.variables if self.environment else {}
        if end and name in known:
            return known[name]
        if self.environment is None:
            fix = f"there is no {PROJECT_FILE}"
        else:
            fix = (
                f"add it to vars in [environments.{self.environment.name}] of {self.environment.project.file}"
            )
        self.report(Problem(location=location, message=f"{found[0][:80]} is not defined: {fix}"))
        return found[0]


def escape(text: str) -> str:
    """Return a text in which no variable is replaced."""
    return text.replace(MARK, f"${MARK}")


def _plain(value: Variable) -> Variable:
    return str(value).lower() if isinstance(value, bool) else value
