"""Indications, the lines that the module sends on its own: ``+WIND:<number>:<text>[:<variables>]``.

Each one can be masked: indication n is bit n mod 32 of ``console_wind_off_low`` (0..31), ``_medium``
(32..63) or ``_high`` (64..95), and a set bit keeps it from the host (ROS, MBED). The numbers 37, 47, 48,
54, 59, 60, 71 and 79 are reserved (GHI).
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from firmware_model.tables.sources import Source, assumed, driver, inferred, log, manual


class IndicationRow(NamedTuple):
    """One indication: its number, the text between the number and the variables, and its origin."""

    number: int
    text: str
    source: Source


MASK_VARIABLES = ("console_wind_off_low", "console_wind_off_medium", "console_wind_off_high")

_MBED = driver("MBED")
_XC = driver("XC-UART")
_ST_TEXT = driver("XC-ERR")
_NAMED = assumed("number known from GHI and XC-HDR, text made from the name")


class Indication(Enum):
    """Every indication the firmware knows."""

    CONSOLE_ACTIVE = IndicationRow(0, "Console active", log("F-AP"))
    POWERON = IndicationRow(1, "Poweron", log("F-AP"))
    RESET = IndicationRow(2, "Reset", driver("GHI-U"))
    WATCHDOG_RUNNING = IndicationRow(3, "Watchdog Running", log("F-AP"))
    LOW_MEMORY = IndicationRow(4, "Low Memory", _NAMED)
    WIFI_HARDWARE_FAILURE = IndicationRow(5, "WiFi Hardware Failure", _MBED)
    WATCHDOG_TERMINATING = IndicationRow(6, "Watchdog Terminating", assumed("XC-HDR names it, nobody else does"))
    CONFIGURATION_FAILURE = IndicationRow(7, "Configuration Failure", log("F-GHI, F-SPI1"))
    HARD_FAULT = IndicationRow(8, "Hard Fault", _MBED)
    STACK_OVERFLOW = IndicationRow(9, "Stack Overflow", _NAMED)
    MALLOC_FAILED = IndicationRow(10, "MallocFailed", _NAMED)
    RADIO_STARTUP_ERROR = IndicationRow(11, "Radio Startup Error", _NAMED)
    WIFI_PS_MODE_FAILURE = IndicationRow(12, "WiFi PS Mode Failure", _NAMED)
    COPYRIGHT = IndicationRow(13, "Copyright (c) 2012-2017 STMicroelectronics, Inc. All rights Reserved", log("F-AP"))
    WIFI_BSS_REGAINED = IndicationRow(14, "WiFi BSS Regained", _ST_TEXT)
    WIFI_SIGNAL_LOW = IndicationRow(15, "WiFi Signal Low", _ST_TEXT)
    WIFI_SIGNAL_OK = IndicationRow(16, "WiFi Signal OK", _NAMED)
    FIRMWARE_UPDATE = IndicationRow(17, "F/W update complete!", inferred("a comment in XC-IF"))
    KEYTYPE_NOT_IMPLEMENTED = IndicationRow(18, "Keytype not implemented", _NAMED)
    WIFI_JOIN = IndicationRow(19, "WiFi Join", inferred("F-SPI1 shows the variable, the text is from GHI's name"))
    WIFI_JOIN_FAILED = IndicationRow(20, "WiFi Join Failed", _NAMED)
    WIFI_SCANNING = IndicationRow(21, "WiFi Scanning", log("F-FR"))
    SCAN_BLEW_UP = IndicationRow(22, "Scan Blew Up", _NAMED)
    SCAN_FAILED = IndicationRow(23, "Scan Failed", _NAMED)
    WIFI_UP = IndicationRow(24, "WiFi Up", log("F-FR, F-AP"))
    WIFI_ASSOCIATION_SUCCESSFUL = IndicationRow(
        25, "WiFi Association successful", inferred("F-SPI1 shows the variable only")
    )
    STARTED_AP = IndicationRow(26, "Started AP", log("F-AP"))
    AP_START_FAILED = IndicationRow(27, "AP Start Failed", _NAMED)
    STATION_ASSOCIATED = IndicationRow(28, "Station Associated", log("F-AP"))
    DHCP_REPLY = IndicationRow(29, "DHCP Reply", log("F-MAC"))
    WIFI_BSS_LOST = IndicationRow(30, "WiFi BSS Lost", _NAMED)
    WIFI_EXCEPTION = IndicationRow(31, "WiFi Exception", _NAMED)
    WIFI_HARDWARE_STARTED = IndicationRow(32, "WiFi Hardware Started", log("F-FR, F-AP"))
    WIFI_NETWORK_LOST = IndicationRow(33, "WiFi Network Lost", _MBED)
    WIFI_UNHANDLED_EVENT = IndicationRow(34, "WiFi Unhandled Event", _NAMED)
    WIFI_SCAN_COMPLETE = IndicationRow(35, "WiFi Scan Complete", log("F-FR"))
    WIFI_UNHANDLED_INDICATION = IndicationRow(36, "WiFi Unhandled Indication", _NAMED)
    WIFI_POWERED_DOWN = IndicationRow(38, "WiFi Powered Down", driver("XC-IF, XC-ERR"))
    HW_IN_MINIAP_MODE = IndicationRow(39, "HW in miniAP mode", _ST_TEXT)
    WIFI_DEAUTHENTICATION = IndicationRow(40, "WiFi Deauthentication", _MBED)
    WIFI_DISASSOCIATION = IndicationRow(
        41, "WiFi Disassociation", inferred("F-SPI1 shows the variable, the text is from GHI's name")
    )
    UNHANDLED_MANAGEMENT_FRAME = IndicationRow(42, "WiFi Unhandled Management Frame", _NAMED)
    UNHANDLED_DATA_FRAME = IndicationRow(43, "WiFi Unhandled Data Frame", _NAMED)
    UNHANDLED_UNKNOWN_FRAME = IndicationRow(44, "WiFi Unhandled Unknown Frame", _NAMED)
    DOT11_ILLEGAL = IndicationRow(45, "Dot11 Illegal", _NAMED)
    WPA_CRUNCHING_PSK = IndicationRow(
        46, "WPA Crunching PSK", log("F-AP, in ST's answer; what follows the colon is open")
    )
    WPA_TERMINATED = IndicationRow(
        49, "WPA Terminated", inferred("F-SPI1 and PB show the variable, the text is from GHI's name")
    )
    WPA_START_FAILED = IndicationRow(50, "WPA Start Failed", _NAMED)
    WPA_HANDSHAKE_COMPLETE = IndicationRow(51, "WPA Handshake Complete", _NAMED)
    GPIO_INTERRUPT = IndicationRow(52, "GPIO Interrupt", _NAMED)
    WAKEUP = IndicationRow(53, "Wakeup", _NAMED)
    PENDING_DATA = IndicationRow(55, "Pending Data", log("EMB"))
    INPUT_TO_REMOTE = IndicationRow(56, "Input to remote", _NAMED)
    OUTPUT_FROM_REMOTE = IndicationRow(57, "Output from remote", driver("XC-UART, AN4965"))
    SOCKET_CLOSED = IndicationRow(58, "Socket Closed", driver("MBED, XC-UART"))
    INCOMING_SOCKET_CLIENT = IndicationRow(61, "Incoming Socket Client", log("EC"))
    SOCKET_CLIENT_GONE = IndicationRow(62, "Socket Client Gone", _XC)
    SOCKD_DROPPING_DATA = IndicationRow(63, "Sockd Dropping Data", _NAMED)
    REMOTE_CONFIGURATION = IndicationRow(64, "Remote configuration", manual("AN4965"))
    FACTORY_RESET = IndicationRow(65, "Factory Reset", log("F-CFG"))
    LOW_POWER_MODE_ENABLED = IndicationRow(66, "Low Power Mode Enabled", _NAMED)
    GOING_INTO_STANDBY = IndicationRow(67, "Going into Standby", driver("a comment in XC-IF"))
    RESUMING_FROM_STANDBY = IndicationRow(68, "Resuming from Standby", _NAMED)
    GOING_INTO_DEEPSLEEP = IndicationRow(69, "Going into DeepSleep", _NAMED)
    RESUMING_FROM_DEEPSLEEP = IndicationRow(70, "Resuming from DeepSleep", _NAMED)
    STATION_DISASSOCIATED = IndicationRow(72, "Station Disassociated", _XC)
    SYSTEM_CONFIGURATION_UPDATED = IndicationRow(73, "System Configuration Updated", log("F-FR"))
    REJECTED_FOUND_NETWORK = IndicationRow(74, "Rejected Found Network", _NAMED)
    REJECTED_ASSOCIATION = IndicationRow(75, "Rejected Association", _NAMED)
    WIFI_AUTHENTICATION_TIMED_OUT = IndicationRow(76, "WiFi Authentication Timed Out", _NAMED)
    WIFI_ASSOCIATION_TIMED_OUT = IndicationRow(77, "WiFi Association Timed Out", _NAMED)
    MIC_FAILURE = IndicationRow(78, "MIC Failure", _NAMED)
    UDP_BROADCAST = IndicationRow(80, "UDP Broadcast", _NAMED)
    WPS_GENERATED_DH_KEYSET = IndicationRow(81, "WPS Generated DH Keyset", _NAMED)
    WPS_ENROLLMENT_TIMED_OUT = IndicationRow(82, "WPS Enrollment Attempt Timed Out", _NAMED)
    SOCKD_DROPPING_CLIENT = IndicationRow(83, "Sockd Dropping Client", _NAMED)
    NTP_SERVER_DELIVERY = IndicationRow(
        84, "NTP Server Delivery", inferred("ROS parses the variables, the text is from GHI's name")
    )
    DHCP_FAILED = IndicationRow(85, "DHCP failed to get a lease", _NAMED)
    MQTT_PUBLISHED = IndicationRow(86, "MQTT Published", _XC)
    MQTT_CLOSED = IndicationRow(87, "MQTT Closed", _XC)
    WEBSOCKET_DATA = IndicationRow(88, "WebSocket Data", _XC)
    WEBSOCKET_CLOSED = IndicationRow(89, "WebSocket Closed", _XC)
    FILE_RECEIVED = IndicationRow(90, "TFTP File Received", _NAMED)

    @property
    def number(self) -> int:
        """The number after ``+WIND:``, 0..90."""
        return self.value.number

    @property
    def text(self) -> str:
        """The words after the number; shown while ``console_winds`` is 2."""
        return self.value.text

    @property
    def source(self) -> Source:
        """Where number and text come from."""
        return self.value.source

    @property
    def mask_variable(self) -> str:
        """The configuration variable that can silence this indication."""
        return MASK_VARIABLES[self.value.number >> 5]

    @property
    def mask_bit(self) -> int:
        """The position of this indication's bit in :attr:`mask_variable`, 0..31."""
        return self.value.number & 31
