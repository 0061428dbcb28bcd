"""The path of each kind of resource, with the prefix of its API generation.

`Workspace.path` fills in the workspace.
"""

V2 = "/platform/v2/workspaces/{workspace_id}"
CONNECTIONS = f"{V2}/connections"
DATA_MODELS = f"{V2}/data-models"
PIPELINES = f"{V2}/inputs/data-pipelines"
TRIGGER = f"{PIPELINES}/trigger"
REPORT = f"{PIPELINES}/{{pipeline_id}}/report"
RUNS = f"{PIPELINES}/{{pipeline_id}}/runs"
RUN = f"{RUNS}/{{run_id}}"

INGEST_V1 = "/platform/v1/workspaces/{workspace_id}/ingest"

V1 = "/v1"
FEEDS = f"{V1}/workspace/{{workspace_id}}/partnerfeeds"
FEED = f"{V1}/partnerfeeds/{{feed_id}}"  # for GET; PUT and DELETE are below `FEEDS`
