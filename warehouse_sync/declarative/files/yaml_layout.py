"""Lay out YAML text: indentation, the order of fields, and spaces.

Scalars and flow collections are copied as they are written; only their position changes.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import dropwhile
from typing import Any

import attrs
import yaml

from warehouse_sync.declarative.files import nodes
from warehouse_sync.declarative.files.parse_yaml import LOADER, parse_yaml

_BLOCK = ("|", ">")
_MARKER = re.compile(r"---(?=[ \t]|$)")
_COLON = re.compile(r"[ \t]*:(?=[ \t]|$)")
_DASH = re.compile(r"[ \t]*-(?=[ \t]|$)")
# YAML 1.1 reads these as ends of lines, and other versions do not.
_OTHER_LINE_ENDS = re.compile("[\r\x85\u2028\u2029]")


class UnsupportedLayoutError(Exception):
    """The text is valid, but is written in a way that cannot be laid out safely."""


def lay_out(text: str, names: Sequence[str]) -> str:
    """Return a text with the same content in the standard layout.

    Args:
        text: YAML that `parse_yaml` accepts.
        names: The names of fields in order. Other fields follow in the order of the text.

    Raises:
        UnsupportedLayoutError: The result would not have the same values and the same comments.
    """
    text = text.replace("\r\n", "\n")
    if _OTHER_LINE_ENDS.search(text):
        raise UnsupportedLayoutError
    laid_out: list[str] = []
    document: list[str] = []
    for line in text.removesuffix("\n").split("\n"):
        if _MARKER.match(line):
            laid_out += [*_lay_out_document(document, names), _after("---", line[3:])]
            document = []
        else:
            document.append(line)
    laid_out += _lay_out_document(document, names)
    result = "".join(f"{line}\n" for line in laid_out)
    if _values(result) != _values(text) or _characters(result) != _characters(text):
        raise UnsupportedLayoutError
    return result


def _lay_out_document(lines: list[str], names: Sequence[str]) -> list[str]:
    text = "\n".join(lines)
    try:
        root: Any = yaml.compose(text, Loader=LOADER)
    except yaml.YAMLError as error:
        raise UnsupportedLayoutError from error  # such as a directive, which belongs to the next document
    layout = _Layout(lines, names)
    if root is None:
        comments = layout.take_until(len(lines))
        return _without_first_blanks(comments[:-1] if comments and not comments[-1] else comments)
    if not isinstance(root, yaml.CollectionNode):
        raise UnsupportedLayoutError
    header = layout.take_until(root.start_mark.line)  # stays on top when fields are reordered
    body = layout.inline(root, "", 0, indent=0) if root.flow_style else layout.collection(root, closing=0)
    layout.take_until(len(lines))  # only blank lines are left
    return _without_first_blanks([*header, *body])


@attrs.define
class _Layout:
    """Lays out the nodes of a document, from its first line to its last.

    Each method returns lines relative to the column of its block.

    Attributes:
        lines: The lines of the document.
        names: The names of fields in order.
        line: The next line that is not laid out yet.
    """

    lines: list[str]
    names: Sequence[str]
    line: int = 0

    def collection(self, node: Any, *, closing: int) -> list[str]:  # noqa: ANN401 - PyYAML has no types for these
        """Lay out a block mapping or list, with the comments after it from column `closing` on."""
        if isinstance(node, yaml.SequenceNode):
            body = [line for item in self._items(node) for line in item]
        else:
            body = self._mapping(node)
        after = self._comments_after(max(closing, node.start_mark.column))
        return _without_first_blanks([*body, *after])

    def _mapping(self, node: Any) -> list[str]:  # noqa: ANN401 - PyYAML has no types for these
        entries = []
        for key, value in node.value:
            above = self.take_until(key.start_mark.line)
            source = self.lines[key.start_mark.line]
            colon = _COLON.match(source, key.end_mark.column)
            if key.start_mark.line != key.end_mark.line or colon is None:
                raise UnsupportedLayoutError  # such as a key after `?`
            head = f"{source[key.start_mark.column : key.end_mark.column]}:"
            column = key.start_mark.column
            lines = self._value(value, head, colon.end(), column)
            position = self.names.index(key.value) if key.value in self.names else len(self.names)
            entries.append((position, [*above, *lines]))
        entries.sort(key=lambda entry: entry[0])
        return [line for _, lines in entries for line in lines]

    def _value(self, node: Any, head: str, end: int, column: int) -> list[str]:  # noqa: ANN401 - PyYAML has no types for these
        """Lay out the value of a field.

        Args:
            node: The value.
            head: The key and its colon.
            end: The column after the colon.
            column: The column of the key.
        """
        rest = self.lines[self.line][end:]
        if not isinstance(node, yaml.ScalarNode) and not node.flow_style:
            first = _after(head, rest)
            self.line += 1
            return [first, *_indented(self.collection(node, closing=column + 1))]
        if node.start_mark.line == self.line:
            return self.inline(node, f"{head} ", column, indent=2)
        first = _after(head, rest)
        above = self._take_below(node)
        return [first, *_indented(above), *self.inline(node, "  ", node.start_mark.column - 2, indent=4)]

    def _items(self, node: Any) -> list[list[str]]:  # noqa: ANN401 - PyYAML has no types for these
        """Lay out the items of a block list, each with the comments above it."""
        column, items = node.start_mark.column, []
        for position, item in enumerate(node.value):
            start = node.start_mark.line if position == 0 else self._next_content()
            above = self.take_until(start)
            dash = _DASH.match(self.lines[start], column)
            if dash is None or (position and self.lines[start][:column].strip()):
                raise UnsupportedLayoutError
            if item.start_mark.line > start:  # the item starts below its dash
                above += [line for line in [_after("", self.lines[start][dash.end() :])] if line]
                above = _without_repeated_blanks([*above, *self._take_below(item)])
            if isinstance(item, yaml.ScalarNode) or item.flow_style:
                origin = column if item.start_mark.line == start else item.start_mark.column - 2
                items.append([*above, *self.inline(item, "- ", origin, indent=2)])
                continue
            lines = self.collection(item, closing=column + 1)
            first = next(index for index, line in enumerate(lines) if line and not line.startswith("#"))
            items.append(
                [*above, *lines[:first], f"- {lines[first]}", *_indented(lines[first + 1 :])],
            )
        return items

    def inline(self, node: Any, head: str, column: int, *, indent: int) -> list[str]:  # noqa: ANN401 - PyYAML has no types for these
        """Copy a scalar or a flow collection after `head`.

        Args:
            node: The scalar or collection.
            head: What is before it on its line.
            column: The column that its other lines move from.
            indent: The lowest indentation of its other lines in that block.
        """
        start, end = node.start_mark, node.end_mark
        if isinstance(node, yaml.ScalarNode) and node.style in _BLOCK:
            return self._block_scalar(node, head, column)
        self.line = end.line + 1
        if start.line == end.line:
            source = self.lines[start.line]
            return [_after(f"{head}{source[start.column : end.column]}".rstrip(" "), source[end.column :])]
        first, *others = self.lines[start.line : end.line + 1]
        last = others.pop()
        moved = [_moved(line, -column, indent) for line in others]
        tail = _moved(last[: end.column], -column, indent)
        return [head + first[start.column :], *moved, _after(tail, last[end.column :])]

    def _block_scalar(self, node: Any, head: str, column: int) -> list[str]:  # noqa: ANN401 - PyYAML has no types for these
        header, _, comment = self.lines[node.start_mark.line][node.start_mark.column :].partition(" ")
        first = self.line = node.start_mark.line + 1
        digit = re.search(r"\d", header)
        if digit:
            depth = column + int(digit[0])
        else:
            filled = [line for line in self.lines[first:] if line.strip(" ")]
            depth = len(filled[0]) - len(filled[0].lstrip(" ")) if filled else 0
            depth = max(depth, column + 1)
        blank = {" " * length for length in range(depth + 1)}
        while self.line < len(self.lines) and not self.lines[self.line][:depth].strip(" "):
            self.line += 1
        if "+" not in header:  # the blank lines at the end are no content
            while self.line > first and self.lines[self.line - 1] in blank:
                self.line -= 1
        prefix = " " * (int(digit[0]) if digit else 2)
        content = [line[depth:] for line in self.lines[first : self.line]]
        return [_after(head + header, f" {comment}"), *(line and prefix + line for line in content)]

    def take_until(self, line: int) -> list[str]:
        """Take the comments and blank lines before a line."""
        taken = [each.strip() for each in self.lines[self.line : line]]
        if any(each and not each.startswith("#") for each in taken):
            raise UnsupportedLayoutError
        self.line = max(self.line, line)
        return _without_repeated_blanks(taken)

    def _take_below(self, node: Any) -> list[str]:  # noqa: ANN401 - PyYAML has no types for these
        """Take the comments and blank lines between a key or a dash and its value."""
        if isinstance(node, yaml.ScalarNode) and node.style in _BLOCK:
            raise UnsupportedLayoutError
        self.line += 1
        return self.take_until(node.start_mark.line)

    def _next_content(self) -> int:
        """Return the next line that is neither blank nor a comment."""
        line = self.line
        while line < len(self.lines) and _is_filler(self.lines[line]):
            line += 1
        if line == len(self.lines):
            raise UnsupportedLayoutError
        return line

    def _comments_after(self, column: int) -> list[str]:
        """Take the comments below a block that are indented as far as the block."""
        end = line = self.line
        while line < len(self.lines) and _is_filler(self.lines[line]):
            text = self.lines[line].lstrip(" ")
            if text.strip() and len(self.lines[line]) - len(text) < column:
                break
            line += 1
            end = line if text.strip() else end
        return self.take_until(end)


def _is_filler(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _after(text: str, rest: str) -> str:
    """Return a text with the comment that follows it on its line."""
    comment = rest.strip()
    if not comment:
        return text
    if not comment.startswith("#") or rest[0] not in " \t":
        raise UnsupportedLayoutError
    return f"{text}  {comment}" if text else comment


def _moved(line: str, by: int, lowest: int) -> str:
    """Return a line with another indentation."""
    content = line.lstrip(" ")
    return " " * max(len(line) - len(content) + by, lowest) + content if content else ""


def _indented(lines: list[str]) -> list[str]:
    return [line and f"  {line}" for line in lines]


def _without_repeated_blanks(lines: list[str]) -> list[str]:
    return [line for index, line in enumerate(lines) if line or index == 0 or lines[index - 1]]


def _without_first_blanks(lines: list[str]) -> list[str]:
    return list(dropwhile(lambda line: not line, lines))


def _characters(text: str) -> Counter[str]:
    """Count the characters other than spaces and ends of lines."""
    return Counter("".join(text.split()))


def _values(text: str) -> list[object]:
    """Return the values of the documents, in which fields have no order."""
    return [_plain(node) for node in parse_yaml(text, "", lambda _: None)]


def _plain(node: nodes.Node) -> object:
    match node:
        case nodes.Scalar():
            return type(node.value), node.value
        case nodes.Mapping():
            return {entry.key: _plain(entry.value) for entry in node}
        case nodes.Sequence():
            return [_plain(item) for item in node.items]
