"""The parts of the screen: small widgets that show a state and tell what was clicked. They know nothing of OCI."""
