"""The blocking client.

It runs the coroutines of the asynchronous client on a background event loop.
"""
