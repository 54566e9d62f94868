"""What a client did when it signed: right, or which mistake explains every octet of its signature."""
