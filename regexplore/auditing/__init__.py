"""Audits: rules over images and their evidence, reports, exports, history of tags."""
