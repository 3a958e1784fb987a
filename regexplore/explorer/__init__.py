"""The explorer: registries, repositories and images to click through, in a notebook or on a page."""
