"""Derivations: what only the whole stack can know, as pure functions from it."""
