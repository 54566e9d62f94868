"""A thermometer that reports over Wi-Fi."""
