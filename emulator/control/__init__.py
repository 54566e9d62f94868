"""What an emulator offers over HTTP: an interface for programs, a stream of events, a page for people.

It reads the timeline and calls :class:`emulator.emulator.Emulator`, nothing deeper. docs/control.md describes the
interface, docs/console.md the page.
"""
