"""The packages of an image, read from the databases that package managers leave in it."""

from regexplore.image.packages.databases import PackageSearch, find_packages, is_database
from regexplore.image.packages.go_build import find_build_info
from regexplore.image.packages.os_release import OsRelease, read_os_release
from regexplore.image.packages.owned_files import owned_files
from regexplore.image.packages.package import Package

__all__ = [
    "OsRelease",
    "Package",
    "PackageSearch",
    "find_build_info",
    "find_packages",
    "is_database",
    "owned_files",
    "read_os_release",
]
