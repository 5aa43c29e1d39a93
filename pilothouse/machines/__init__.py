"""Files for the machines of a cluster: put on them by whoever installs it, and never applied to it."""
