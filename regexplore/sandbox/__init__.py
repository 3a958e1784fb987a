"""An embedded OCI registry for teaching, tests and demonstrations. It knows only the language of OCI."""
