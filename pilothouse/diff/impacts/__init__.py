"""What a change does in the cluster, one module for each sort of effect."""
