"""States that several machines share: URLs of fsspec, and HTTP servers."""

import json
import os
import socket
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http import HTTPStatus
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import attrs

from warehouse_sync import ConfigurationError
from warehouse_sync.declarative.errors import PlanError, StateError
from warehouse_sync.declarative.planning.state_store import MAX_SIZE, Store, damaged_name

TOKEN_VARIABLE = "WAREHOUSE_SYNC_STATE_TOKEN"  # noqa: S105 - a name
HOST_VARIABLE = "WAREHOUSE_SYNC_STATE_HOST"
_TIMEOUT = 60  # seconds
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_CONFLICTS = (HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED)


def shared_store(url: str, environ: Mapping[str, str]) -> Store:
    """Return the store of a URL.

    Raises:
        ConfigurationError: The URL cannot be used, or a package is missing.
    """
    scheme = urlsplit(url).scheme
    if scheme not in ("http", "https"):
        return UrlStore(url=url)
    if scheme == "http" and urlsplit(url).hostname not in _LOOPBACK:
        raise ConfigurationError(f"state {_masked(url)} is not encrypted: use https")
    token, host = environ.get(TOKEN_VARIABLE), urlsplit(url).hostname
    if token and environ.get(HOST_VARIABLE) != host:
        # The URL is in a file that a change can edit: the token must not follow it to another server.
        raise ConfigurationError(
            f"{TOKEN_VARIABLE} is sent only to the host in {HOST_VARIABLE}, which is not {host}"
        )
    return HttpStore(url=url, token=token or None)


@attrs.frozen(kw_only=True)
class UrlStore:
    """An object behind a URL of fsspec, such as `s3://`; another one is its lock.

    Attributes:
        url: The URL.
    """

    url: str

    def read(self) -> bytes | None:
        """Return the content, or `None` if there is no object."""
        with self._errors():
            files, path = self._open()
            try:
                content: bytes = files.cat_file(path)
            except FileNotFoundError:
                return None
        return content

    def write(self, content: bytes) -> None:
        """Replace the object."""
        with self._errors():
            files, path = self._open()
            files.makedirs(files._parent(path), exist_ok=True)  # noqa: SLF001 - fsspec's documented helper
            files.pipe_file(path, content)

    def copy_damaged(self, content: bytes) -> None:
        """Write the content to an object of its own, named after its digest."""
        attrs.evolve(self, url=damaged_name(self.url, content)).write(content)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lock object."""
        holder = _holder()
        with self._errors():
            files, path = self._open()
            files.makedirs(files._parent(path), exist_ok=True)  # noqa: SLF001 - fsspec's documented helper
            with suppress(FileExistsError):
                files.pipe_file(f"{path}.lock", holder, mode="create")
        try:
            with self._errors():
                found: bytes = files.cat_file(f"{path}.lock")
                if found != holder:
                    raise _locked(str(self), found)
                self._check_exclusive(files, f"{path}.lock", holder)
            yield
        finally:
            self._release(holder)

    def _release(self, holder: bytes) -> None:
        """Remove the lock object, unless another process holds it."""
        with self._errors():
            files, path = self._open()
            with suppress(FileNotFoundError):
                if files.cat_file(f"{path}.lock") == holder:
                    files.rm_file(f"{path}.lock")

    def _check_exclusive(self, files: Any, lock: str, holder: bytes) -> None:  # noqa: ANN401 - fsspec has no types
        """Raise `PlanError` if the storage creates an object that exists: it ignores `mode`, so nothing is locked."""
        try:
            files.pipe_file(lock, holder, mode="create")
        except FileExistsError:
            return
        raise PlanError(
            [f"the state {self} cannot be locked: update the package of its storage, such as s3fs or gcsfs"]
        )

    def unlock(self) -> None:
        """Remove the lock object."""
        with self._errors():
            files, path = self._open()
            try:
                files.rm_file(f"{path}.lock")
            except FileNotFoundError:
                return

    def _open(self) -> tuple[Any, str]:
        try:
            files, path = import_module("fsspec.core").url_to_fs(self.url, use_listings_cache=False)
        except ImportError as error:
            needed = "" if error.name == "fsspec" else f" {error}"
            raise ConfigurationError(
                f"state {self} needs packages that are not installed: pip install 'warehouse-sync[state]'.{needed}"
            ) from None
        return files, path

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (PlanError, ConfigurationError, StateError):
            raise
        except Exception as error:
            # Each backend has errors of its own.
            raise PlanError([f"the state {self} cannot be used: {type(error).__name__}: {error}"]) from error

    def __str__(self) -> str:
        return _masked(self.url)


@attrs.define(kw_only=True)
class HttpStore:
    """A document of an HTTP server with ETags and conditional PUT requests.

    Attributes:
        url: The URL.
        token: The bearer token, or `None`.
    """

    url: str
    token: str | None = attrs.field(default=None, repr=False)
    _etag: str | None = attrs.field(default=None, init=False)

    def read(self) -> bytes | None:
        """Return the content, or `None` if there is no document."""
        status, etag, content = self._send("GET", self.url)
        if status == HTTPStatus.NOT_FOUND:
            self._etag = None
            return None
        self._check(status)
        if not etag:
            raise PlanError([f"the state {self} has no ETag, without which it cannot be shared"])
        self._etag = etag
        return content

    def write(self, content: bytes) -> None:
        """Replace the document if it is the one that was read."""
        condition = {"If-Match": self._etag} if self._etag else {"If-None-Match": "*"}
        status, _, _ = self._send("PUT", self.url, content, condition)
        if status in _CONFLICTS:
            raise StateError(f"another process changed the state {self}")
        self._check(status)

    def copy_damaged(self, content: bytes) -> None:
        """Write the content to a document of its own, named after its digest."""
        self._check(self._send("PUT", damaged_name(self.url, content), content)[0])

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lock document."""
        holder = _holder()
        status, _, _ = self._send("PUT", f"{self.url}.lock", holder, {"If-None-Match": "*"})
        if status in _CONFLICTS:
            raise _locked(str(self), self._send("GET", f"{self.url}.lock")[2])
        self._check(status)
        try:
            self._check_exclusive(holder)
            yield
        finally:
            self._release(holder)

    def _check_exclusive(self, holder: bytes) -> None:
        """Raise `PlanError` if the server creates a document that exists: it ignores the condition, so nothing is locked."""
        status, _, _ = self._send("PUT", f"{self.url}.lock", holder, {"If-None-Match": "*"})
        if status not in _CONFLICTS:
            raise PlanError(
                [
                    f"the state {self} cannot be locked: its server must refuse If-None-Match with 412, not {status}"
                ]
            )

    def _release(self, holder: bytes) -> None:
        """Remove the lock document, unless another process holds it."""
        status, _, found = self._send("GET", f"{self.url}.lock")
        if status == HTTPStatus.NOT_FOUND:
            return
        self._check(status)
        if found == holder:
            self.unlock()

    def unlock(self) -> None:
        """Remove the lock document."""
        status, _, _ = self._send("DELETE", f"{self.url}.lock")
        if status != HTTPStatus.NOT_FOUND:
            self._check(status)

    def _send(
        self, method: str, url: str, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, str | None, bytes]:
        authorization = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        request = urllib.request.Request(  # noqa: S310 - http and https only
            url,
            content,
            {"Content-Type": "application/json", **authorization, **(headers or {})},
            method=method,
        )
        try:
            with _OPENER.open(request, timeout=_TIMEOUT) as response:
                return response.status, response.headers["ETag"], response.read(MAX_SIZE)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["ETag"], error.read(MAX_SIZE)
        except OSError as error:
            reason = getattr(error, "reason", None) or error
            raise PlanError([f"the state {self} cannot be reached: {reason}"]) from None

    def _check(self, status: int) -> None:
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            raise PlanError([f"the state {self} cannot be used: the server returned {status}"])

    def __str__(self) -> str:
        return _masked(self.url)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Returns redirects as responses, so that the token is not sent to another server."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:  # noqa: ANN401 - as in the base class
        """Follow no redirect."""


_OPENER = urllib.request.build_opener(_NoRedirect)


def _holder() -> bytes:
    """Return the content of a lock: who holds it, since when, and a unique id."""
    holder = {
        "host": socket.gethostname(),
        "process": os.getpid(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "id": uuid.uuid4().hex,
    }
    return json.dumps(holder).encode()


def _locked(state: str, content: bytes) -> PlanError:
    try:
        holder = json.loads(content)
        who = f" by process {holder['process']} of {holder['host']} since {holder['since']}"
    except (ValueError, TypeError, KeyError):
        who = ""
    return PlanError(
        [
            (
                f"the state {state} is locked{who}: wait until it ends; "
                "if it was killed, remove the lock with `warehouse-sync state unlock`"
            )
        ]
    )


def _masked(url: str) -> str:
    """Return a URL without its credentials and query."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
