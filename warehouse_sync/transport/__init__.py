"""How requests travel: sessions, tokens, retries, deadlines. The only core folder that touches aiohttp."""
