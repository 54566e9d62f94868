"""Matched servers for demonstrations and tests: what the module talks to when no other server is at hand.

One :class:`~emulator.peers.peer.Site` can be served by Python's own ``ssl`` (always there), by
``openssl s_server`` and by Node.js (where they are on PATH); ``curl`` is the well-behaved client to compare
with.
"""
