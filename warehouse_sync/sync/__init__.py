"""The blocking client: runs the coroutines of the asynchronous client on a background event loop."""
