"""HTTP transport: sessions, tokens, retries and deadlines. The only folder of the core that uses aiohttp."""
