"""The SDK against the emulator, with operations and losses in any order, compared with a dict."""

from typing import Any

import attrs
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from warehouse_sync import (
    BadRequestError,
    Client,
    ConflictError,
    ConnectionSpec,
    DatabricksConfig,
    DataModelSpec,
    NotFoundError,
    ResourceState,
    RetryPolicy,
)
from warehouse_sync.emulator import Emulator

ids = st.sampled_from(["a", "B", "c-1", "d_2"])
names = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=20).filter(
    str.strip
)
kinds = st.sampled_from(["connections", "data_models"])
losses = st.sampled_from(["none", "before", "after", "503"])

_emulator = Emulator()


class Workspace(RuleBasedStateMachine):
    """A workspace that is changed through the SDK, and its expected content."""

    def __init__(self) -> None:
        super().__init__()
        self.emulator = _emulator.__enter__()
        self.emulator.reset()
        policy = RetryPolicy(base_delay=0, reconcile_timeout=0)
        self.client = Client(**self.emulator.client_options(), retry=policy)
        self.model: dict[str, dict[str, Any]] = {"connections": {}, "data_models": {}}

    def teardown(self) -> None:
        """Close the client and the emulator."""
        self.client.close()
        self.emulator.__exit__(None, None, None)

    def lose(self, method: str, loss: str) -> None:
        """Lose the next response of a method: before or after the change, or with an unreadable response."""
        self.emulator.clear_faults()
        route = f"{method} /platform/*"
        if loss == "before":
            self.emulator.fault(route, drop=True)
        elif loss == "after":
            self.emulator.fault(route, apply_then_drop=True)
        elif loss == "503":
            self.emulator.fault(route, status=503)

    @rule(kind=kinds, resource_id=ids, name=names, after=st.booleans())
    def create(self, kind: str, resource_id: str, name: str, *, after: bool) -> None:
        """Create one resource, which may be recovered or exist."""
        spec = make(kind, resource_id, name)
        existing = self.model[kind].get(resource_id)
        self.lose("POST", "after" if after else "none")
        try:
            created = getattr(self.client, kind).create(spec)
        except (BadRequestError, ConflictError):
            assert existing is not None
            return
        if existing is not None:  # the response was lost, and the existing resource equals the spec
            assert after
            assert existing == seen(created)
        self.model[kind][resource_id] = seen(created)
        assert created.name == name

    @rule(kind=kinds, resource_id=ids, name=names, loss=losses)
    def update(self, kind: str, resource_id: str, name: str, loss: str) -> None:
        """Replace one existing resource, however the first response was lost."""
        self.lose("PUT", loss)
        try:
            updated = getattr(self.client, kind).update(make(kind, resource_id, name))
        except NotFoundError:
            assert resource_id not in self.model[kind]
            return
        assert resource_id in self.model[kind]
        self.model[kind][resource_id] = seen(updated)
        assert updated.name == name

    @rule(kind=kinds, resource_id=ids, loss=losses)
    def delete(self, kind: str, resource_id: str, loss: str) -> None:
        """Delete one existing resource, however the first response was lost."""
        self.lose("DELETE", loss)
        try:
            getattr(self.client, kind).delete(resource_id)
        except NotFoundError:
            assert resource_id not in self.model[kind]
            return
        # After a lost response a 404 is a success, so deleting a missing resource may succeed.
        assert self.model[kind].pop(resource_id, None) is not None or loss != "none"

    @rule(kind=kinds, resource_id=ids, loss=losses)
    def get(self, kind: str, resource_id: str, loss: str) -> None:
        """Read one resource."""
        self.lose("GET", loss)
        try:
            found = getattr(self.client, kind).get(resource_id)
        except NotFoundError:
            assert resource_id not in self.model[kind]
            return
        assert seen(found) == self.model[kind][resource_id]

    @rule()
    def expire(self) -> None:
        """Let the API reject the token from now on."""
        self.emulator.expire_tokens()

    @invariant()
    def listed(self) -> None:
        """The listed resources are the expected ones."""
        self.emulator.clear_faults()
        for kind, expected in self.model.items():
            there = {each.id: seen(each) for each in getattr(self.client, kind).list()}
            assert there == expected


def make(kind: str, resource_id: str, name: str) -> ConnectionSpec | DataModelSpec:
    """Return a spec."""
    if kind == "connections":
        config = DatabricksConfig(provider="AWS", schema="s")
        return ConnectionSpec(id=resource_id, name=name, state=ResourceState.ACTIVE, config=config)
    return DataModelSpec(id=resource_id, name=name, state=ResourceState.ACTIVE, sql_query="SELECT 1")


def seen(model: Any) -> dict[str, Any]:
    """Return the fields of a model that were sent."""
    return attrs.asdict(model.to_spec())


TestWorkspace = Workspace.TestCase
TestWorkspace.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
