"""The component: a workspace's pipelines as assets, from YAML."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import dagster as dg
from dagster.components.utils.defs_state import (
    DefsStateConfig,
    DefsStateConfigArgs,
    ResolvedDefsStateConfig,
)
from dagster.components.utils.translation import TranslationFn, TranslationFnResolver
from pydantic import Field

from warehouse_sync import ConfigurationError
from warehouse_sync.integrations.dagster.assets import sync_pipelines
from warehouse_sync.integrations.dagster.freshness import build_freshness_checks
from warehouse_sync.integrations.dagster.resource import WarehouseSyncResource
from warehouse_sync.integrations.dagster.sensor import build_polling_sensor
from warehouse_sync.integrations.dagster.state import (
    PipelineInfo,
    from_json,
    read_files,
    read_workspace,
    to_json,
)
from warehouse_sync.integrations.dagster.translator import WarehouseSyncTranslator


class WorkspaceModel(dg.Model):
    """Workspace in `defs.yaml`.

    Settings left out come from the environment's `WAREHOUSE_SYNC_…` variables.
    """

    workspace_id: int | str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    api_url: str | None = None
    token_url: str | None = None
    dashboard_url: str | None = None


def _resolve_workspace(context: dg.ResolutionContext, model: WorkspaceModel) -> WarehouseSyncResource:
    resolved = {name: context.resolve_value(value) for name, value in model if value is not None}
    # A template with an environment variable that is not set gives `None`: code is loaded without it, too.
    given = {name: value for name, value in resolved.items() if value is not None}
    if "workspace_id" in given:
        given["workspace_id"] = _to_number(given["workspace_id"])
    return WarehouseSyncResource(**given)


def _to_number(workspace: object) -> int:
    text = str(workspace)
    if not text.isdecimal():
        raise ConfigurationError(f"workspace_id must be a number, not {text!r:.60}")
    return int(text)


def _resolve_path(context: dg.ResolutionContext, model: str | None) -> Path | None:
    return None if model is None else Path(context.resolve_source_relative_path(context.resolve_value(model)))


class WarehouseSyncComponent(dg.StateBackedComponent, dg.Model, dg.Resolvable):
    """The pipelines of a workspace as assets that run them.

    The pipelines are read when the state is refreshed (`dg utils refresh-defs-state`; by itself in `dg dev`), never when code is
    loaded. With `files` they are read from YAML files, without an account. Override `execute` to do more than trigger and wait.
    """

    workspace: Annotated[
        WarehouseSyncResource, dg.Resolver(_resolve_workspace, model_field_type=WorkspaceModel)
    ] = Field(default_factory=WarehouseSyncResource, description="The workspace.")
    files: Annotated[Path | None, dg.Resolver(_resolve_path, model_field_type=str | None)] = Field(
        default=None,
        description="A folder of YAML files that declare the pipelines, relative to `defs.yaml`.",
    )
    environment: str | None = Field(
        default=None, description="The environment of the project file of `files`, if it has several."
    )
    pipelines: list[str] | None = Field(
        default=None, description="The ids of the pipelines; all when left out."
    )
    translation: (
        Annotated[
            TranslationFn[PipelineInfo],
            TranslationFnResolver[PipelineInfo](lambda pipeline: {"pipeline": pipeline}),
        ]
        | None
    ) = Field(default=None, description="Changes to the assets; templates see `pipeline` and `spec`.")
    timeout: float | None = Field(default=None, description="Seconds to wait at most for each run.")
    polling_sensor: bool = Field(
        default=True, description="Whether runs of the platform's own schedule become materializations."
    )
    polling_interval: int = Field(default=60, description="Seconds between two polls of that sensor.")
    freshness_checks: bool = Field(
        default=True, description="Whether pipelines with a schedule get freshness checks, with a sensor."
    )
    defs_state: ResolvedDefsStateConfig = DefsStateConfigArgs.local_filesystem()

    @property
    def defs_state_config(self) -> DefsStateConfig:
        """Location of the state."""
        which = (self.files and self.files.name) or self.workspace.workspace_id or "environment"
        return DefsStateConfig.from_args(self.defs_state, default_key=f"WarehouseSyncComponent[{which}]")

    def write_state_to_path(self, state_path: Path) -> None:
        """Read the pipelines, from the API or from files, and write them to the state.

        Raises:
            WarehouseSyncError: They cannot be read from the API.
            InvalidFilesError: Something is wrong with the files.
        """
        if self.files is not None:
            pipelines = read_files(self.files, self.environment)
        else:
            with self.workspace.get_client() as client:
                pipelines = read_workspace(client)
        state_path.write_text(to_json(pipelines), encoding="utf-8")

    def build_defs_from_state(
        self,
        context: dg.ComponentLoadContext,  # noqa: ARG002 - the signature of the base class
        state_path: Path | None,
    ) -> dg.Definitions:
        """Return the assets, the sensors and the checks."""
        specs = [self.get_asset_spec(pipeline) for pipeline in self._pipelines(state_path)]
        if not specs:
            return dg.Definitions()
        checks = build_freshness_checks(specs) if self.freshness_checks else []
        return dg.Definitions(
            assets=[self._assets(specs)],
            asset_checks=checks,
            sensors=self._sensors(specs, checks),
        )

    def get_asset_spec(self, pipeline: PipelineInfo) -> dg.AssetSpec:
        """Return the asset of a pipeline."""
        spec = WarehouseSyncTranslator().get_asset_spec(pipeline)
        return spec if self.translation is None else self.translation(spec, pipeline)

    def execute(self, context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        """Trigger the selected pipelines, wait, and yield a result for each."""
        yield from sync_pipelines(context, self.workspace, timeout=self.timeout)

    def _pipelines(self, state_path: Path | None) -> list[PipelineInfo]:
        if self.files is not None:  # the files are deployed with the code
            found = read_files(self.files, self.environment)
        elif state_path is not None:
            found = from_json(state_path.read_text(encoding="utf-8"))
        else:
            found = []
        return [each for each in found if self.pipelines is None or each.id in self.pipelines]

    def _assets(self, specs: list[dg.AssetSpec]) -> dg.AssetsDefinition:
        @dg.multi_asset(specs=specs, can_subset=True, name=_op_name(self.defs_state_config.key))
        def sync(context: dg.AssetExecutionContext) -> Any:  # noqa: ANN401 - Dagster reads the annotation
            yield from self.execute(context)

        return sync

    def _sensors(
        self, specs: list[dg.AssetSpec], checks: list[dg.AssetChecksDefinition]
    ) -> list[dg.SensorDefinition]:
        sensors = []
        name = _op_name(self.defs_state_config.key)
        if self.polling_sensor:
            interval = self.polling_interval
            sensors.append(
                build_polling_sensor(
                    specs, self.workspace, name=f"{name}_runs", minimum_interval_seconds=interval
                )
            )
        if checks:
            sensors.append(
                dg.build_sensor_for_freshness_checks(freshness_checks=checks, name=f"{name}_freshness")
            )
        return sensors


def _op_name(key: str) -> str:
    """Return a valid name that is unique for a component."""
    plain = "".join(letter if letter.isalnum() else "_" for letter in key.partition("[")[2].rstrip("]"))
    return f"warehouse_sync_{plain.strip('_')}"
