"""JSON and YAML without characters that control a terminal."""

import json
import re
import sys
from importlib import import_module

from warehouse_sync.cli.streams import is_unicode


def to_json(document: object, *, indent: int | None = None) -> str:
    """Return a document as JSON; control characters and direction marks are escapes."""
    return escape_json(json.dumps(document, indent=indent, ensure_ascii=False))


def escape_json(text: str) -> str:
    """Escape what a terminal does not print, or cannot encode, in JSON text."""
    if not is_unicode(sys.stdout):
        return re.sub(r"[^\x00-\x7e]", _json_escape, text)
    # Outside of strings JSON consists of printable characters and line ends.
    return "\n".join(
        line if line.isprintable() else "".join(c if c.isprintable() else _json_escape(c) for c in line)
        for line in text.split("\n")
    )


def _json_escape(found: "str | re.Match[str]") -> str:
    return json.dumps(found if isinstance(found, str) else found[0])[1:-1]


def to_yaml(document: object) -> str:
    """Return a document as YAML; control characters and direction marks are escapes."""
    yaml = import_module("yaml")

    class Dumper(yaml.SafeDumper):  # type: ignore[misc, name-defined]  # a module that is imported when it is used
        """Quotes the strings that need escapes."""

    def represent_text(dumper: Dumper, text: str) -> object:
        style = None if text.replace("\n", "").isprintable() else '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, represent_text)
    dumped: str = yaml.dump(document, Dumper=Dumper, sort_keys=False, allow_unicode=is_unicode(sys.stdout))
    # YAML allows characters in a string that change what a terminal shows after them.
    return "".join(c if c.isprintable() or c == "\n" else _yaml_escape(c) for c in dumped)


def _yaml_escape(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"  # noqa: PLR2004 - the form by size
