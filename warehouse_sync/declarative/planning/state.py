"""The state: managed resources, and keyed fingerprints of applied secrets. No I/O.

The API masks secrets, so a fingerprint is the only way to detect a changed one. Without the state, nothing is deleted or
recreated: secrets are reported as unknown, and no resource counts as managed.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from warehouse_sync import Secret
from warehouse_sync.declarative.files.declarations import Key

FORMAT = 3


class InvalidStateError(Exception):
    """The text is not a state."""


@attrs.frozen
class Ownership:
    """The files that declare a resource.

    Attributes:
        owner: The owner that applied the resource last: the name of a project, or the path of a folder.
        others: Earlier owners whose files have not been applied without the resource since.
    """

    owner: str
    others: tuple[str, ...] = ()


@attrs.define(kw_only=True)
class State:
    """The state of a workspace, as one owner sees it.

    Attributes:
        owner: The owner whose resources count as managed.
        key: The key of the fingerprints.
        serial: The number of times that the state was saved.
        ownership: The ownership of each managed resource.
        fingerprints: The fingerprints of each resource by path.
        missing: Why the state is empty although resources can be managed; empty if it was read.
        notes: Remarks for the reader.
    """

    owner: str = ""
    key: str = attrs.field(default="", repr=False)
    serial: int = 0
    ownership: dict[Key, Ownership] = attrs.field(factory=dict)
    fingerprints: dict[Key, dict[str, str]] = attrs.field(factory=dict, repr=False)
    missing: str = ""
    notes: tuple[str, ...] = ()

    @property
    def managed(self) -> frozenset[Key]:
        """The resources that the owner manages."""
        return frozenset(key for key, each in self.ownership.items() if each.owner == self.owner)

    def other_owner(self, key: Key) -> str | None:
        """Return the owner of a resource if it is another one, else `None`."""
        found = self.ownership.get(key)
        return None if found is None or found.owner == self.owner else found.owner

    def is_known(self, key: Key, path: str) -> bool:
        """Return whether there is a fingerprint of a secret that can be compared."""
        return self._known(key, path).startswith(f"{_key_id(self.key)}:")

    def matches(self, key: Key, path: str, secret: Secret) -> bool:
        """Return whether a secret is the one that was last applied."""
        return hmac.compare_digest(
            self._known(key, path).encode(), self._fingerprint(key, path, secret).encode()
        )

    def record_secrets(self, key: Key, applied: Mapping[str, Secret]) -> None:
        """Replace the fingerprints of the secrets of a resource."""
        self.fingerprints.pop(key, None)
        if applied:
            self.fingerprints[key] = {
                path: self._fingerprint(key, path, secret) for path, secret in applied.items()
            }

    def record_created(self, key: Key) -> None:
        """Record the owner of a resource that did not exist before."""
        self.ownership[key] = Ownership(self.owner)

    def record_managed(self, keys: Iterable[Key]) -> None:
        """Record the owner of existing resources.

        An earlier owner is kept until it no longer declares them.
        """
        for key in keys:
            found = self.ownership.get(key, Ownership(self.owner))
            others = dict.fromkeys((*found.others, found.owner))
            others.pop(self.owner, None)
            self.ownership[key] = Ownership(self.owner, tuple(others))

    def record_undeclared(self, declared: frozenset[Key]) -> None:
        """Record that the owner's files declare only these resources."""
        for key, found in self.ownership.items():
            if self.owner in found.others and key not in declared:
                others = tuple(each for each in found.others if each != self.owner)
                self.ownership[key] = attrs.evolve(found, others=others)

    def remove(self, key: Key) -> None:
        """Remove a resource."""
        self.fingerprints.pop(key, None)
        self.ownership.pop(key, None)

    def content(self) -> dict[str, Any]:
        """Return the document to save, without the key."""
        resources = {
            "/".join(key): {"owner": found.owner, **({"others": list(found.others)} if found.others else {})}
            for key, found in sorted(self.ownership.items())
        }
        fingerprints = {
            _name(key, path): value
            for key, found in sorted(self.fingerprints.items())
            for path, value in sorted(found.items())
        }
        return {
            "version": FORMAT,
            "serial": self.serial,
            "resources": resources,
            "fingerprints": fingerprints,
        }

    def _known(self, key: Key, path: str) -> str:
        return self.fingerprints.get(key, {}).get(path, "")

    def _fingerprint(self, key: Key, path: str, secret: Secret) -> str:
        """Return a keyed hash that differs for the same secret in another field."""
        message = f"{_name(key, path)}\n{secret.reveal()}".encode("utf-8", "surrogatepass")
        return f"{_key_id(self.key)}:{hmac.new(self.key.encode(), message, hashlib.sha256).hexdigest()}"


@attrs.frozen(kw_only=True)
class StoredState:
    """A parsed state document.

    Attributes:
        serial: The number of times that the state was saved.
        ownership: The ownership of each managed resource.
        fingerprints: The fingerprints of each resource by path.
        key: The key that an earlier release stored with the fingerprints.
    """

    serial: int
    ownership: dict[Key, Ownership]
    fingerprints: dict[Key, dict[str, str]] = attrs.field(repr=False)
    key: str | None = attrs.field(default=None, repr=False)


def parse_state(content: bytes) -> StoredState:
    """Parse a state document of this or of the previous format.

    Raises:
        InvalidStateError: It is not one.
    """
    try:
        document = json.loads(content)
        return _parse_previous(document) if document["version"] == FORMAT - 1 else _parse(document)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise InvalidStateError from None


def _parse(document: Mapping[str, Any]) -> StoredState:
    if document["version"] != FORMAT or type(document["serial"]) is not int:
        raise InvalidStateError
    ownership = {
        _parse_key(name): Ownership(
            _text(found["owner"]), tuple(_text(each) for each in found.get("others", ()))
        )
        for name, found in document["resources"].items()
    }
    fingerprints = _parse_fingerprints(document["fingerprints"])
    return StoredState(serial=document["serial"], ownership=ownership, fingerprints=fingerprints)


def _parse_previous(document: Mapping[str, Any]) -> StoredState:
    key = _text(document["key"])
    ownership = {_parse_key(name): Ownership(_text(owner)) for name, owner in document["managed"].items()}
    fingerprints = _parse_fingerprints(document["fingerprints"], prefix=f"{_key_id(key)}:")
    return StoredState(serial=0, ownership=ownership, fingerprints=fingerprints, key=key)


def _parse_key(name: str) -> Key:
    kind, separator, resource_id = name.partition("/")
    if not separator:
        raise InvalidStateError
    return kind, resource_id


def _parse_fingerprints(document: Mapping[str, object], prefix: str = "") -> dict[Key, dict[str, str]]:
    found: dict[Key, dict[str, str]] = {}
    for name, value in document.items():
        kind, _, rest = name.partition("/")
        resource_id, separator, path = rest.rpartition("/")  # the name of a feed can have slashes
        if not separator:
            raise InvalidStateError
        found.setdefault((kind, resource_id), {})[path] = prefix + _text(value)
    return found


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidStateError
    return value


def _key_id(key: str) -> str:
    """Return a short name of a key, so that fingerprints of another key count as unknown."""
    return hmac.new(key.encode(), b"warehouse-sync key", hashlib.sha256).hexdigest()[:8]


def _name(key: Key, path: str) -> str:
    return f"{key[0]}/{key[1]}/{path}"
