"""Which channels the law leaves to the radio.

``wifi_reg_country`` names a country by its first two letters (``USI``), ``wifi_region`` names the authority outright.
The names are all that is known of both variables; the numbers, and that the country decides while the region is 0, are
assumed.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

FCC: Final = range(1, 12)
ETSI: Final = range(1, 14)
TELEC: Final = range(1, 15)

_AUTHORITIES: Final = MappingProxyType({1: FCC, 2: ETSI, 3: TELEC})
"""By ``wifi_region``; 0 leaves it to the country."""
_COUNTRIES: Final = MappingProxyType({"US": FCC, "CA": FCC, "TW": FCC, "JP": TELEC})
"""All others have the European channels."""


def channels(region: int, country: str) -> range:
    """The channels that ``wifi_region`` and ``wifi_reg_country`` allow."""
    return _AUTHORITIES.get(region) or _COUNTRIES.get(country[:2].upper(), ETSI)
