"""Wi-Fi Protected Setup: an access point in WPS tells the module how to join it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from firmware_model.air import Security, WpsEnrollee
from firmware_model.radio import settings as wifi
from firmware_model.tables.errors import AtError
from firmware_model.tables.indications import Indication

if TYPE_CHECKING:
    from firmware_model.air import WpsNetwork
    from firmware_model.radio.radio import Radio
    from firmware_model.storage.configuration import Configuration

_KEY_DIGITS: Final = 64
"""A WPA key itself instead of a pass phrase."""


async def enroll(radio: Radio, pin: str) -> bool:
    """WIND 81, then scan until an access point tells its network; false, with WIND 82, after the walk time.

    The configuration in RAM takes the network over (assumed); ``pin`` is empty for the push button. The access point
    learns maker, model and serial number of the module, as the protocol has it.
    """
    board, settings = radio.board, radio.settings
    air, enrollee = board.outside.air, _enrollee(board.configuration)
    board.indicate(Indication.WPS_GENERATED_DH_KEYSET)
    try:
        async with board.outside.clock.timeout(settings.wps_walk_time):
            while True:
                version = air.version
                with suppress(AtError):
                    await radio.scanner.scan()
                network = air.wps_network(pin, enrollee)
                if network is not None:
                    break
                await air.changed_since(version)
    except TimeoutError:
        board.indicate(Indication.WPS_ENROLLMENT_TIMED_OUT)
        return False
    _adopt(radio, network)
    return True


def _enrollee(configuration: Configuration) -> WpsEnrollee:
    text = configuration.get
    return WpsEnrollee(text("nv_wifi_macaddr"), text("nv_manuf"), text("nv_model"), text("nv_serial"))


def _adopt(radio: Radio, network: WpsNetwork) -> None:
    configuration = radio.board.configuration
    configuration.set_ssid(network.ssid)
    configuration.set("wifi_mode", "1")
    configuration.set("wifi_priv_mode", str(wifi.PRIVACY.get(network.security, wifi.OPEN)))
    if network.security is Security.WEP:
        configuration.set("wifi_wep_keys[0]", network.passphrase)
        configuration.set("wifi_wep_default_key", "0")
        configuration.set("wifi_wep_key_lens", f"{len(network.passphrase) // 2:02X}")
    elif len(network.passphrase) == _KEY_DIGITS:
        configuration.set("wifi_wpa_psk_raw", network.passphrase)
        configuration.set("wifi_wpa_psk_text", "")
    else:
        configuration.set("wifi_wpa_psk_text", network.passphrase)
