"""Tests in a real Prefect, which sends nothing to anywhere."""

import os

os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"  # read when Prefect is imported
os.environ["DO_NOT_TRACK"] = "1"
