"""How values are shown: escaped text, cards, tables and mime bundles. Nothing here asks a registry."""
