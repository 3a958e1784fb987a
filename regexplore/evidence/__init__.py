"""Supply-chain evidence: where it is found, what format it has, and whether it holds."""
