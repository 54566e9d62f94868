"""Station mode and IBSS: scans until the configured network is in the air, and joins it.

::

    WIND 21, 35 --no such network--> pause --> again
                --none that fits wifi_priv_mode--> 74, pause
                --found--> [46] authentication: 76 silent, 20 refused
                           association: 77 silent, 75 refused; else 19, 25
                           key: 40 refused; else [51], then an address (24, or 85)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_model.air import JoinAnswer, JoinOutcome, Security
from firmware_model.radio import settings as wifi
from firmware_model.radio.association import Association
from firmware_model.radio.peers import Peer
from firmware_model.radio.scanner import capabilities
from firmware_model.radio.state import WifiState
from firmware_model.tables.errors import AtError
from firmware_model.tables.indications import Indication

if TYPE_CHECKING:
    from firmware_model.air import AccessPoint
    from firmware_model.radio.radio import Radio

_OUT_OF_BOUNDS: Final = "which wifi_region and wifi_reg_country leave out; set the country, such as EUI"
_REASON_8021X_FAILED: Final = 23
"""802.11 reason that the module gives when it breaks an enterprise login off itself."""
_JOIN_FRAMES: Final = 2
_HANDSHAKE_FRAMES: Final = 2
"""Frames each way of authentication and association, and of the 4-way handshake."""


async def join_networks(radio: Radio) -> None:
    """Scan and join until cancelled: WIND 21, 35 for ever, or 21, 35, 19, 25, 24 (F-FR, F-SPI1)."""
    explained = ""
    while True:
        joined = await join_once(radio, ad_hoc=False)
        if joined is not None:
            await joined.live()
            continue
        explanation = _explanation(radio)
        if explanation != explained:
            explained = explanation
            radio.board.note(explanation)
        await radio.board.pass_time(radio.board.profile.durations.scan_pause)


async def join_once(radio: Radio, *, ad_hoc: bool) -> Association | None:
    """Scan, and join the strongest network that fits; None when there is none or it did not let the module in."""
    try:
        await radio.scanner.scan()
    except AtError:
        return None
    candidates = _candidates(radio, ad_hoc=ad_hoc)
    if not candidates:
        return None
    fitting = next(filter(radio.settings.fits, candidates), None)
    if fitting is None:
        radio.board.indicate(Indication.REJECTED_FOUND_NETWORK)
    elif radio.settings.has_key or fitting.security is Security.ANY:
        return await _join(radio, fitting)
    else:
        radio.board.indicate(Indication.WPA_START_FAILED)
    return None


def _candidates(radio: Radio, *, ad_hoc: bool) -> list[AccessPoint]:
    """The networks of the configured name, the strongest first."""
    wanted = radio.settings.ssid
    named = [ap for ap in radio.access_points() if ap.ssid == wanted and ap.ad_hoc == ad_hoc]
    return sorted(named, key=lambda ap: ap.rssi, reverse=True)


def _explanation(radio: Radio) -> str:
    """Why the module is not joined, for a person."""
    settings = radio.settings
    candidates = _candidates(radio, ad_hoc=False)
    if not settings.ssid:
        return "the radio scans for ever: no SSID is configured; set one with AT+S.SSIDTXT"
    if not candidates:
        unheard = [ap for ap in radio.board.outside.air.access_points(settings.ssid) if ap.ssid == settings.ssid]
        if unheard:
            return f"'{settings.ssid}' is on channel {unheard[0].channel}, {_OUT_OF_BOUNDS}"
        return f"no access point with SSID '{settings.ssid}' is in the air; put one there with --access-point"
    if not any(map(settings.fits, candidates)):
        security = candidates[0].security
        return f"'{settings.ssid}' is {security}; it needs AT+S.SCFG=wifi_priv_mode,{wifi.PRIVACY[security]}"
    if not settings.has_key and settings.privacy == wifi.ENTERPRISE:
        return f"no login for '{settings.ssid}': set wifi_eap_identity, for wifi_eap_type 0 WPAECERT's cert and key too"
    if not settings.has_key:
        return f"no key for '{settings.ssid}' is configured; set one with AT+S.SCFG=wifi_wpa_psk_text,..."
    return f"the access point '{settings.ssid}' does not let the module in; compare its key and its mood"


async def _join(radio: Radio, access_point: AccessPoint) -> Association | None:
    board, settings = radio.board, radio.settings
    radio.state = WifiState.JOINING
    if settings.privacy == wifi.WPA and settings.credentials.passphrase:
        # The position of WIND 46 and 51 is inferred from the predecessor's log.
        board.indicate(Indication.WPA_CRUNCHING_PSK, access_point.ssid)
        await board.pass_time(board.profile.durations.crunching)
    await board.pass_time(board.profile.durations.join)
    version = board.outside.air.version
    answer = board.outside.air.join(access_point, settings.credentials)
    if not await _associated(radio, answer):
        radio.state = WifiState.IDLE
        return None
    radio.state = WifiState.JOINED
    board.indicate(Indication.WIFI_JOIN, access_point.bssid)
    board.indicate(Indication.WIFI_ASSOCIATION_SUCCESSFUL, access_point.ssid)
    if settings.privacy == wifi.ENTERPRISE and (objection := _objection(radio, access_point)):
        answer = JoinAnswer(JoinOutcome.KEY_REFUSED, _REASON_8021X_FAILED)
        board.note(f"the server of '{access_point.ssid}' is not trusted: {objection}")
    elif answer.outcome is JoinOutcome.KEY_REFUSED:
        board.note(f"the access point '{access_point.ssid}' refuses the key that the configuration holds")
    if answer.outcome is JoinOutcome.KEY_REFUSED:
        board.indicate(Indication.WIFI_DEAUTHENTICATION, str(answer.code))
        radio.state = WifiState.IDLE
        return None
    association = Association(radio, access_point, version, _add_peer(radio, access_point))
    if settings.privacy in (wifi.WPA, wifi.ENTERPRISE):
        board.indicate(Indication.WPA_HANDSHAKE_COMPLETE)
        radio.peers.count_frames(access_point.bssid, _HANDSHAKE_FRAMES)
    return association


def _objection(radio: Radio, access_point: AccessPoint) -> str:
    """Why the module does not go on with an enterprise network; empty when it does, as with one that shows nothing."""
    certificates = access_point.enterprise.certificates
    return radio.enterprise.objection(certificates, dates=radio.settings.check_dates) if certificates else ""


async def _associated(radio: Radio, answer: JoinAnswer) -> bool:
    """Whether authentication and association succeed; if not, the host learns which failed."""
    indicate, durations = radio.board.indicate, radio.board.profile.durations
    match answer.outcome:
        case JoinOutcome.AUTHENTICATION_SILENT:
            await radio.board.pass_time(durations.join_timeout)
            indicate(Indication.WIFI_AUTHENTICATION_TIMED_OUT)
        case JoinOutcome.AUTHENTICATION_REFUSED:
            indicate(Indication.WIFI_JOIN_FAILED, str(answer.code))
        case JoinOutcome.ASSOCIATION_SILENT:
            await radio.board.pass_time(durations.join_timeout)
            indicate(Indication.WIFI_ASSOCIATION_TIMED_OUT)
        case JoinOutcome.ASSOCIATION_REFUSED:
            indicate(Indication.REJECTED_ASSOCIATION, str(answer.code))
        case _:
            return True
    return False


def _add_peer(radio: Radio, access_point: AccessPoint) -> Peer:
    settings = radio.settings
    level = access_point.rssi

    def signal() -> int:
        nonlocal level
        level = next((ap.rssi for ap in radio.access_points() if ap.bssid == access_point.bssid), level)
        return level

    peer = Peer(
        access_point.bssid,
        signal=signal,
        rates=settings.tuning.rates & access_point.rates,
        protected=settings.privacy != wifi.OPEN,
        listen_interval=settings.listen_interval,
        capabilities=capabilities(access_point),
        beacon_period=radio.board.profile.durations.beacon,
    )
    radio.peers.add(peer)
    radio.peers.count_frames(access_point.bssid, _JOIN_FRAMES)
    return peer
