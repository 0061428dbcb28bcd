"""The middle layer: parameters to a request, and an answer to the model its status code calls for."""

import json
import re
from typing import Any, NamedTuple
from urllib.parse import quote

from peers.generated import models
from peers.generated.rest import ApiException, RESTClientObject, RESTResponse
from pydantic import BaseModel, StrictBytes, StrictInt

RequestParts = tuple[str, str, dict[str, str], Any, Any]


class Configuration(NamedTuple):
    """Where the API is and with what token; 100 connections, aiohttp's default."""

    host: str
    access_token: str
    maxsize: int = 100


class ApiResponse(BaseModel):
    """A decoded answer together with what it was decoded from."""

    status_code: StrictInt
    headers: dict[str, str] | None = None
    data: Any
    raw_data: StrictBytes

    model_config = {"arbitrary_types_allowed": True}


class ApiClient:
    """Serializes requests, sends them, deserializes answers."""

    PRIMITIVE_TYPES = (float, bool, bytes, str, int)

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.rest_client = RESTClientObject(configuration.maxsize)
        self.default_headers = {"User-Agent": "OpenAPI-Generator/1.0.0/python"}

    async def close(self) -> None:
        """Close the session."""
        await self.rest_client.close()

    def param_serialize(  # noqa: PLR0913, PLR0917  # the signature generated clients have
        self,
        method: str,
        resource_path: str,
        path_params: dict[str, Any],
        query_params: list[tuple[str, Any]],
        header_params: dict[str, Any],
        auth_settings: list[str],
    ) -> RequestParts:
        """Return method, URL, headers, body and form fields of a request."""
        headers = dict(self.sanitize_for_serialization({**header_params, **self.default_headers}))
        for name, value in self.sanitize_for_serialization(path_params).items():
            resource_path = resource_path.replace(f"{{{name}}}", quote(str(value), safe=""))
        self.update_params_for_auth(headers, auth_settings)
        url = self.configuration.host + resource_path
        if query_params:
            query = self.sanitize_for_serialization(query_params)
            url += "?" + "&".join(f"{name}={quote(str(value))}" for name, value in query)
        return method, url, headers, None, []

    async def call_api(
        self,
        method: str,
        url: str,
        header_params: dict[str, str],
        body: Any = None,  # noqa: ANN401  # anything JSON
        post_params: Any = None,  # noqa: ANN401  # form fields, none here
        _request_timeout: float | None = None,
    ) -> RESTResponse:
        """Send a request made by `param_serialize`."""
        return await self.rest_client.request(
            method,
            url,
            headers=header_params,
            body=body,
            post_params=post_params,
            _request_timeout=_request_timeout,
        )

    def response_deserialize(self, response: RESTResponse, types: dict[str, str]) -> ApiResponse:
        """Decode an answer into the model declared for its status."""
        if response.data is None:
            raise ValueError("the answer has to be read before it is deserialized")
        response_type = types.get(str(response.status)) or types.get(f"{response.status // 100}XX")
        content_type = response.getheader("content-type") or ""
        charset = re.search(r"charset=([a-zA-Z\-\d]+)[\s;]?", content_type)
        text = response.data.decode(charset.group(1) if charset else "utf-8")
        if not 200 <= response.status <= 299:  # noqa: PLR2004  # the range of success
            raise ApiException(response.status, response.reason, text)
        return ApiResponse(
            status_code=response.status,
            data=self.deserialize(text, response_type, content_type),
            headers=dict(response.getheaders()),
            raw_data=response.data,
        )

    def deserialize(self, text: str, response_type: str | None, content_type: str) -> Any:  # noqa: ANN401  # any model
        """Parse JSON text and build the named model from it."""
        if not re.match(r"^application/(json|[\w!#$&.+\-^_]+\+json)\s*(;|$)", content_type, re.IGNORECASE):
            raise ApiException(0, "unsupported content type", content_type)
        if response_type is None:
            return None
        return getattr(models, response_type).from_dict(json.loads(text))

    def sanitize_for_serialization(self, obj: Any) -> Any:  # noqa: ANN401  # walks any value
        """Reduce a value to what JSON, a URL or a header can hold."""
        if obj is None or isinstance(obj, self.PRIMITIVE_TYPES):
            return obj
        if isinstance(obj, list):
            return [self.sanitize_for_serialization(item) for item in obj]
        if isinstance(obj, tuple):
            return tuple(self.sanitize_for_serialization(item) for item in obj)
        return {key: self.sanitize_for_serialization(value) for key, value in obj.items()}

    def update_params_for_auth(self, headers: dict[str, str], auth_settings: list[str]) -> None:
        """Add the bearer token where an operation declares it."""
        for setting in auth_settings:
            if setting == "bearerAuth":
                headers["Authorization"] = f"Bearer {self.configuration.access_token}"
