"""The blocking client. `client.py` and `resources.py` are generated from the asynchronous ones; `bridge.py` runs them."""
