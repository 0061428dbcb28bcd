"""Trigger a pipeline and handle each error that a caller can act on."""

import sys

from warehouse_sync import (
    Client,
    ConfigurationError,
    NotFoundError,
    OutcomeUnknownError,
    PipelineBusyError,
    RateLimitedError,
    RunFailedError,
    TransportError,
    ValidationError,
    WaitTimeoutError,
    WarehouseLoginError,
    WarehouseSyncError,
)


def run_pipeline(client: Client, pipeline_id: str) -> str:
    """Run a pipeline and return one line that says how it went."""
    try:
        run = client.pipelines.trigger_and_wait(pipeline_id, timeout=600)
    except ValidationError as error:
        return f"wrong arguments, nothing was sent: {error.problems}"
    except NotFoundError as error:
        return f"no pipeline {pipeline_id!r} (request id {error.request_id})"
    except PipelineBusyError:
        return "a run is in progress already"
    except RateLimitedError as error:
        return f"the API asks to wait for {error.retry_after} seconds"
    except WarehouseLoginError:
        return "the warehouse refused the login; fix the connection before you try again"
    except RunFailedError as error:
        return f"run {error.run.id} failed: {'; '.join(each.message for each in error.run.errors)}"
    except WaitTimeoutError as error:
        return f"the run goes on; wait again with {error.handle}"
    except OutcomeUnknownError as error:
        return f"the trigger may have started a run; check these before you repeat it: {error.candidates}"
    except TransportError as error:
        return f"no connection to the API: {error}"
    except WarehouseSyncError as error:
        return f"failed: {error}"
    return f"run {run.id}: {run.status}"


def main() -> None:
    """Run the pipelines that are named on the command line."""
    try:
        client = Client()
    except ConfigurationError as error:
        sys.exit(f"set the environment first: {error}")
    with client:
        for pipeline_id in sys.argv[1:]:
            print(f"{pipeline_id}: {run_pipeline(client, pipeline_id)}")


if __name__ == "__main__":
    main()
