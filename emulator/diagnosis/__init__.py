"""What is wrong with a CertificateVerify: the numbers behind its encoding."""
