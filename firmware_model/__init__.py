"""The SPWF04Sx module itself: console, radio, storage, sockets and TLS, without a single outside resource.

Everything the module needs of the world (serial line, network, clock, flash, randomness) comes through the
protocols of :mod:`firmware_model.outside`; the package :mod:`emulator` supplies them.
"""
