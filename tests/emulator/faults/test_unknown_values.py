"""Undocumented values, read through the fault `unknown` and put back."""

import attrs
import pytest

from warehouse_sync import AsyncClient, BadRequestError
from warehouse_sync.emulator import Emulator


async def test_unknown_values_that_were_read_can_be_put_back() -> None:
    """An update with a value that the fault showed keeps the real one; in a new resource it is invalid."""
    async with Emulator() as emulator, AsyncClient(**emulator.client_options()) as client:
        [pipeline_id] = emulator.seed(pipelines=1)
        before = (await client.pipelines.get(pipeline_id)).to_spec()
        emulator.fault("GET */data-pipelines/*", unknown=True)
        read = await client.pipelines.get(pipeline_id)
        assert (read.state, read.schedule.type) == ("unknown_value", "unknown_value")
        await client.pipelines.update(attrs.evolve(read.to_spec(), name="Renamed"))
        after = (await client.pipelines.get(pipeline_id)).to_spec()
        assert (after.name, after.state) == ("Renamed", before.state)
        assert after.schedule.type == before.schedule.type
        assert after.sync_mode.type == before.sync_mode.type
        with pytest.raises(BadRequestError, match="state must be"):
            await client.pipelines.create(attrs.evolve(read.to_spec(), id="other"))
