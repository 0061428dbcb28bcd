"""HTTP transport: sessions, tokens, retries and deadlines.

It is the only folder of the core that uses aiohttp.
"""
