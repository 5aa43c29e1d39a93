"""``python -m pilothouse``: the same as the ``pilothouse`` command."""

from pilothouse.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
