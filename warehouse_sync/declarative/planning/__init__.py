"""Compare files with a workspace, and apply the difference."""
