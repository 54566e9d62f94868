"""Firmware and file system images: their form, where they wait, and how they come into force."""
