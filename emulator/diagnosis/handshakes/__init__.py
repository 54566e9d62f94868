"""From conversations to handshakes: TLS 1.0 to 1.2 as far as it goes in the clear (RFC 2246, 4346, 5246)."""
