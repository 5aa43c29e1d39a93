"""What every test relies on."""

from hypothesis import settings

# How long an example takes says something about the machine, and nothing about Pilothouse.
settings.register_profile("pilothouse", deadline=None)
settings.load_profile("pilothouse")
