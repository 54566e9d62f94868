"""What is wrong with a CertificateVerify: read from a capture, or from the octets of its signature alone.

:mod:`emulator.diagnosis.reading` turns files into TLS conversations, :mod:`emulator.diagnosis.handshakes` finds the
handshakes in them, :mod:`emulator.diagnosis.judging` says what the client did, :mod:`emulator.diagnosis.report` says
it to a person or a program. All of it is streamed: a capture of any size takes the same memory.
"""
