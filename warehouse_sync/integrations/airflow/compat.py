"""Names that moved between the releases of Airflow 3."""

try:  # 3.1 and later
    from airflow.sdk import BaseHook
except ImportError:
    from airflow.hooks.base import BaseHook

try:  # 3.2 and later
    from airflow.sdk import conf
except ImportError:
    from airflow.configuration import conf

try:  # 3.1 and later
    from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferralTimeout
except ImportError:
    from airflow.exceptions import AirflowException, AirflowFailException, TaskDeferralTimeout

__all__ = [
    "AirflowException",
    "AirflowFailException",
    "BaseHook",
    "TaskDeferralTimeout",
    "conf",
    "is_deferrable_by_default",
]


def is_deferrable_by_default() -> bool:
    """Return Airflow's setting `[operators] default_deferrable`."""
    return bool(conf.getboolean("operators", "default_deferrable", fallback=False))
