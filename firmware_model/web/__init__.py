"""HTTP: the client behind AT+S.HTTPGET and AT+S.HTTPPOST."""
