"""The link from a task to its run."""

from typing import Any

from airflow.sdk import BaseOperatorLink
from airflow.sdk.execution_time.xcom import XCom

RUN_LINK_KEY = "run_link"


class WarehouseSyncRunLink(BaseOperatorLink):
    """Leads to the run of a task: the connection's `dashboard_url`."""

    @property
    def name(self) -> str:
        """The button's text."""
        return "Warehouse Sync"

    @property
    def xcom_key(self) -> str:
        """The XCom that holds the link; tasks push it as soon as they know their run."""
        return RUN_LINK_KEY

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ANN401 - Airflow's signature
        """Return the link of the operator's run, or an empty string."""
        link = getattr(operator, "run_link", None)
        if link is None:  # the task was resumed to fail, by a timeout: keep the link it has
            link = XCom.get_value(ti_key=ti_key, key=RUN_LINK_KEY)
        return link or ""
