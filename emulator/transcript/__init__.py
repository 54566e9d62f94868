"""Transcripts: dialogues over the serial port as text, read, written, played to any port and recorded from it.

The form is described in docs/compare.md. :mod:`emulator.capture.transcript` writes it from the timeline of an emulator.
"""
