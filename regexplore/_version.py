__version__ = "0.1.0"
"""The version, as in the metadata of the package."""
