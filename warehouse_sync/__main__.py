"""`python -m warehouse_sync`: the command line."""

from warehouse_sync.cli import main

if __name__ == "__main__":
    main()
