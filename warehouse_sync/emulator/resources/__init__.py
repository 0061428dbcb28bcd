"""The resources of the API: how each is validated, stored, shown and served."""
