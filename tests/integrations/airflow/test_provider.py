"""What Airflow is told of the provider."""

import importlib.util
import subprocess
import sys
from importlib.metadata import distribution, entry_points

from warehouse_sync.integrations.airflow.provider import get_provider_info


def test_provider_is_an_entry_point_of_the_distribution() -> None:
    """Airflow finds the provider by the entry point, and refuses one whose name is not the distribution's."""
    [found] = [
        point
        for point in entry_points(group="apache_airflow_provider")
        if point.dist and point.dist.name == "warehouse-sync"
    ]
    info = found.load()()
    assert info["package-name"] == distribution("warehouse-sync").metadata["Name"]


def test_every_module_that_is_named_exists() -> None:
    """Airflow imports by these names, some of them only when a page is opened."""
    info = get_provider_info()
    modules = [
        module
        for part in ("hooks", "operators", "sensors", "triggers")
        for entry in info[part]
        for module in entry["python-modules"]
    ]
    paths = [*info["extra-links"], *(entry["hook-class-name"] for entry in info["connection-types"])]
    for module in [*modules, *(path.rpartition(".")[0] for path in paths)]:
        assert importlib.util.find_spec(module) is not None


def test_provider_info_loads_nothing_of_airflow_or_the_client() -> None:
    """Every command of Airflow reads it."""
    script = (
        "import sys; from warehouse_sync.integrations.airflow.provider import get_provider_info; get_provider_info(); "
        "sys.exit(any(name in sys.modules for name in ('airflow', 'aiohttp', 'attrs')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0  # noqa: S603 - our own
