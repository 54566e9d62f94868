"""A small MQTT 3.1.1 broker: packets, sessions and a server, the first two without any I/O.

It is our own because those that could be had bring compiled wheels, a password store and a plug-in system along, of
which the module needs nothing.
"""
