"""The output folder: file names, and the switch from the old tree to the new one.

Import from the modules themselves: ``pilothouse.dist.state`` must load in a millisecond, because a run in which nothing
changed needs it and nothing else.
"""
