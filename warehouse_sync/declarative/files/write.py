"""Write models as YAML files, with references instead of secrets."""

import re
from pathlib import Path
from typing import Any

import yaml

from warehouse_sync import FeedSpec
from warehouse_sync.declarative.errors import PlanError
from warehouse_sync.declarative.files.atomic_write import write_atomically
from warehouse_sync.declarative.files.documents import to_document
from warehouse_sync.declarative.files.fields import Spec
from warehouse_sync.declarative.files.parse_yaml import ambiguity, plain_value
from warehouse_sync.declarative.files.variables import escape
from warehouse_sync.declarative.planning.diff import secret_paths

_BLOCK = re.compile(r"(?:[\x20-\x7e]*\S\n)+[\x20-\x7e]*\S", re.ASCII)


class _Dumper(yaml.SafeDumper):
    """Quotes ambiguous strings, indents lists, and writes queries as block scalars."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the signature is PyYAML's
        """Indent lists below their key, as `fmt` does."""
        super().increase_indent(flow, False)  # noqa: FBT003 - same


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if _BLOCK.fullmatch(text) and not text[0].isspace():
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|")
    ambiguous = plain_value(text) != text or ambiguity(text) is not None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if ambiguous else None)


_Dumper.add_representer(str, _represent_text)


def to_yaml(document: object) -> str:
    """Return a document as YAML that parses back to the same document."""
    return str(yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100_000))


def resource_document(spec: Spec) -> dict[str, Any]:
    """Return the document of a resource, with `env:` references for its secrets."""
    document: dict[str, Any] = _escaped(to_document(spec))
    if isinstance(spec, FeedSpec):
        settings = document.pop("settings")
        values = [{"value": f"env:{variable_name(spec.name, each['name'])}"} for each in settings]
        listed = [each | value for each, value in zip(settings, values, strict=True)]
        return {**document, **({"settings": listed} if listed else {})}
    needed = secret_paths(spec)
    for path in sorted(needed):
        section, _, name = path.rpartition(".")
        holder = document[section] if section else document
        if section or name in holder:
            holder[name] = f"env:{variable_name(spec.id, name)}"
    return document


def _escaped(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a document in which no text is a reference to a variable."""
    match value:
        case str():
            return escape(value)
        case dict():
            return {key: _escaped(each) for key, each in value.items()}
        case _:
            return value


def variable_name(resource_id: str, field: str) -> str:
    """Return the name of the environment variable for a secret of a resource."""
    name = re.sub(r"[^A-Z0-9]", "_", f"{resource_id}_{field}".upper())
    return f"_{name}" if name[0].isdigit() else name


def write_files(folder: Path, files: dict[str, str], *, force: bool) -> list[Path]:
    """Write files to a folder: all of them, or none.

    Raises:
        PlanError: A file exists and `force` is false; nothing was written.
        OSError: A file cannot be written.
    """
    existing = [name for name in files if (folder / name).exists()]
    if existing and not force:
        raise PlanError([f"{folder / name} exists: use --force to overwrite it" for name in existing])
    for parent in {(folder / name).parent for name in files} | {folder}:
        parent.mkdir(parents=True, exist_ok=True)
    write_atomically({folder / name: text for name, text in files.items()})
    return [folder / name for name in files]


def needed_variables(files: dict[str, str]) -> list[str]:
    """Return the environment variables that files refer to, in order of use."""
    texts = (text for name, text in files.items() if not name.endswith(".sql"))
    found = (re.findall(r"^\s*\w+: env:(\w+)$", text, re.MULTILINE) for text in texts)
    return list(dict.fromkeys(name for names in found for name in names))
