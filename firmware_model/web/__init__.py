"""HTTP: the client behind AT+S.HTTPGET and AT+S.HTTPPOST, and the module's own web server."""
