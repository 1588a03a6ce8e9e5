"""Kezek Edge: the queue server of one public service centre, working with or without a link."""

from importlib.metadata import PackageNotFoundError, version

__released__ = "2026-11-24"  # no clock that is right shows less; a release sets it anew

try:
    __version__ = version("kezek-edge")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"
