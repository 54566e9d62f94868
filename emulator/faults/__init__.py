"""Faults that can be armed."""
