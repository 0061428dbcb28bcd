"""The emulator's state: workspaces, their resources, and the event batches that runs have sent."""
