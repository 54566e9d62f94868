"""Sockets of the host: client sockets, server sockets with their clients, receive buffers."""
