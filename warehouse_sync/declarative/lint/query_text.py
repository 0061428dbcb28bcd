"""Lint rules for the text of a query, before it is parsed."""

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from sqlglot import Dialect, TokenType, exp
from sqlglot.errors import ParseError, SqlglotError

from warehouse_sync.declarative.lint.query import Query
from warehouse_sync.declarative.lint.rules import Edit, Finding

_TEMPLATE = re.compile(r"\{\{|\{%")
_PLACEHOLDER = re.compile(r"\$\{\w[\w.]*\}|%\(\w+\)s|(?<=[=(,<>])%s\b|(?<=[=(,<>] )%s\b")
_TYPOGRAPHIC_QUOTE = re.compile("[\u2018\u2019\u201a\u201c\u201d\u201e]")
_BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)

Statement = Any  # the base class of nodes depends on the release of sqlglot


def lint_wrapping(query: Query) -> Iterator[Finding]:
    """Report an end of the query that breaks a subquery, as which the API runs it."""
    if not query.tokens:
        return
    last = query.tokens[-1]
    if last.token_type == TokenType.SEMICOLON:
        message = "ends with a semicolon, which breaks the outer statement: remove it"
        ends = takewhile(lambda each: each.token_type == TokenType.SEMICOLON, reversed(query.tokens))
        edits = [Edit(each.start, each.end + 1, "") for each in ends]
        yield from query.report("WS312", message, at=last.start, edits=edits)
        return
    rest = query.sql[last.end + 1 :].rstrip()
    line = rest.rpartition("\n")[2]
    if _BLOCK_COMMENT.sub("", rest).strip() and not rest.endswith("*/") and not query.is_ignore_comment(line):
        message = "ends with a comment, which hides the rest of the outer statement: remove it or move it up"
        at = last.end + 1 + len(rest) - len(line.lstrip())
        yield from query.report("WS312", message, at=at)


def lint_placeholders(query: Query) -> Iterator[Finding]:
    """Report templates, placeholders and typographic quotes, which cannot be parsed."""
    code = query.code
    if found := _TEMPLATE.search(code):
        message = (
            f"has the template {_excerpt(query.sql, found.start())}, but the API needs compiled SQL: "
            "run dbt compile, and name the file below target/compiled in sql_file"
        )
        yield from query.report("WS315", message, at=found.start())
    elif found := _PLACEHOLDER.search(code):
        yield from query.report("WS315", placeholder_message(found.group()), at=found.start())
    elif found := _TYPOGRAPHIC_QUOTE.search(code):
        message = f"has the typographic quote {found.group()}: write ' for a text, or \" for a name"
        yield from query.report("WS301", message, at=found.start())


def placeholder_message(placeholder: str) -> str:
    """Return the message about a placeholder."""
    return f"has the placeholder {placeholder}, which is never replaced: write the value"


def _excerpt(sql: str, start: int) -> str:
    found = re.match(r"\{\{.*?\}\}|\{%.*?%\}", sql[start : start + 60])
    return found.group() if found else sql[start : start + 2]


def parse(query: Query) -> list[Statement]:
    """Return the statements of a query.

    Raises:
        SqlglotError: The query cannot be parsed.
        RecursionError: The query is nested too deeply.
    """
    if query.tokens is None:
        raise SqlglotError("a quote or a comment is not closed")
    parser = Dialect.get_or_raise(query.dialect or None).parser()
    statements: list[Any] = parser.parse(query.tokens, query.sql)
    return [each for each in statements if each is not None and not isinstance(each, exp.Semicolon)]


def lint_unparsed(query: Query, error: Exception) -> Iterator[Finding]:
    """Report a query that cannot be parsed, at the token that is not expected."""
    dialect = query.dialect or "standard SQL"
    hint = "" if query.dialect else "; if it has another dialect, declare its connection or pass --dialect"
    if isinstance(error, RecursionError):
        yield from query.report("WS301", f"cannot be parsed as {dialect}: it is nested too deeply")
        return
    if not isinstance(error, ParseError) or not error.errors:
        message = f"cannot be parsed as {dialect}: a quote or a comment is not closed{hint}"
        yield from query.report("WS301", message)
        return
    first = error.errors[0]
    token, following = str(first.get("highlight") or ""), str(first.get("end_context") or "")
    expected = re.fullmatch(r"Expecting (\S+)", str(first.get("description")))
    if expected:
        what = f"{expected[1]} is missing after {token!r}"
    elif not following.strip():
        what = f"it ends with {token!r}"
    else:
        what = f"{token!r} is not expected here"
    yield from query.report("WS301", f"cannot be parsed as {dialect}: {what}{hint}", at=_offset(query, first))


def _offset(query: Query, error: dict[str, Any]) -> int | None:
    """Return the offset of the token of an error, whose column is that of its last character."""
    line, column = error.get("line"), error.get("col")
    return next(
        (token.start for token in query.tokens or () if (token.line, token.col) == (line, column)),
        None,
    )
