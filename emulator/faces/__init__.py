"""The faces of the serial line: how a host reaches the module."""
