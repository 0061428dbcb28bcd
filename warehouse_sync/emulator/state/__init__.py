"""The emulator's state: workspaces, their resources, and event batches."""
