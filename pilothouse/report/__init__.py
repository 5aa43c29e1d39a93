"""Reports: findings as text for one kind of reader, a module each. Nothing here prints; every ``render`` returns it."""
