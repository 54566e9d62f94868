"""The timeline: one event log, and what is read from it."""
