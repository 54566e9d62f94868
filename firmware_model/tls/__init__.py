"""TLS as the module speaks it: client, certificate store, chain walk, and signatures right and wrong.

The only place that knows tlslite-ng; importing this package does not import it.
"""
