"""The query of a data model, with the positions of its tokens."""

import re
from collections.abc import Container, Iterable, Iterator

import attrs
from sqlglot import Dialect, Token, TokenType
from sqlglot.errors import TokenError

from warehouse_sync.declarative.errors import Location
from warehouse_sync.declarative.files.declarations import DeclaredResource
from warehouse_sync.declarative.lint.pipelines import report
from warehouse_sync.declarative.lint.rules import Edit, Finding, Fix

_CODES = r"((?:WS[0-9]+[,\s]*)+)"
_IGNORE = re.compile(rf"--\s*lint:\s*ignore\s+{_CODES}")
_MAY_IGNORE = re.compile(r"lint:|noqa", re.IGNORECASE)
_NOQA = re.compile(rf"(?:--|//|/\*|#)\s*noqa\b(?:\s*:\s*(?:{_CODES}|(\S+)))?", re.IGNORECASE)
_QUOTED = (
    TokenType.STRING,
    TokenType.RAW_STRING,
    TokenType.NATIONAL_STRING,
    TokenType.HEREDOC_STRING,
    TokenType.BYTE_STRING,
    TokenType.IDENTIFIER,
)


@attrs.frozen(kw_only=True)
class Query:
    """The query of a data model in one dialect.

    Attributes:
        declared: The data model.
        sql: The SQL text.
        dialect: The dialect of the connection; empty if the files do not declare it.
        qualifier: The database, or the project and the dataset, of the connection; empty if it has none, or if no fix can use it.
        iterators: The pipelines that load it with their iterator fields.
        transformations: The field transformations of these pipelines.
        tokens: The tokens; `None` if a quote or a comment is not closed.
    """

    declared: DeclaredResource
    sql: str
    dialect: str
    qualifier: tuple[str, ...] = ()
    iterators: tuple[tuple[DeclaredResource, str], ...] = ()
    transformations: tuple[DeclaredResource, ...] = ()
    tokens: list[Token] | None = attrs.field(repr=False)

    @property
    def code(self) -> str:
        """The SQL text with spaces in place of comments, strings and quoted names."""
        if self.tokens is None:
            return self.sql
        code = [" "] * len(self.sql)
        for token in self.tokens:
            if token.token_type not in _QUOTED:
                code[token.start : token.end + 1] = self.sql[token.start : token.end + 1]
        return "".join(code)

    def offset_of(self, *words: str) -> int | None:
        """Return the offset of the first of some keywords."""
        return next(
            (
                token.start
                for token in self.tokens or ()
                if token.token_type not in _QUOTED and token.text.upper() in words
            ),
            None,
        )

    @property
    def comments(self) -> str:
        """The SQL text with spaces in place of all but comments.

        It is empty if no comment can ignore rules.
        """
        if not _MAY_IGNORE.search(self.sql):
            return ""
        text = list(self.sql)
        for token in self.tokens or ():
            text[token.start : token.end + 1] = " " * (token.end + 1 - token.start)
        return "".join(text)

    def is_ignore_comment(self, text: str) -> bool:
        """Return whether a text has a comment that ignores rules."""
        return bool(_IGNORE.search(text) or _NOQA.search(text))

    def lint_comments(self, known: Container[str]) -> Iterator[Finding]:
        """Report codes of unknown rules in the comments that ignore rules."""
        comments = self.comments
        for found in (*_IGNORE.finditer(comments), *_NOQA.finditer(comments)):
            for code in _codes(found[1]):
                if code not in known:
                    message = f"ignores the unknown rule {code[:20]!r}: fix or remove the code"
                    yield from self.report("WS002", message, at=found.start())

    def report(
        self, code: str, message: str, *, at: int | None = None, edits: Iterable[Edit] = ()
    ) -> Iterator[Finding]:
        """Yield a finding about the query, unless a comment in it ignores the rule.

        Args:
            code: The code of the rule.
            message: What is wrong and how to fix it.
            at: The offset of the text that the finding is about; the first line if `None`.
            edits: The edits that fix it; none if a user must.
        """
        comments = self.comments
        if any(code in _codes(found[1]) for found in _IGNORE.finditer(comments)) or any(
            self._line(found.start()) == self._line(at or 0)
            and (code in _codes(found[1]) if found[1] else not found[2])
            for found in _NOQA.finditer(comments)
        ):
            return
        fix = Fix(sql=self.sql, edits=tuple(edits)) if edits else None
        for finding in report(code, self.declared, "sql_query", message):
            fixable = attrs.evolve(finding, fix=fix)
            yield fixable if at is None else self._with_position(fixable, at)

    def _line(self, offset: int) -> int:
        return self.sql.count("\n", 0, offset) + 1

    def _with_position(self, finding: Finding, at: int) -> Finding:
        line = self._line(at)
        if not finding.location.file.endswith(".sql"):
            # The position in a YAML or JSON file depends on how the text is quoted there.
            in_query = f" (line {line} of the query)" if "\n" in self.sql else ""
            return attrs.evolve(finding, message=finding.message + in_query)
        column = at - self.sql.rfind("\n", 0, at)
        return attrs.evolve(finding, location=Location(finding.location.file, line, column))


def _codes(listed: str | None) -> list[str]:
    return re.split(r"[,\s]+", listed.strip(", \n")) if listed else []


def tokenize(sql: str, dialect: str) -> list[Token] | None:
    """Return the tokens of a query, or `None` if a quote or a comment is not closed."""
    try:
        return list(Dialect.get_or_raise(dialect or None).tokenize(sql))
    except TokenError:
        return None
