"""Tests of the layout of YAML text."""

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse_sync.declarative.errors import Problem
from warehouse_sync.declarative.files import nodes
from warehouse_sync.declarative.files.format import field_order
from warehouse_sync.declarative.files.parse_yaml import parse_yaml
from warehouse_sync.declarative.files.yaml_layout import UnsupportedLayoutError, lay_out

NAMES = ("kind", "id", "name", "type", "query")


def test_layout_of_a_file() -> None:
    """Fields are ordered and indented; each comment stays with what it is about; blank lines separate once."""
    text = """

# The first line stays on top.
pipelines:
- name:   A    # its name
  # its id
  id: a
  sync_mode:
        from: 2026
        # its type
        type: full   \r
        # at the end of the mode


  # at the end of a

- # about b
  sync_mode:    {type: full,
       from: "x"  # y
    }
  id: >-
        b

         c
# about models


data_models :
   -   query: |2  # with spaces
          SELECT 1
            , 2   \t

          -- comment
       id:
            # below
            long
              id


"""
    expected = """\
# The first line stays on top.
pipelines:
  # its id
  - id: a
    name: A  # its name
    sync_mode:
      # its type
      type: full
      from: 2026
      # at the end of the mode

    # at the end of a

  # about b
  - id: >-
      b

       c
    sync_mode: {type: full,
         from: "x"  # y
      }
# about models

data_models:
  - id:
      # below
      long
        id
    query: |2  # with spaces
       SELECT 1
         , 2   \t

       -- comment
"""
    assert lay_out(text, NAMES) == expected
    assert lay_out(expected, NAMES) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1", "a: 1\n"),
        ("a: 1\r\nb: 2\r\n", "a: 1\nb: 2\n"),
        ("a:\n\n\n  - 1\n  -   2\n  -\n  -    # c\n    3\n", "a:\n  - 1\n  - 2\n  -\n  # c\n  - 3\n"),
        ("-  - - 1\n     - 2\n-  a: 1\n", "- - - 1\n    - 2\n- a: 1\n"),
        ("---    # c\nb: 1\nid: 2\n---\n\n# d\n", "---  # c\nid: 2\nb: 1\n---\n# d\n"),
        ("{b: 1,\n id: 2}\n", "{b: 1,\n id: 2}\n"),
        ("name: |+\n    x\n\n\nid: 1\n", "id: 1\nname: |+\n  x\n\n\n"),
        ("name: |-\n    x\n\n\nid: 1\n", "\n\nid: 1\nname: |-\n  x\n".lstrip()),
        ('name: "x\n\n  y"\nid: ${var.x}\n', 'id: ${var.x}\nname: "x\n\n  y"\n'),
        ("\"name\"  : env:A\n'id': file:a # c\n", "'id': file:a  # c\n\"name\": env:A\n"),
        ("name:\n# c\n  x\n", "name:\n  # c\n  x\n"),
        ("name: |\n  a\n     \n# c\n", "name: |\n  a\n     \n# c\n"),
        ("a:\n- x\n# about b\nb: 1\n", "a:\n  - x\n# about b\nb: 1\n"),
    ],
)
def test_layout_of_special_cases(text: str, expected: str) -> None:
    """Ends of lines, documents, keys, blank lines and scalars of every kind."""
    assert lay_out(text, NAMES) == expected
    assert lay_out(expected, NAMES) == expected


@pytest.mark.parametrize(
    "text",
    [
        "? a\n: 1\n",
        "%YAML 1.1\n---\na: 1\n",
        "a: 1\n...\n",
        "--- {a: 1}\n",
        "a: 1\rb: 2\n",
        'a: "1\u2028 2"\n',
        "a: |\n  no newline at the end",
        "text\n",
        "name:\n  |\n  x\n",
        "id: 1\n\ntype: 2\nname: |+\n  x\n",
    ],
)
def test_unsupported_layout_is_refused(text: str) -> None:
    """What cannot be laid out with the same meaning is left to its author."""
    with pytest.raises(UnsupportedLayoutError):
        lay_out(text, NAMES)


SPACES = st.integers(0, 3).map(lambda number: " " * number)
KEYS = st.sampled_from([*NAMES, "config", "'quoted key'", '"x"', "$schema"])
COMMENTS = st.sampled_from(["", "", "", " # note", "   # - id: x"])
SCALARS = st.sampled_from(
    [
        "1",
        "",
        "word # no",
        "two  words",
        "'it''s'",
        '"a: b"',
        "env:NAME",
        "file:../secret",
        "${var.x}",
        "{id: 1, b: [2, 3]}",
        "[]",
        '"two\n LINE words"',
        "plain\n LINE words",
        "{id: 1, # c\n LINE b: 2\n LINE }",
        "|\n LINE SELECT 1\n LINE   FROM a -- c  \n\n LINE # d",
        ">-\n LINE x\n\n",
        "|2\n BLOCK  x\n BLOCK y",
    ]
)


@st.composite
def blocks(draw: st.DrawFn, column: int = 0, depth: int = 0) -> list[str]:
    """Generate the lines of a block in any layout; the first one starts in `column`, which is left out."""
    lines: list[str] = []
    is_list = draw(st.booleans())
    keys = draw(st.lists(KEYS, unique_by=lambda key: key.strip("'\""), min_size=1, max_size=4))
    for number, key in enumerate(keys):
        if number:
            lines += draw(
                st.lists(
                    st.sampled_from(
                        ["", "   ", "# left", f"{' ' * column}# here", f"{' ' * column}   # deep"]
                    ),
                    max_size=3,
                )
            )
        start = " " * column if number else ""
        head = start + ("-" if is_list else key + draw(st.sampled_from(["", " "])) + ":")
        if depth < 3 and draw(st.booleans()):
            lines += draw(_nested(head, column, depth, is_list=is_list))
            continue
        value = draw(SCALARS)
        inner = " " * (column + draw(st.integers(1, 5)))
        value = value.replace(" LINE", inner).replace(" BLOCK", " " * (column + 2))
        lines += f"{head} {draw(SPACES)}{value}".split("\n")
        if "\n" not in value:
            lines[-1] += draw(COMMENTS)
    return lines


@st.composite
def _nested(draw: st.DrawFn, head: str, column: int, depth: int, *, is_list: bool) -> list[str]:
    if is_list and draw(st.booleans()):
        gap = draw(st.integers(1, 3))
        first, *rest = draw(blocks(column=column + 1 + gap, depth=depth + 1))
        return [f"{head}{' ' * gap}{first}", *rest]
    inner = column + draw(st.integers(1, 4))
    first, *rest = draw(blocks(column=inner, depth=depth + 1))
    between = draw(st.lists(st.sampled_from(["", "# above", f"{' ' * inner}# above"]), max_size=2))
    return [head + draw(COMMENTS), *between, " " * inner + first, *rest]


def _plain(node: nodes.Node) -> object:
    match node:
        case nodes.Scalar():
            return repr(node.value)
        case nodes.Mapping():
            return {entry.key: _plain(entry.value) for entry in node}
        case nodes.Sequence():
            return [_plain(each) for each in node.items]


def _parse(text: str) -> tuple[list[object], list[Problem]]:
    problems: list[Problem] = []
    return [_plain(each) for each in parse_yaml(text, "", problems.append)], problems


@settings(max_examples=50, deadline=None)
@given(st.lists(blocks(), min_size=1, max_size=2), st.sampled_from(["\n", "\r\n"]))
def test_layout_keeps_values_and_comments(documents: list[list[str]], newline: str) -> None:
    """Any text keeps its values, comments and lines, and a second layout changes nothing."""
    text = newline.join(["# top", *(newline.join(["---", *lines]) for lines in documents), ""])
    before, problems = _parse(text)
    if problems:
        return
    try:
        result = lay_out(text, NAMES)
    except UnsupportedLayoutError:
        pytest.fail(f"is refused:\n{text}")
    assert _parse(result) == (before, [])
    assert lay_out(result, NAMES) == result
    assert sorted(re.findall(r"#.*", result)) == sorted(re.findall(r"#.*", text.replace("\r", "")))
    for document in parse_yaml(result, "", lambda _: None):
        for names in _names(document):
            assert names == sorted(names, key=lambda name: NAMES.index(name) if name in NAMES else 9)


def _names(node: nodes.Node) -> list[list[str]]:
    """Return the names of each block mapping's fields."""
    match node:
        case nodes.Mapping() if len({entry.location.line for entry in node}) > 1:
            inner = [names for entry in node for names in _names(entry.value)]
            return [[entry.key for entry in node], *inner]
        case nodes.Sequence():
            return [names for each in node.items for names in _names(each)]
        case _:
            return []


def test_order_is_that_of_the_classes() -> None:
    """`kind` comes first, a connection's provider before its config, and the order of each class is kept."""
    order = field_order()
    assert len(set(order)) == len(order)
    for names in (
        ["kind", "id", "name", "state", "service_provider", "config", "lint"],
        ["kind", "id", "name", "state", "sql_file", "sql_query", "lint"],
        ["id", "name", "pipeline_type", "connection_id", "data_model_id", "state", "sync_mode", "schedule"],
        ["type", "iterator_field", "iterator_data_type", "from", "until"],
        ["database", "host", "port", "user", "password", "aws_iam_role_arn"],
        ["kind", "from", "to"],
    ):
        assert all(order.index(before) < order.index(after) for before, after in pairwise(names))
