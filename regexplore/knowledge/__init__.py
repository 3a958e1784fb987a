"""What the words of the OCI world mean, and where that is written down.

The knowledge lies in tables beside this file, one entry a concept; explanations, annotated documents, the steps of
a wire trace and the glossary of the documentation are made from them. Nothing here asks a registry.
"""
