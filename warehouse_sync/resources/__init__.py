"""The resource clients: what a workspace holds, and what can be done with it."""
