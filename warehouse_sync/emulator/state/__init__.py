"""The state the emulator holds: workspaces, their resources and the sent event batches."""
