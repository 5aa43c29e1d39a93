"""Diff: what a change of a stack is, and what it does to a cluster. Nothing here prints."""
