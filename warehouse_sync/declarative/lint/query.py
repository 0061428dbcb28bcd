"""The query of a data model, with the positions of its tokens."""

import re
from collections.abc import Iterator

import attrs
from sqlglot import Dialect, Token, TokenType
from sqlglot.errors import TokenError

from warehouse_sync.declarative.errors import Location
from warehouse_sync.declarative.files.declarations import DeclaredResource
from warehouse_sync.declarative.lint.pipelines import report
from warehouse_sync.declarative.lint.rules import Finding

IGNORE_COMMENT = re.compile(r"--\s*lint:\s*ignore\s+((?:WS[0-9]{3}[,\s]*)+)")
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
        iterators: The pipelines that load it with their iterator fields.
        transformations: The field transformations of these pipelines.
        tokens: The tokens; `None` if a quote or a comment is not closed.
    """

    declared: DeclaredResource
    sql: str
    dialect: str
    iterators: tuple[tuple[DeclaredResource, str], ...]
    transformations: tuple[DeclaredResource, ...]
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

    def report(self, code: str, message: str, *, at: int | None = None) -> Iterator[Finding]:
        """Yield a finding about the query, unless a comment in it ignores the rule.

        Args:
            code: The code of the rule.
            message: What is wrong and how to fix it.
            at: The offset of the text that the finding is about.
        """
        codes = {code for listed in IGNORE_COMMENT.findall(self.sql) for code in re.split(r"[,\s]+", listed)}
        if code in codes:
            return
        for finding in report(code, self.declared, "sql_query", message):
            yield finding if at is None else self._with_position(finding, at)

    def _with_position(self, finding: Finding, at: int) -> Finding:
        line = self.sql.count("\n", 0, at) + 1
        if not finding.location.file.endswith(".sql"):
            # The position in a YAML or JSON file depends on how the text is quoted there.
            in_query = f" (line {line} of the query)" if "\n" in self.sql else ""
            return attrs.evolve(finding, message=finding.message + in_query)
        column = at - self.sql.rfind("\n", 0, at)
        return attrs.evolve(finding, location=Location(finding.location.file, line, column))


def tokenize(sql: str, dialect: str) -> list[Token] | None:
    """Return the tokens of a query, or `None` if a quote or a comment is not closed."""
    try:
        return list(Dialect.get_or_raise(dialect or None).tokenize(sql))
    except TokenError:
        return None
