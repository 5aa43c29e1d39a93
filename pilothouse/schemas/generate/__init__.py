"""Makes the schema catalogue's data from pinned Go modules: what ``make schemas`` runs."""
