"""The ledger: managed resources, and keyed fingerprints of applied secrets.

The API masks secrets, so a fingerprint is the only way to detect a changed one. Without the ledger, nothing is deleted or
recreated: secrets are reported as unknown, and no resource counts as managed.
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
    """The content of a ledger at the time it was read.

    Args:
        content: The JSON document of the file.
        owner: The owner whose resources count as managed.
    """

    def __init__(self, content: Mapping[str, Any], owner: str) -> None:
        self._key: str = content["key"]
        self._fingerprints: Mapping[str, str] = content["fingerprints"]
        names = (name.partition("/") for name, its_owner in content["managed"].items() if its_owner == owner)
        self.managed: frozenset[Key] = frozenset((kind, resource_id) for kind, _, resource_id in names)

    def is_known(self, key: Key, path: str) -> bool:
        """Return whether there is a fingerprint of a secret."""
        return _name(key, path) in self._fingerprints

    def matches(self, key: Key, path: str, secret: Secret) -> bool:
        """Return whether a secret is the one that was last applied."""
        known = self._fingerprints.get(_name(key, path), "")
        return hmac.compare_digest(known.encode(), _fingerprint(self._key, key, path, secret).encode())


@attrs.frozen(kw_only=True)
class Ledger:
    """The ledger file of one workspace.

    Attributes:
        file: The file, readable only by the user.
        owner: The folder of the files. Resources that another folder manages are never deleted.
    """

    file: Path
    owner: str = ""

    @classmethod
    def of(cls, *, api_url: str, workspace_id: int, environ: Mapping[str, str], files: Path) -> "Ledger":
        """Return the ledger of a workspace for a folder of files."""
        folder = environ.get("XDG_STATE_HOME") or "~/.local/state"
        location = hashlib.sha256(api_url.encode()).hexdigest()[:12]
        file = Path(folder).expanduser() / "warehouse-sync" / f"{workspace_id}-{location}.json"
        return cls(file=file, owner=str(files.resolve()))

    def read(self) -> LedgerContent:
        """Read the file."""
        return LedgerContent(self._read(), self.owner)

    def record_secrets(self, key: Key, applied: Mapping[str, Secret]) -> None:
        """Replace the fingerprints of the secrets of a resource."""
        content = self._read()
        others = {
            name: fingerprint
            for name, fingerprint in content["fingerprints"].items()
            if not name.startswith(_name(key, ""))
        }
        fingerprints = {
            _name(key, path): _fingerprint(content["key"], key, path, secret)
            for path, secret in applied.items()
        }
        self._write({**content, "fingerprints": {**others, **fingerprints}})

    def record_managed(self, keys: frozenset[Key]) -> None:
        """Record this folder as the owner of resources."""
        content = self._read()
        managed = {**content["managed"], **{"/".join(key): self.owner for key in sorted(keys)}}
        if managed != content["managed"]:
            self._write({**content, "managed": managed})

    def remove(self, key: Key) -> None:
        """Remove a deleted resource."""
        content = self._read()
        fingerprints = {
            name: fingerprint
            for name, fingerprint in content["fingerprints"].items()
            if not name.startswith(_name(key, ""))
        }
        managed = {name: owner for name, owner in content["managed"].items() if name != "/".join(key)}
        self._write({**content, "fingerprints": fingerprints, "managed": managed})

    def _read(self) -> dict[str, Any]:
        """Return the content; a missing or damaged file counts as empty."""
        empty: dict[str, Any] = {
            "version": 2,
            "key": secrets.token_hex(32),
            "managed": {},
            "fingerprints": {},
        }
        try:
            content = json.loads(self.file.read_bytes())
            is_valid = (
                isinstance(content["key"], str)
                and all(isinstance(each, str) for each in content["managed"].values())
                and all(isinstance(each, str) for each in content["fingerprints"].values())
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return empty
        return (
            {name: content[name] for name in ("version", "key", "managed", "fingerprints")}
            if is_valid
            else empty
        )

    def _write(self, content: Mapping[str, Any]) -> None:
        """Replace the file atomically."""
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
    """Return a keyed hash that differs for the same secret in another field."""
    message = f"{_name(key, path)}\n{secret.reveal()}".encode("utf-8", "surrogatepass")
    return hmac.new(key_hex.encode(), message, hashlib.sha256).hexdigest()
