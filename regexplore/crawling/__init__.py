"""Whole registries, a repository at a time: on threads, on an executor, on a Dask cluster."""
