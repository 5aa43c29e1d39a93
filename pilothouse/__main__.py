"""``python -m pilothouse``: the same as the ``pilothouse`` command."""

from pilothouse.cli import command

if __name__ == "__main__":
    command()
