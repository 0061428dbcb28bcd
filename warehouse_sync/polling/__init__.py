"""Asking for very many things: bulk reports, waiters, watching. Knows models and errors, and is handed what fetches."""
