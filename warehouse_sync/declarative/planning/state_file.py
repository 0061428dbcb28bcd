"""Read, lock and save the state of a workspace."""

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import attrs

from warehouse_sync import ConfigurationError
from warehouse_sync.declarative.errors import PlanError, StateError
from warehouse_sync.declarative.files.read import UnreadableFileError, read_file
from warehouse_sync.declarative.planning.shared_state import shared_store
from warehouse_sync.declarative.planning.state import (
    InvalidStateError,
    Ownership,
    State,
    StoredState,
    parse_state,
)
from warehouse_sync.declarative.planning.state_store import LocalStore, Store, replace_file
from warehouse_sync.declarative.project import ProjectEnvironment

KEY_VARIABLE = "WAREHOUSE_SYNC_FINGERPRINT_KEY"
_MIN_KEY_LENGTH = 32
_MAX_KEY_SIZE = 1000  # bytes


@attrs.frozen(kw_only=True)
class StateFile:
    """The state of one workspace for one owner.

    Attributes:
        store: Where the state is.
        owner: The name of the project, or the folder of the files without one.
        folder: The folder of the project. What was applied from it without a project belongs to the project.
        key_file: The file with the key of the fingerprints, readable only by the user.
        earlier: The user's own state, which is read as long as the project's own does not exist.
        given_key: The key from the environment, used instead of the file's.
    """

    store: Store
    owner: str
    key_file: Path
    given_key: str | None = attrs.field(default=None, repr=False)
    folder: Path | None = None
    earlier: Store | None = None

    @classmethod
    def of(
        cls,
        *,
        api_url: str,
        workspace_id: int,
        environ: Mapping[str, str],
        files: Path,
        environment: ProjectEnvironment | None = None,
    ) -> "StateFile":
        """Return the state of a workspace for a folder of files, or for its project."""
        file = local_file(api_url=api_url, workspace_id=workspace_id, environ=environ)
        store: Store = LocalStore(file=file)
        earlier = None
        if environment is not None and environment.project.state is not None:
            store, earlier = _project_store(environment, environ), store
        return cls(
            store=store,
            earlier=earlier,
            owner=environment.project.name if environment else str(files.resolve()),
            folder=environment.project.root if environment else None,
            key_file=file.with_suffix(".key"),
            given_key=_given_key(environ),
        )

    def read(self) -> State:
        """Read the state. A missing or damaged one counts as empty, and says so."""
        source, content = self.store, self.store.read()
        if content is None and self.earlier is not None:
            source, content = self.earlier, self.earlier.read()
        empty = StoredState(serial=0, ownership={}, fingerprints={})
        missing, stored = "", empty
        notes: tuple[str, ...] = ()
        if content is None:
            missing = f"there is no state at {self.store}"
        else:
            try:
                stored = parse_state(content)
            except InvalidStateError:
                missing = f"the state {source} is damaged"
                notes = (f"The state {source} is damaged and counts as empty. apply keeps a copy of it.",)
        if source is not self.store and not missing:
            notes = (f"There is no state at {self.store}; the next apply copies {source} to it.",)
        return State(
            owner=self.owner,
            key=self._key(stored.key),
            serial=stored.serial if source is self.store else 0,
            ownership={key: self._renamed(found) for key, found in stored.ownership.items()},
            fingerprints=stored.fingerprints,
            missing=missing,
            notes=notes,
        )

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lock of the state.

        Raises:
            PlanError: Another process holds it.
        """
        with self.store.lock():
            yield

    def save(self, state: State) -> None:
        """Save the state; the lock must be held.

        Raises:
            StateError: The store refuses it, or another process saved it since it was read.
            OSError: A file cannot be written.
        """
        try:
            self._save(state)
        except PlanError as error:
            raise StateError("; ".join(error.reasons)) from None

    def _save(self, state: State) -> None:
        content = self.store.read()
        try:
            serial = parse_state(content).serial if content is not None else 0
        except InvalidStateError:
            self.store.copy_damaged(content or b"")
            serial = state.serial
        if serial != state.serial:
            raise StateError(f"another process changed the state {self.store}")
        if self.given_key is None and not self.key_file.exists():
            replace_file(self.key_file, state.key.encode())
        self.store.write((json.dumps({**state.content(), "serial": serial + 1}, indent=1) + "\n").encode())
        state.serial = serial + 1

    def _renamed(self, found: Ownership) -> Ownership:
        """Return an ownership in which the folder of the project counts as the project."""
        if self.folder is None:
            return found
        owner, *others = (
            self.owner if Path(each).is_absolute() and Path(each).is_relative_to(self.folder) else each
            for each in (found.owner, *found.others)
        )
        return Ownership(owner, tuple(each for each in dict.fromkeys(others) if each != owner))

    def _key(self, stored: str | None) -> str:
        if self.given_key is not None:
            return self.given_key
        try:
            return read_file(self.key_file, limit=_MAX_KEY_SIZE).decode("ascii").strip()
        except (UnreadableFileError, UnicodeDecodeError):
            return stored or secrets.token_hex(32)


def _project_store(environment: ProjectEnvironment, environ: Mapping[str, str]) -> Store:
    """Return the store of a project's own state."""
    text = environment.project.state or ""
    text = text.replace("{env}", environment.name).replace("{workspace_id}", str(environment.workspace_id))
    if "://" in text:
        return shared_store(text, environ)
    return LocalStore(file=environment.project.root / text)


def local_file(*, api_url: str, workspace_id: int, environ: Mapping[str, str]) -> Path:
    """Return the user's state file of a workspace."""
    folder = environ.get("XDG_STATE_HOME") or "~/.local/state"
    location = hashlib.sha256(api_url.encode()).hexdigest()[:12]
    try:
        root = Path(folder).expanduser()
    except RuntimeError:  # neither HOME nor an entry of the user database
        raise PlanError(["there is no home folder for the state: set XDG_STATE_HOME"]) from None
    return root / "warehouse-sync" / f"{workspace_id}-{location}.json"


def _given_key(environ: Mapping[str, str]) -> str | None:
    key = environ.get(KEY_VARIABLE)
    if key and len(key) < _MIN_KEY_LENGTH:
        raise ConfigurationError(
            f"{KEY_VARIABLE} has {len(key)} characters: use at least {_MIN_KEY_LENGTH} random ones"
        )
    return key or None
