"""RFC 2217: a serial port over telnet, without I/O.

Octets from the network go in, events come out; whatever has to be sent in answer waits to be taken. Three layers, each
in a file of its own:

- :mod:`telnet` takes commands and option negotiation out of the octets (RFC 854, 855, 856, 858, 1143);
- :mod:`messages` names what travels inside of the com port option (RFC 2217);
- :mod:`server` is the end that has the port, :mod:`client` the end that wants it.

Nothing that the other side sends raises, no octet of a command ever becomes one of the conversation, and what is
kept of an unfinished command is bounded.
"""
