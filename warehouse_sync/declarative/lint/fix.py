"""Apply the fixes of findings to `.sql` files."""

import codecs
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from warehouse_sync.declarative.errors import Location
from warehouse_sync.declarative.files.atomic_write import write_atomically
from warehouse_sync.declarative.files.discover import MAX_FILE_SIZE
from warehouse_sync.declarative.files.read import UnreadableFileError, decode_text, read_file
from warehouse_sync.declarative.lint.rules import Edit, Finding, Fix


def fix_files(findings: Iterable[Finding]) -> list[Finding]:
    """Apply fixes to `.sql` files, and return the findings that are fixed.

    A finding is not fixed if the query is in a YAML or JSON file, if it uses variables, or if data models that share the
    file need different fixes. Line ends and a byte order mark are kept.

    Raises:
        OSError: A file cannot be written; then none is changed.
    """
    by_file = defaultdict[str, list[Finding]](list)
    for finding in findings:
        if finding.location.file.endswith(".sql"):
            by_file[finding.location.file].append(finding)
    texts: dict[Path, str] = {}
    fixed: list[Finding] = []
    for name, found in by_file.items():
        try:
            content = read_file(Path(name), limit=MAX_FILE_SIZE)
            text = decode_text(content)
        except UnreadableFileError:
            continue  # it was replaced since it was checked, so the fixes are those of another text
        sql = text.replace("\r\n", "\n").removesuffix("\n")
        fixes = {finding: fix for finding, fix in _agreed(found).items() if fix.sql == sql}
        if fixes:
            mark = "\ufeff" if content.startswith(codecs.BOM_UTF8) else ""
            texts[Path(name)] = mark + _edited(text, {edit for fix in fixes.values() for edit in fix.edits})
            fixed += fixes
    write_atomically(texts)
    return fixed


def _agreed(findings: Iterable[Finding]) -> dict[Finding, Fix]:
    """Return the fixes of findings, without those that differ for the same rule and place."""
    alike = defaultdict[tuple[str, Location], list[Finding]](list)
    for finding in findings:
        alike[finding.rule.code, finding.location].append(finding)
    return {
        found[0]: found[0].fix
        for found in alike.values()
        if found[0].fix is not None and all(each.fix == found[0].fix for each in found)
    }


def _edited(text: str, edits: Iterable[Edit]) -> str:
    """Return a text after edits, whose offsets count each line end as one character."""
    offsets = [each for each in range(len(text)) if text[each - 1 : each + 1] != "\r\n"]
    offsets.append(len(text))
    for edit in sorted(edits, key=_position, reverse=True):
        text = text[: offsets[edit.start]] + edit.text + text[offsets[edit.end] :]
    return text


def _position(edit: Edit) -> tuple[int, int]:
    return edit.start, edit.end
