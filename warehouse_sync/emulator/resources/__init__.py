"""The resources of the API: how each type is validated, stored, shown and served."""
