"""The registry itself, as an ASGI application: one module for each group of endpoints."""
