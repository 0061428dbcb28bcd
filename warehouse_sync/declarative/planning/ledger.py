"""What is remembered between applies, outside the files: what they once managed, and keyed fingerprints of secrets.

The API shows a mask in place of a secret, so only a fingerprint can tell whether it changed. Losing the ledger deletes
and recreates nothing: a secret then counts as unknown, and nothing is known to have been managed.
"""

import hashlib
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from warehouse_sync import Secret
from warehouse_sync.declarative.files.declarations import Key


class LedgerContent:
    """What a ledger holds at one moment, read once.

    Args:
        content: The ledger's file.
        owner: Whose resources count as managed.
    """

    def __init__(self, content: Mapping[str, Any], owner: str) -> None:
        self._key: str = content["key"]
        self._marks: Mapping[str, str] = content["fingerprints"]
        kept = (name.partition("/") for name, whose in content["managed"].items() if whose == owner)
        self.managed: frozenset[Key] = frozenset((kind, resource_id) for kind, _, resource_id in kept)

    def is_known(self, key: Key, path: str) -> bool:
        """Tell whether there is a fingerprint of a secret."""
        return _name(key, path) in self._marks

    def matches(self, key: Key, path: str, secret: Secret) -> bool:
        """Tell whether a secret is the one that was last applied."""
        kept = self._marks.get(_name(key, path), "")
        return hmac.compare_digest(kept.encode(), _fingerprint(self._key, key, path, secret).encode())


@attrs.frozen(kw_only=True)
class Ledger:
    """The remembered of one workspace.

    Attributes:
        file: Where it is kept, readable by its owner alone.
        owner: Which files apply: what others manage is not theirs to delete.
    """

    file: Path
    owner: str = ""

    @classmethod
    def of(cls, *, api_url: str, workspace_id: int, environ: Mapping[str, str], files: Path) -> "Ledger":
        """Return the ledger of a workspace in the user's state folder, as these files see it."""
        folder = environ.get("XDG_STATE_HOME") or "~/.local/state"
        location = hashlib.sha256(api_url.encode()).hexdigest()[:12]
        file = Path(folder).expanduser() / "warehouse-sync" / f"{workspace_id}-{location}.json"
        return cls(file=file, owner=str(files.resolve()))

    def read(self) -> LedgerContent:
        """Return what is remembered now."""
        return LedgerContent(self._read(), self.owner)

    def record_secrets(self, key: Key, applied: Mapping[str, Secret]) -> None:
        """Keep the fingerprints of what is applied; they replace those of the resource that were kept before."""
        content = self._read()
        others = {
            name: mark
            for name, mark in content["fingerprints"].items()
            if not name.startswith(_name(key, ""))
        }
        marks = {
            _name(key, path): _fingerprint(content["key"], key, path, secret)
            for path, secret in applied.items()
        }
        self._write({**content, "fingerprints": {**others, **marks}})

    def record_managed(self, keys: frozenset[Key]) -> None:
        """Note that these files manage these resources, whoever did before."""
        content = self._read()
        managed = {**content["managed"], **{"/".join(key): self.owner for key in sorted(keys)}}
        if managed != content["managed"]:
            self._write({**content, "managed": managed})

    def forget(self, key: Key) -> None:
        """Forget a resource that is gone."""
        content = self._read()
        kept = {
            name: mark
            for name, mark in content["fingerprints"].items()
            if not name.startswith(_name(key, ""))
        }
        managed = {name: whose for name, whose in content["managed"].items() if name != "/".join(key)}
        self._write({**content, "fingerprints": kept, "managed": managed})

    def _read(self) -> dict[str, Any]:
        """Read the file; one that is gone, spoilt or open to others counts as lost."""
        fresh: dict[str, Any] = {
            "version": 2,
            "key": secrets.token_hex(32),
            "managed": {},
            "fingerprints": {},
        }
        try:
            content = json.loads(self.file.read_bytes())
            whole = (
                isinstance(content["key"], str)
                and all(isinstance(whose, str) for whose in content["managed"].values())
                and all(isinstance(mark, str) for mark in content["fingerprints"].values())
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return fresh
        return (
            {name: content[name] for name in ("version", "key", "managed", "fingerprints")}
            if whole
            else fresh
        )

    def _write(self, content: Mapping[str, Any]) -> None:
        """Replace the file whole: a process killed at any moment leaves the old one or the new one."""
        folder = self.file.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=f".{self.file.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(content, stream, indent=1)
            Path(name).replace(self.file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _name(key: Key, path: str) -> str:
    return f"{key[0]}/{key[1]}/{path}"


def _fingerprint(key_hex: str, key: Key, path: str, secret: Secret) -> str:
    """Return a keyed hash, different for the same secret in another location."""
    message = f"{_name(key, path)}\n{secret.reveal()}".encode("utf-8", "surrogatepass")
    return hmac.new(key_hex.encode(), message, hashlib.sha256).hexdigest()
