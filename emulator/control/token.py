"""The token that whoever uses the control API from elsewhere has to show."""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_SHORTEST: Final = 16
"""Characters of a token that somebody chose."""


class Token:
    """One secret; compared in constant time, so that its parts cannot be guessed one by one."""

    def __init__(self, text: str) -> None:
        """Take a token. Raises ValueError for one that is easily guessed, or that no header can carry."""
        if len(text) < _SHORTEST or not text.isascii() or not text.isprintable() or " " in text:
            raise ValueError(f"the control token needs at least {_SHORTEST} characters of ASCII, without spaces")
        self.text = text
        self.cookie = hmac.new(text.encode(), b"cookie", "sha256").hexdigest()
        """What a browser keeps instead of it."""

    def matches(self, text: str) -> bool:
        """Whether it is this token."""
        return hmac.compare_digest(text.encode(), self.text.encode())

    def matches_cookie(self, text: str) -> bool:
        """Whether it is this token's cookie."""
        return hmac.compare_digest(text.encode(), self.cookie.encode())


def new_token() -> Token:
    """A token that nobody can guess."""
    return Token(secrets.token_urlsafe(32))


def given_token(text: str | None, file: Path | None) -> Token | None:
    """The token that somebody chose: ``text``, else what is in ``file``; None for none. Raises ValueError."""
    if text is not None:
        return Token(text)
    if file is None:
        return None
    try:
        return Token(file.read_text("utf-8").strip())
    except (OSError, UnicodeDecodeError) as failure:
        reason = getattr(failure, "strerror", None) or "this is no text"
        raise ValueError(f"{file}: {reason}; name a file that holds the token") from failure
    except ValueError as failure:
        raise ValueError(f"{file}: {failure}") from failure
