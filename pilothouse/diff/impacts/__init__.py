"""Impacts: one module a sort of thing that a change does to a cluster."""
