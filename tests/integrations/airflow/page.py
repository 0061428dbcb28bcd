"""The files of the page on Airflow."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "airflow.md"
FILES: dict[str, str] = dict(
    re.findall(
        r"^```python\n# ([\w/.]+)\n(.*?)^```",
        PAGE.read_text(encoding="utf-8"),
        flags=re.MULTILINE | re.DOTALL,
    )
)


def nightly_dag(pipeline_ids: list[str]) -> str:
    """The page's DAG for these pipelines, started by hand, with one retry at once."""
    source = FILES["dags/nightly_sync.py"]
    for pattern, replacement in (
        (r"^PIPELINES = .*$", f"PIPELINES = {pipeline_ids!r}"),
        (r'schedule="0 3 \* \* \*"', "schedule=None"),
        (r'"retries": 2, "retry_delay": timedelta\(minutes=5\)', '"retries": 1, "retry_delay": timedelta(0)'),
    ):
        source, count = re.subn(pattern, replacement, source, flags=re.MULTILINE)
        assert count == 1, pattern
    return source
