"""Content graphs: what points at what, and pictures of it."""
