"""The Python SDK for mParticle's Warehouse Sync API."""
