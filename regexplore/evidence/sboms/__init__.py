"""SBOMs: SPDX 2.2 to 3.0, CycloneDX 1.2 to 1.7, syft; each read tolerantly into one form."""
