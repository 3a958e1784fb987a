"""Inside an image: layer streams, the file system they make, packages, and lazy pulling."""
