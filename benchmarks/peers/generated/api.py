"""The outermost layer: a method per operation, its arguments checked by `validate_call` on every call."""

from typing import Annotated, Any

from peers.generated.api_client import ApiClient, RequestParts
from peers.generated.models import PipelineReport, PipelineRunPage
from pydantic import Field, StrictInt, StrictStr, validate_call

_PIPELINE = "/platform/v2/workspaces/{workspaceId}/inputs/data-pipelines/{pipelineId}"
_Timeout = Annotated[float, Field(strict=True, gt=0)] | None


class DataPipelinesApi:
    """The operations on data pipelines that are measured."""

    def __init__(self, api_client: ApiClient) -> None:
        self.api_client = api_client

    @validate_call
    async def get_pipeline_report(
        self,
        workspace_id: StrictInt,
        pipeline_id: StrictStr,
        _request_timeout: _Timeout = None,
        _headers: dict[StrictStr, Any] | None = None,
    ) -> PipelineReport:
        """Return the status report of a pipeline."""
        parts = self._serialize("/report", workspace_id, pipeline_id, [], _headers)
        report: PipelineReport = await self._send(parts, {"200": "PipelineReport"}, _request_timeout)
        return report

    @validate_call
    async def list_pipeline_runs(  # the signature generated clients have
        self,
        workspace_id: StrictInt,
        pipeline_id: StrictStr,
        current_page: StrictInt | None = None,
        page_size: StrictInt | None = None,
        _request_timeout: _Timeout = None,
        _headers: dict[StrictStr, Any] | None = None,
    ) -> PipelineRunPage:
        """Return a page of a pipeline's runs."""
        asked = [("currentPage", current_page), ("pageSize", page_size)]
        query = [(name, value) for name, value in asked if value is not None]
        parts = self._serialize("/runs", workspace_id, pipeline_id, query, _headers)
        page: PipelineRunPage = await self._send(parts, {"200": "PipelineRunPage"}, _request_timeout)
        return page

    def _serialize(
        self,
        suffix: str,
        workspace_id: int,
        pipeline_id: str,
        query: list[tuple[str, Any]],
        headers: dict[str, Any] | None,
    ) -> RequestParts:
        return self.api_client.param_serialize(
            method="GET",
            resource_path=_PIPELINE + suffix,
            path_params={"workspaceId": workspace_id, "pipelineId": pipeline_id},
            query_params=query,
            header_params={**(headers or {}), "Accept": "application/json"},
            auth_settings=["bearerAuth"],
        )

    async def _send(self, parts: RequestParts, types: dict[str, str], timeout: float | None) -> Any:  # noqa: ANN401  # any model; the name generated clients use
        response = await self.api_client.call_api(*parts, _request_timeout=timeout)
        await response.read()
        return self.api_client.response_deserialize(response, types).data
