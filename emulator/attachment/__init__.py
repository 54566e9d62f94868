"""A local port for a module elsewhere: a pty here, RFC 2217 or TCP to the emulator, or to any other serial server."""
