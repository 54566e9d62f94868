"""A browser's session: it shows the token once, and a cookie stands for it from then on."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from emulator.control.declaration import Cookie, operation
from emulator.control.desk import Desk
from emulator.control.problem import RefusedError


class LogIn(NamedTuple):
    """Who wants in."""

    token: Annotated[str, "what the ready line showed, or what was chosen"]


@operation("POST", "/session", tag="session")
def log_in(desk: Desk, body: LogIn) -> Cookie:
    """Show the token; the answer is a cookie. Nothing happens where no token is demanded."""
    if desk.token is None:
        return Cookie(desk.cookie, "")
    if not desk.token.matches(body.token):
        raise RefusedError(401, "this is not the token of this run")
    return Cookie(desk.cookie, desk.token.cookie)


@operation("DELETE", "/session", tag="session")
def log_out(desk: Desk) -> Cookie:
    """Forget the cookie."""
    return Cookie(desk.cookie, "")
