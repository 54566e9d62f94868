"""Content types of the web server and what a browser may keep of them (AN4965).

The types and the list of those that are never cached are the application note's; which file name extension has
which type is assumed, and so is the type of unknown ones.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

DYNAMIC: Final = "fhtml"
"""The extension of pages with markers that the server fills in."""
FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
ICON: Final = "image/x-icon"
HTML: Final = "text/html"
_RAW: Final = "application/x-raw-stuff"

_TYPES: Final = MappingProxyType(
    {
        "woff": "application/font-woff",
        "json": "application/json",
        "eot": "application/vnd.ms-fontobject",
        "class": "application/x-java-applet",
        "js": "application/x-javascript",
        "swf": "application/x-shockwave-flash",
        "mid": "audio/midi",
        "midi": "audio/midi",
        "mpa": "audio/mpeg",
        "mp3": "audio/mpeg3",
        "wav": "audio/wav",
        "wma": "audio/x-ms-wma",
        "bmp": "image/bmp",
        "gif": "image/gif",
        "jpg": "image/jpg",
        "jpeg": "image/jpg",
        "png": "image/png",
        "tif": "image/tiff",
        "tiff": "image/tiff",
        "ico": ICON,
        "pcx": "image/x-pcx",
        "mjpg": "multipart/x-mixed-replace",
        "css": "text/css",
        "htm": HTML,
        "html": HTML,
        DYNAMIC: HTML,
        "txt": "text/plain",
        "xsl": "text/xsl",
        "xml": "text/xml",
        "mpg": "video/mpeg",
        "mpeg": "video/mpeg",
        "asf": "video/x-ms-asf",
        "wmv": "video/x-ms-wmv",
        "avi": "video/x-msvideo",
    }
)
_NEVER_CACHED: Final = frozenset({"text/plain", "text/xml", "application/json", _RAW})


def extension(name: str) -> str:
    """What follows the last dot of a file name, in lower case; empty without a dot."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def content_type(name: str) -> str:
    """The type of a file by its name."""
    return _TYPES.get(extension(name), _RAW)


def is_cacheable(name: str) -> bool:
    """Whether a browser may keep the file."""
    return extension(name) != DYNAMIC and content_type(name) not in _NEVER_CACHED
