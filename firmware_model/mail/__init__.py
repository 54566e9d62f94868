"""Mail as AT+S.SMTP sends it: the message, the dialogue with the server, the client that brings both together."""
