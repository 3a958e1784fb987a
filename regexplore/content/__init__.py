"""Content: what every source of documents and blobs has in common, and the walk over it."""
