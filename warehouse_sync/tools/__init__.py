"""What builds parts of the package."""
