"""An embedded OCI registry for teaching, tests and demonstrations. It knows only the language of OCI."""

from regexplore.errors import MissingExtraError

try:
    from regexplore.sandbox.layout_store import LayoutStore
    from regexplore.sandbox.profile import Profile
    from regexplore.sandbox.profiles import PROFILES
    from regexplore.sandbox.server import SandboxServer
    from regexplore.sandbox.stores import MemoryStore, RegistryStore
except ModuleNotFoundError as error:
    if error.name not in ("uvicorn", "httptools", "cryptography"):
        raise
    raise MissingExtraError(error.name, "sandbox") from error

__all__ = ["PROFILES", "LayoutStore", "MemoryStore", "Profile", "RegistryStore", "SandboxServer"]
