"""All faces of one module: opened together, closed together, and each named by what pyserial opens."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from emulator.faces.endpoint import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.faces.door import Door
    from emulator.faces.endpoint import Endpoint
    from emulator.faces.face import HostEnd
    from emulator.faces.link import PortLink
    from emulator.faces.pty import PtyFace
    from emulator.faces.serial_port import SerialPortFace
    from emulator.faces.spi.server import SpiFace
    from emulator.faces.tcp import TcpFace
    from emulator.faces.wanted import WantedFaces


class Way(NamedTuple):
    """One way in: the kind of face, and the name by which a host opens it; pyserial, if it is a serial port."""

    kind: str
    url: str


class Faces:
    """The faces that are wanted."""

    def __init__(self, line: HostEnd, wanted: WantedFaces, tell: Callable[[str], None]) -> None:
        """Lead hosts to ``line``; ``tell`` hears what whoever runs the emulator should know."""
        self._line = line
        self._wanted = wanted
        self._tell = tell
        self._link: PortLink | None = None
        self._pty: PtyFace | None = None
        self._doors: list[Door] = []
        self._hosts: set[TcpFace] = set()
        self._ports: list[SerialPortFace] = []
        self._spi: SpiFace | None = None
        self.ways: list[Way] = []
        """The ways in, the pty first."""

    @property
    def device(self) -> str | None:
        """The pty's own name; None where there is no pty."""
        return None if self._pty is None else self._pty.device

    async def open(self, spi: SpiFace | None = None) -> None:
        """Open all faces, or none; ``spi`` is that of the bus, where there is one. Raises FaceError, OSError."""
        try:
            if spi is not None and self._wanted.spi is not None:
                await spi.open(self._wanted.spi)
                self._spi = spi
                self.ways.append(Way("spi", spi.port))
                if not self._wanted.spi.path:
                    self._warn("spi", self._wanted.spi)
            if self._wanted.has_pty:
                self._open_pty()
            for endpoint in self._wanted.rfc2217:
                await self._open_rfc2217(endpoint)
            for endpoint in self._wanted.tcp:
                await self._open_tcp(endpoint)
            for device in self._wanted.ports:
                await self._open_port(device)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close all faces and hang up on whoever is there."""
        for door in self._doors:
            door.close()
        for host in tuple(self._hosts):
            host.close()
            await host.gone.wait()
        for port in self._ports:
            await port.close()
        self._ports.clear()
        if self._spi is not None:
            await self._spi.close()
            self._spi = None
        if self._pty is not None:
            self._pty.close()
            self._pty = None
        if self._link is not None:
            self._link.close()
            self._link = None
        self._doors.clear()
        self.ways.clear()

    def _open_pty(self) -> None:
        # Imported here because not every system has what a pty is made of.
        from emulator.faces.link import PortLink
        from emulator.faces.pty import PtyFace

        if self._wanted.link is not None:
            self._link = PortLink(self._wanted.link)
        self._pty = PtyFace(self._line, self._link)
        self.ways.append(Way("pty", self._pty.port))

    async def _open_rfc2217(self, endpoint: Endpoint) -> None:
        # Imported here, as are the next, because few have such faces, and start-up time counts.
        from emulator.faces.rfc2217.face import Rfc2217Face

        await self._open_door("rfc2217", Rfc2217Face, endpoint)

    async def _open_tcp(self, endpoint: Endpoint) -> None:
        from emulator.faces.tcp import TcpFace

        await self._open_door("tcp", TcpFace, endpoint)

    async def _open_port(self, device: str) -> None:
        from emulator.faces.serial_port import SerialPortFace

        port = SerialPortFace(self._line, device, self._tell)
        await port.open()
        self._ports.append(port)
        self.ways.append(Way("port", device))

    async def _open_door(self, kind: str, face: type[TcpFace], endpoint: Endpoint) -> None:
        from emulator.faces.door import Door

        door = Door(face, self._line, self._hosts)
        self._doors.append(door)
        await door.open(endpoint)
        self.ways.append(Way(kind, door.url))
        self._warn(kind, endpoint)

    def _warn(self, kind: str, endpoint: Endpoint) -> None:
        """Say so where not only this machine reaches the module."""
        if not is_loopback(endpoint.host):
            self._tell(
                f"{endpoint} ({kind}) can be reached from other machines, without a password: whoever "
                "connects has the module and what it holds; listen at a port alone to keep them out"
            )
