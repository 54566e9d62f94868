"""What the module does where no source says what it does: one row a choice, by area.

Each was chosen as what a host would survive best. A row whose confidence is ``inferred`` leans on the source it names.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from firmware_model.tables.sources import Source, assumed, inferred


class Choice(NamedTuple):
    """One behaviour that was chosen: the question that is open, and our answer."""

    area: str
    question: str
    answer: str
    source: Source


CHOICES: Final = (
    Choice("Console", "A line of more than 512 octets", "dropped; error 6 at its CR", assumed()),
    Choice("Console", "CR on an empty line", "echoed as CR LF, no reply", assumed()),
    Choice("Console", "Back space and delete", "take back the last octet of the line", assumed()),
    Choice("Console", "Line feeds", "dropped wherever they stand in a command line", assumed()),
    Choice("Console", "`console_repeater` alone on a line", "repeats the last command", assumed()),
    Choice(
        "Console", "`console_verbose` 0 on the UART", "a reply line without its word; `Skip CA` vanishes", assumed()
    ),
    Choice("Console", "`console_winds` 1 without variables, and 0", "`+WIND:<n>:`", assumed()),
    Choice(
        "Console",
        "Text where a number is expected",
        "counts as 0 (error 33) where 0 is not allowed, else error 7; the word NULL is 0",
        assumed(),
    ),
    Choice("Console", "More parameters than the command has, even empty ones", "error 6", assumed()),
    Choice(
        "Console",
        "An error found before the data phase",
        "the data is not swallowed, it reaches the console as input",
        assumed(),
    ),
    Choice(
        "Console", "Indications during a command", "wait for the end of the reply, long commands included", assumed()
    ),
    Choice("Console", "Reply to RESET", "none; the boot indications follow", assumed()),
    Choice(
        "Boot, radio, network",
        "Duration of every boot step, scan, join, lease",
        "see `Durations` in `firmware_model/profile.py`",
        assumed(),
    ),
    Choice("Boot, radio, network", "WIFI=1 while the radio starts", "OK, nothing changes", assumed()),
    Choice(
        "Boot, radio, network",
        "WIND 46 and 51 in station mode",
        "46 before the join, 51 after the association",
        assumed(),
    ),
    Choice(
        "Boot, radio, network",
        "WIND 46 in a protected miniAP",
        "not printed: a log of 1.1.0 does not show it",
        assumed(),
    ),
    Choice(
        "Boot, radio, network",
        "A wrong pass phrase in station mode",
        "WIND 19, 25, then 40 with reason 15, and a new scan",
        assumed(),
    ),
    Choice("Boot, radio, network", "A mask that makes no network", "the radio idles", assumed()),
    Choice("Boot, radio, network", "WIND 28's last field", "the number of stations before it", assumed()),
    Choice("Boot, radio, network", "DHCP server", "leases from host 2 of the module's network on", assumed()),
    Choice(
        "Boot, radio, network",
        "Access points given on the command line",
        "channel 6, -50 dBm, address 192.168.n.100",
        assumed(),
    ),
    Choice("Boot, radio, network", "Time after power-on", "2000-01-01; a reset keeps it", assumed()),
    Choice("Boot, radio, network", "Field after the date in TIME", "always `00`, as in the only log", assumed()),
    Choice(
        "Boot, radio, network",
        "Free heap and what requests take of it",
        "invented, only the direction is meant",
        assumed(),
    ),
    Choice(
        "Boot, radio, network", "`reset_reason`", "4 after power-on, 1 after a reset, 2 after a breakdown", assumed()
    ),
    Choice(
        "What goes wrong inside",
        "A breakdown of the firmware",
        "WIND 6, 8, 9 or 10 at once, even amid a reply, then a boot that `nv_wdog_resets` counts",
        assumed(),
    ),
    Choice("What goes wrong inside", "WIND 4", "once, when fewer than 2048 octets of heap are left", assumed()),
    Choice(
        "What goes wrong inside",
        "WIND 7:2",
        "a RAM disk that is larger than the memory halts the boot; GPIO0 high at the next one restores the factory's",
        assumed(),
    ),
    Choice(
        "What goes wrong inside",
        "WIND 7:10",
        "`console_enabled` 0: the interface pin is strapped to the UART, which is used",
        inferred("F-GHI, F-SPI1"),
    ),
    Choice(
        "What goes wrong inside",
        "A volume whose memory fails while it is mounted",
        "error 53 for reading a file, 57 for listing, 58 when it is damaged; a write ends with 101, or with 54 on the "
        "external memory, where FAT writes when the file is closed",
        assumed(),
    ),
    Choice("What goes wrong inside", "Certificates that cannot be read", "error 100 of `content,1`", assumed()),
    Choice(
        "What goes wrong inside",
        "The module's resolver",
        "error 63 while it is busy, 64 when it cannot be started; HTTP requests end with their own error all the same",
        assumed(),
    ),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "When Wi-Fi settings are read",
        "at WIND 32; what SCFG changes later waits for the next WIFI=1 or reset",
        assumed(),
    ),
    Choice("Wi-Fi: scanning, joining, losing", "SCAN raises WIND 21 and 35", "yes, after its reply", assumed()),
    Choice(
        "Wi-Fi: scanning, joining, losing", "WIND 39", "a SCAN is over and the miniAP goes on its channel", assumed()
    ),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "WIND 22 beside 23",
        "the scan began and broke off; 23 is one that could not begin; both are error 41",
        assumed(),
    ),
    Choice("Wi-Fi: scanning, joining, losing", "SCAN and WPS while WPS looks around", "error 42", assumed()),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "WIND 18",
        "the access point hands out a group key of unknown type; the module stays joined",
        assumed(),
    ),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "WIND 31, 34, 36",
        "the radio's hardware reports what makes no sense, without variables; the radio goes on",
        assumed(),
    ),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "Order of SCAN's lines; `s` and `m`",
        "by channel; the strongest of each SSID or MAC",
        assumed(),
    ),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "SCAN with a file name",
        "the head line goes to the console, the list to the file, which is replaced",
        assumed(),
    ),
    Choice(
        "Wi-Fi: scanning, joining, losing", "SCAN in miniAP mode, or while joined", "allowed; the link stays", assumed()
    ),
    Choice(
        "Wi-Fi: scanning, joining, losing", "SCAN while the radio starts, or is off", "error 43, error 18", assumed()
    ),
    Choice("Wi-Fi: scanning, joining, losing", "A hidden network in SCAN", "an empty SSID", assumed()),
    Choice("Wi-Fi: scanning, joining, losing", "How an enterprise network is shown", "WPA2", assumed()),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "A network of another security than `wifi_priv_mode`",
        "WIND 74 without variables, and a new scan",
        assumed(),
    ),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "No key at all for a protected network",
        "WIND 50, and a new scan",
        assumed(),
    ),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "Refused authentication, refused association",
        "WIND 20 and WIND 75 with the 802.11 status",
        assumed(),
    ),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "Silent authentication or association",
        "WIND 76 or 77 after one second",
        assumed(),
    ),
    Choice("Wi-Fi: scanning, joining, losing", "WIND 19 and 25", "only when the association succeeds", assumed()),
    Choice(
        "Wi-Fi: scanning, joining, losing", "WIND 46", "only for a pass phrase; a raw key needs no computing", assumed()
    ),
    Choice(
        "Wi-Fi: scanning, joining, losing", "`wifi_wpa_psk_raw`", "counts while `wifi_wpa_psk_text` is empty", assumed()
    ),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "`wifi_wep_key_lens`",
        "two digits a key; a single one counts for all; 00 takes the key as it is",
        assumed(),
    ),
    Choice(
        "Wi-Fi: scanning, joining, losing", "Several access points of the SSID", "the strongest is joined", assumed()
    ),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "Lost beacons",
        "WIND 30 after `wifi_beacon_loss_thresh` of them (102.4 ms each), WIND 33 three seconds later, WIND 14 when they return before",
        assumed(),
    ),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "WIND 15, 16",
        "below `wifi_rssi_thresh`, and `wifi_rssi_hyst` above it; the variable is the level in dBm; a threshold of 0 is none",
        assumed(),
    ),
    Choice("Wi-Fi: scanning, joining, losing", "After WIND 40, 41 and 33", "a new scan at once", assumed()),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "WIND 85",
        "every `ip_dhcp_timeout` seconds while the link stays; 0 waits for ever",
        assumed(),
    ),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "RENEW",
        "same address: OK and nothing else; another: WIND 24 again; not on DHCP: error 61; no answer: error 62",
        assumed(),
    ),
    Choice("Wi-Fi: scanning, joining, losing", "AutoIP", "an address made from the MAC", assumed()),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "WPS",
        "OK at once, WIND 81, scans; WIND 82 after `wifi_wps_walk_time` and back to the old mode; on success the network is put into the configuration in RAM; without PIN the push button; the PIN's check digit is not checked",
        assumed(),
    ),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "Hardware failure",
        "WIND 5, `wifi_state` 1, no network; WIFI=0 and WIFI=1 start it again",
        assumed(),
    ),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "A radio or a miniAP that does not start",
        "WIND 11 and the radio is off; WIND 27 and the radio idles",
        assumed(),
    ),
    Choice("Wi-Fi: scanning, joining, losing", "WIND 78", "reported, no countermeasures", assumed()),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "PEERS",
        "all variables of all links; a link that is not in use is error 7",
        assumed(),
    ),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "Peer counters",
        "frames of joining and beacons; those of connections are not counted",
        assumed(),
    ),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "IBSS",
        "an ad hoc network of the name is joined (19, 25, 24), else one begins (26, 24)",
        assumed(),
    ),
    Choice(
        "Wi-Fi: scanning, joining, losing",
        "WIND 18, 22, 31, 34, 36, 39",
        "nothing here raises them: no source says when they come",
        assumed(),
    ),
    Choice("HTTP", "`Http Client Error` 3", "the answer is no HTTP, or ends too early", assumed()),
    Choice("HTTP", "A name that is not found", "`Http Client Error:1`", assumed()),
    Choice("HTTP", "Closed by the server without an answer", "`Http Client Error:4`", assumed()),
    Choice("HTTP", "TLS parameter 1", "the same as 2", assumed()),
    Choice("HTTP", "Default port", "80, with TLS 443", assumed()),
    Choice("HTTP", "Path without a leading slash", "gets one", assumed()),
    Choice("HTTP", "Request headers", "Host, User-Agent, Connection: close; Content-Length with a body", assumed()),
    Choice("HTTP", "Status 400 and above", "no body is shown; ERROR:111", assumed()),
    Choice("HTTP", "A file named for the answer", "is replaced; nothing but the status line is printed", assumed()),
    Choice(
        "HTTP",
        "`ip_http_get_recv_timeout`",
        "milliseconds, 10000 by default; also the limit for each step of a TLS handshake",
        assumed(),
    ),
    Choice(
        "HTTP",
        "Errors 80, 81, 82",
        "no instance of the HTTP client to have, one that somebody else has, one that cannot be given back; after 82 error 81 until a reset",
        assumed(),
    ),
    Choice(
        "Web server",
        "Where a page is looked for",
        "on the default volume, then by volume number; `/1:/name` names one",
        assumed(),
    ),
    Choice(
        "Web server",
        "Which extension has which MIME type, and unknown ones",
        "see `firmware_model/web/mime.py`; `application/x-raw-stuff`",
        assumed(),
    ),
    Choice(
        "Web server",
        "Header of a compressed file",
        "`Content-Transfer-Encoding: gzip` as AN4965 says, and `Content-Encoding: gzip`, without which no browser unpacks it",
        inferred("AN4965"),
    ),
    Choice("Web server", "Last-Modified", "the module's time when the server first saw the file as it is", assumed()),
    Choice("Web server", "Other methods than GET, POST, OPTIONS", "405", assumed()),
    Choice("Web server", "The fifth connection", "waits until one of the four ends", assumed()),
    Choice("Web server", "Keep-alive", "five seconds without an octet", assumed()),
    Choice("Web server", "INPUTSSI while no page waits", "error 111; its data reaches the console as input", assumed()),
    Choice("Web server", "INPUTSSI that does not come in time", "the page is sent with empty tokens", assumed()),
    Choice("Web server", "Two pages that ask at a time", "one after the other, each with its own WIND 56", assumed()),
    Choice("Web server", "INPUTSSI of 128 octets and more", "error 32", assumed()),
    Choice(
        "Web server",
        "Markers 04, 05, 07 to 11",
        "written in the style of those that AN4965 shows; 09 is a submit button",
        inferred("AN4965"),
    ),
    Choice("Web server", "A value or token that does not exist", "empty text", assumed()),
    Choice("Web server", "How long a Key opens", "for the rest of its form", assumed()),
    Choice("Web server", "Fields left empty", "change nothing", assumed()),
    Choice("Web server", "Pwd", "the WEP key, the WPA pass phrase or the enterprise password, by Auth", assumed()),
    Choice(
        "Web server",
        "IbssAuth",
        "0 open system, 1 shared key, as on ST's page; AN4965 says the opposite",
        inferred("AN4965"),
    ),
    Choice(
        "Web server",
        "Control characters in WIND 57 and 64",
        "become blanks, so that a form cannot write lines to the console",
        assumed(),
    ),
    Choice("Web server", "Sleep", "1 power save, 0 back: a deeper sleep could not be left over the air", assumed()),
    Choice("Web server", "PWM_n", "n is the pin, 2 or 4; frequency 0 stops it", assumed()),
    Choice(
        "Web server",
        "A posted file",
        "replaces one of its name; 403 where it cannot be stored, 507 without room",
        assumed(),
    ),
    Choice(
        "Web server",
        "Captive portal",
        "in the miniAP every name has the module's address; a browser that asks for another site is sent to `ip_apdomainname`/`ip_apredirect`; an empty `ip_apdomainname` switches both off",
        assumed(),
    ),
    Choice(
        "TLS",
        "ClientHello: suites, order, extensions",
        "a neutral one from the algorithms that ST names; see `firmware_model/tls/client_hello.py`",
        assumed(),
    ),
    Choice(
        "TLS",
        "`Skip CA`",
        "one for each certificate of the server's chain until one was issued by the stored CA",
        assumed(),
    ),
    Choice("TLS", "Key identifier of a CA in PEM", "not extracted: `auth` must be given (T1)", inferred("T1")),
    Choice("TLS", "Slot sizes", "cert 1475 octets (T2); ca 2560 and key 1475", inferred("T2")),
    Choice("TLS", "A key that does not fit the certificate", "is stored; a strict server refuses it", assumed()),
    Choice(
        "TLS",
        "Names",
        "the subject's common name counts, subjectAltName only when there is none (from T4); addresses are not checked",
        inferred("T4"),
    ),
    Choice(
        "TLS", "RSA keys above 2048 bits in the chain", "certificate error 22 (T3's poster guessed it)", inferred("T3")
    ),
    Choice("TLS", "Dates", "certificate error 19", assumed()),
    Choice("TLS", "Alert for a refused certificate", "certificate_unknown (46)", assumed()),
    Choice(
        "TLS",
        "A certificate that the server asks for and the store does not have",
        "an empty Certificate message",
        assumed(),
    ),
    Choice(
        "Firmware versions and updates",
        "`AT-S.OK:<heap>` of firmware 1.0.0",
        "from `console_verbose` 1 on, which is its default too",
        assumed(),
    ),
    Choice(
        "Firmware versions and updates",
        "The line for a refused certificate in 1.0.0",
        "`AT-S.X509 Error:<n>`; the threads show the words, not the separator",
        assumed(),
    ),
    Choice(
        "Firmware versions and updates", "No connection yet, in 1.0.0", "error 60; 44 was about the PWM then", assumed()
    ),
    Choice(
        "Firmware versions and updates", "WPA in the miniAP of 1.0.0, which could not", "the network is open", assumed()
    ),
    Choice(
        "Firmware versions and updates",
        "Build 170726",
        "a beta of 1.1.0: `fw_version` 1.1.0 and everything but the build as in 1.1.0",
        assumed(),
    ),
    Choice(
        "Firmware versions and updates",
        "Firmware 1.2.0",
        "like 1.1.0; its build name is invented (`181101-0000000-SPWF04S`)",
        assumed(),
    ),
    Choice(
        "Firmware versions and updates",
        "`var_version`, and when WIND 73 is printed",
        "1 in 1.0.0, 2 from 1.1.0 on; when the stored set has another one, or no readable head (F-FR), not when only its checksum is wrong (F-CFG)",
        inferred("F-FR, F-CFG"),
    ),
    Choice(
        "Firmware versions and updates",
        "Values of another layout",
        "are kept by name and saved in the new layout at boot",
        assumed(),
    ),
    Choice(
        "Firmware versions and updates",
        "Latency of commands",
        "WCFG, FCFG 50 ms, TLSCERT, WPAECERT 10 ms, all others none",
        assumed(),
    ),
    Choice(
        "Firmware versions and updates",
        "TLS connections at a time",
        "all clients together; one more fails like a handshake",
        assumed(),
    ),
    Choice(
        "Firmware versions and updates",
        "Form of update images",
        "our own, see `firmware_model/updates/image.py`",
        assumed(),
    ),
    Choice(
        "Firmware versions and updates",
        "Lines of FWUPDATE and FSUPDATE",
        "those of HTTPGET without the body, then `AT-S.Update:<octets so far>` for each 16 kB, and one more at the end",
        assumed(),
    ),
    Choice(
        "Firmware versions and updates",
        "`e` and `i` of FWUPDATE",
        "where the image waits; `e` without external memory is error 29",
        assumed(),
    ),
    Choice(
        "Firmware versions and updates",
        "`i` of FSUPDATE",
        "the user flash or the application flash, whichever the image is for",
        assumed(),
    ),
    Choice(
        "Firmware versions and updates",
        "When a firmware image is checked",
        "at the next boot only; a bad one is erased without a word to the host",
        assumed(),
    ),
    Choice("Firmware versions and updates", "WIND 17", "alone, before the second reset", assumed()),
    Choice(
        "Firmware versions and updates",
        "When a file system image is checked and seen",
        "checked at once, ERROR:111 for a bad one and the old files stay; seen after the next reset, which is the host's to make",
        assumed(),
    ),
    Choice("Firmware versions and updates", "Largest firmware image", "1 MB", assumed()),
    Choice("Pins", "A pin that nobody drives", "is low", assumed()),
    Choice(
        "Pins",
        "Errors 21 to 24",
        "GPIOC only; GPIO7 is always taken, the others while their variable says so",
        assumed(),
    ),
    Choice("Pins", "GPIOR of a pin that was not configured", "reads it", assumed()),
    Choice("Pins", "GPIOW on an input", "is remembered, and shows once the pin is an output", assumed()),
    Choice("Pins", "An edge for an output", "is ignored", assumed()),
    Choice("Pins", "GPIOC on a pin that a PWM or the DAC uses", "ends that, and the other way round", assumed()),
    Choice("Pins", "Range of ADC and DAC", "0 to 2500 mV", assumed()),
    Choice("Pins", "Error 47", "while GPIO1 is an output, or when the test bench says so", assumed()),
    Choice("Pins", "PWM", "ids 0 and 1, 1 to 10000 Hz, duty 0 to 100 %, 50 by default", assumed()),
    Choice("Pins", "GPIO0", "restores the factory configuration at every start, resets included", assumed()),
    Choice("Pins", "The LED", "does not blink; `blink_led` only reserves GPIO10", assumed()),
    Choice("Power", "PMS=0", "WIND 32 while the radio is on, whatever the mode was", assumed()),
    Choice(
        "Power",
        "Deep sleep and standby",
        "end when GPIO6 rises, `sleep_enabled` and `standby_enabled` or not; nothing else wakes the module",
        assumed(),
    ),
    Choice("Power", "What the host sends meanwhile", "is lost", assumed()),
    Choice("Power", "Commands that were received before a sleep", "are still carried out", assumed()),
    Choice("Power", "Radio and connections in deep sleep", "go on, their indications are printed", assumed()),
    Choice("Power", "WIND 68", "after WIND 13; the standby counts as no reset", assumed()),
    Choice("Power", "The line without power", "one NUL octet after WIND 67", assumed()),
    Choice("Power", "`system_sleeptime`", "deep sleep and standby since power-on", assumed()),
    Choice("Python and debugging", "PYTHON without MicroPython, or with `python_memsize` 0", "error 111", assumed()),
    Choice("Python and debugging", "A script that fails", "prints its traceback; the command ends with OK", assumed()),
    Choice(
        "Python and debugging",
        "`console_enabled` 2",
        "`python_script` runs without a keyboard beside the console",
        assumed(),
    ),
    Choice(
        "Python and debugging",
        "`console_enabled` 3",
        "script, then the prompt again and again; without MicroPython the AT console",
        assumed(),
    ),
    Choice(
        "Python and debugging",
        "Modules",
        "those of the MicroPython program; `pyb`, `network` and the module's own are not there",
        assumed(),
    ),
    Choice("Python and debugging", "FSM", "OK alone (GHI reads one packet)", inferred("GHI")),
    Choice("Python and debugging", "RTOSSTS, SSXSTS", "`Task:<name>:<state>`, `Stat:<name>:<count>`", assumed()),
    Choice("Python and debugging", "NVW, MFGTEST, SELFTEST", "every magic word is wrong: error 7, 110, 110", assumed()),
    Choice("Python and debugging", "CMDREQ", "takes its data and ends with error 111", assumed()),
    Choice("Certificates as files", "Where they are looked for", "on all mounted volumes, by number", assumed()),
    Choice(
        "Certificates as files",
        "Name of a CA's file",
        "the identifier in hex digits without colons, in any letter case",
        assumed(),
    ),
    Choice("Certificates as files", "The key's file", "`tls.key`", assumed()),
    Choice(
        "Certificates as files",
        "Which slot hides which file",
        "each one its own; a CA in flash hides all CA files",
        assumed(),
    ),
    Choice("Certificates as files", "`Loading` of a file", "the same numbers as from flash", assumed()),
    Choice(
        "Certificates as files", "WPAECERT", "slots of its own, never files; the radio does not ask for them", assumed()
    ),
    Choice(
        "Sockets", "Writing to a UDP socket while the radio has no address", "error 60, the socket stays", assumed()
    ),
    Choice(
        "Sockets",
        "A peer that closes between the command line of a write and the end of its data",
        "error 72; one that was gone before is 78, a failing connection 79",
        assumed(),
    ),
    Choice(
        "Sockets",
        "Last field of WIND 58 and 62",
        "0 closed by the peer, 1 reset or given up, 2 network lost",
        assumed(),
    ),
    Choice(
        "Sockets",
        "Variables of WIND 63",
        "server id and client id, as in WIND 55; once until something fits again",
        assumed(),
    ),
    Choice("Sockets", "Variables of WIND 83", "address, port, server id", assumed()),
    Choice(
        "Sockets", "`ip_sock_memsize`", "kB of receive buffer of each socket and each client of a server", assumed()
    ),
    Choice(
        "Sockets",
        "Heap",
        "1000 octets for a plain socket or client, 14000 with TLS; the data of a write while it is written",
        assumed(),
    ),
    Choice(
        "Sockets", "Length of one SOCKW or SOCKDW", "up to the free heap (error 91) and 65535 (error 32)", assumed()
    ),
    Choice("Sockets", "A received segment", "at most 730 octets, like a sent one", assumed()),
    Choice(
        "Sockets",
        "A peer that takes no data for 8 s",
        "error 79, and the connection is given up with WIND 58 or 62",
        assumed(),
    ),
    Choice("Sockets", "A peer that closes its direction only", "counts as closed", assumed()),
    Choice("Sockets", "SOCKR with nothing waiting", "`Reading:0:0`", assumed()),
    Choice(
        "Sockets", "A UDP datagram that is longer than the length of SOCKR", "the rest is the next datagram", assumed()
    ),
    Choice("Sockets", "SOCKQ of a UDP socket", "octets of all datagrams that wait", assumed()),
    Choice("Sockets", "Who is heard on a UDP client socket", "whoever sends to its port", assumed()),
    Choice("Sockets", "An empty UDP datagram", "is not heard", assumed()),
    Choice(
        "Sockets",
        "SOCKON with `s`",
        "no name is sent or checked; with a common name that name is both, addresses included",
        assumed(),
    ),
    Choice("Sockets", "A TLS failure of SOCKON", "`Certificate Error:<n>` when there is one, then error 74", assumed()),
    Choice(
        "Sockets",
        "Progress of TLS (`Skip CA`, `Loading`)",
        "only while no other TLS client of any kind is open",
        assumed(),
    ),
    Choice("Sockets", "A port in use, also for a local UDP port", "error 73", assumed()),
    Choice("Sockets", "SOCKDON without network", "error 44", assumed()),
    Choice("Sockets", "SOCKDON with s1 or s2 but without stored cert and key (s2: and ca)", "error 74", assumed()),
    Choice("Sockets", "s2", "a client without a certificate is refused with handshake_failure (40)", assumed()),
    Choice("Sockets", "A failed TLS handshake with a client", "WIND 62 without a 61", assumed()),
    Choice(
        "Sockets",
        "A client that is gone (WIND 62)",
        "keeps its id until SOCKDC; its place goes to the next client when no other is free and nothing is left to read",
        assumed(),
    ),
    Choice("Sockets", "UDP server", "each remote port that sends is a client until SOCKDC", assumed()),
    Choice("Sockets", "SOCKDC of a whole server while a client has pending data", "error 77", assumed()),
    Choice("Sockets", "Fields of `List`", "`connected` is 0 or 1, `kind` as in SOCKON or SOCKDON", assumed()),
    Choice("Sockets", "SOCKDL", "`List:<sid>:<cid>:<connected>:<kind>:<len>:<ip>:<port>` for each client", assumed()),
    Choice(
        "Sockets",
        "Radio off or network lost",
        "connections end with reason 2, servers and UDP sockets stay open",
        assumed(),
    ),
    Choice("Sockets", "A local TCP port that the machine keeps for others", "any free one", assumed()),
    Choice(
        "Web sockets",
        "Flags of WSOCKW",
        "0 in both: the data ends the message (XC-CONST sends that); 1 in either: more of the message follows, in the next frame",
        inferred("XC-CONST"),
    ),
    Choice(
        "Web sockets",
        "The kind of a message",
        "its first WSOCKW decides; text is sent as it is, UTF-8 or not",
        assumed(),
    ),
    Choice(
        "Web sockets",
        "Flags of WIND 88",
        "1: the message ends here; the frame ends here. A long frame comes in pieces of about 730 octets",
        assumed(),
    ),
    Choice("Web sockets", "Limits of messages", "are told by WIND 88 alone; WSOCKR reads across them", assumed()),
    Choice(
        "Web sockets",
        "Second variable of WIND 89",
        "the close code of RFC 6455; 1006 when the connection just ended, or the radio",
        assumed(),
    ),
    Choice(
        "Web sockets",
        "WSOCKC",
        "0 is close code 1000, 1 is 1001; no WIND 89; the server has 2 s to confirm; error 77 while data is pending",
        assumed(),
    ),
    Choice("Web sockets", "After WIND 89", "the id is in use until WSOCKC, what arrived can be read", assumed()),
    Choice(
        "Web sockets",
        "Buffer",
        "`ip_sock_memsize` kB; the module reads no further while it is full, so pings wait too",
        assumed(),
    ),
    Choice(
        "Web sockets",
        "WSOCKL",
        "`List::<id>:<connected>:w:<len>:<ip>:<port>`, the shape of SOCKL; the MQTT client is not listed",
        assumed(),
    ),
    Choice("Web sockets", "Default port and path", "80, with TLS 443; `/`", assumed()),
    Choice("Web sockets", "User name and password", "HTTP Basic", assumed()),
    Choice(
        "Web sockets",
        "Protocols, extensions",
        "stand in the request as given; the module does no extension itself, so a frame that uses one ends the web socket with 1002",
        assumed(),
    ),
    Choice(
        "Web sockets",
        "A connection that cannot be opened",
        "error 74, also when the server refuses the upgrade or TLS fails (after `Certificate Error:<n>`); 65 for a name that is not found",
        assumed(),
    ),
    Choice("Web sockets", "Empty messages", "can be sent and are announced", assumed()),
    Choice("Web sockets", "Heap", "4000 octets for each, with TLS 18000", assumed()),
    Choice("Web sockets", "TLS parameter 1", "the same as 2", assumed()),
    Choice("MQTT", "Version", "MQTT 3.1.1, clean session, subprotocol `mqtt`", assumed()),
    Choice(
        "MQTT",
        "Id",
        "the first free one of the two web socket ids; one MQTT connection at a time (error 75)",
        assumed(),
    ),
    Choice(
        "MQTT",
        "Defaults of MQTTCONN",
        "path `/mqtt`, client id `SPWF04S-` and the MAC address without colons, keep-alive 60 s, no retry",
        assumed(),
    ),
    Choice("MQTT", "`retry`", "how many more times to connect after error 74, one second apart", assumed()),
    Choice("MQTT", "The last will", "not retained; none without a topic", assumed()),
    Choice(
        "MQTT",
        "A login that the broker refuses",
        "error 111; a broker that hangs up instead of answering is error 74",
        assumed(),
    ),
    Choice("MQTT", "MQTTSUB, MQTTUNSUB", "wait for the broker; error 111 when it refuses or is gone", assumed()),
    Choice(
        "MQTT",
        "MQTTPUB",
        "waits for the acknowledgement that the quality of service asks for; error 79 without",
        assumed(),
    ),
    Choice(
        "MQTT",
        "Variables 3 to 5 of WIND 86",
        "quality of service, retained, duplicate; a clean session sees no duplicates, so that one is 0",
        assumed(),
    ),
    Choice(
        "MQTT",
        "A message of more than 512 octets",
        "comes in several WIND 86: `size` is that of the part, `total` that of the message",
        assumed(),
    ),
    Choice(
        "MQTT", "Octets in WIND 86", "as they are, line ends included; the size says where the message ends", assumed()
    ),
    Choice(
        "MQTT",
        "Topics, client id, user name, password",
        "UTF-8; error 7 for what is none, and for wildcards where they do not belong",
        assumed(),
    ),
    Choice(
        "MQTT",
        "WIND 87",
        "after MQTTDISC, when the broker is gone, when the radio goes down; the id is free then",
        assumed(),
    ),
    Choice("MQTT", "Keep-alive", "runs on real time, as the broker's does, whatever `--time` says", assumed()),
    Choice("Mail", "TLS parameter of SMTP", "0 plain, 1 STARTTLS (never without it), 2 TLS from the start", assumed()),
    Choice(
        "Mail",
        "When the body is read",
        "at once, before anything can fail: errors 44, 51, 65, 91 and 111 come after it",
        assumed(),
    ),
    Choice("Mail", "Login", "only with a user name; AUTH PLAIN when the server offers it, else AUTH LOGIN", assumed()),
    Choice("Mail", "Empty HELO name", "the module's address in brackets, `[192.168.0.50]`", assumed()),
    Choice(
        "Mail",
        "`cc` and `bcc`",
        "several addresses with `;`, as ST's driver has it for `to`; `bcc` is in no header",
        assumed(),
    ),
    Choice("Mail", "An address that is none, a display name", "error 7", assumed()),
    Choice("Mail", "A recipient that the server refuses", "nobody gets the mail; ERROR:111", assumed()),
    Choice(
        "Mail",
        "Letters of subject, body, file name",
        "UTF-8 when they can be, else Latin-1; the message itself has 7 bits",
        assumed(),
    ),
    Choice("Mail", "Attachment", "`application/octet-stream` under its name; read when the body has come", assumed()),
    Choice("Mail", "Date of the mail", "the module's time, set or not", assumed()),
    Choice("Mail", "A name that is not found", "ERROR:65", assumed()),
    Choice("TFTP", "Options (RFC 2347), modes", "none; octet only, the server refuses another", assumed()),
    Choice("TFTP", "A lost packet", "is sent again after 2 s, five times in all", assumed()),
    Choice(
        "TFTP",
        "TFTPGET with an output file",
        "nothing is printed; an older file is replaced at the first block",
        assumed(),
    ),
    Choice("TFTP", "Name of a file on the server with TFTPPUT", "the file's own, without its volume", assumed()),
    Choice(
        "TFTP",
        "Failures",
        "ERROR:111, a name that is not found 65; the server's reason stands in the log alone",
        assumed(),
    ),
    Choice("TFTP", "WIND 90", "`TFTP File Received:<name>`, when the file is stored", assumed()),
    Choice(
        "TFTP",
        "The module's server",
        "in every mode while the radio is up; four transfers at a time; a file of the same name is replaced",
        assumed(),
    ),
    Choice(
        "Time by NTP, ping", "The second time server", "is asked when the first gives no time within 3 s", assumed()
    ),
    Choice(
        "Time by NTP, ping",
        "`ip_ntp_startup` 1",
        "asks when the module has joined a network, not in its own; 0 switches the refresh off as well",
        assumed(),
    ),
    Choice(
        "Time by NTP, ping",
        "A failure at the start or of a refresh",
        "is silent; the next attempt comes after `ip_ntp_refresh`",
        assumed(),
    ),
    Choice("Time by NTP, ping", "`ip_ntp_refresh` 0", "asks once", assumed()),
    Choice(
        "Time by NTP, ping",
        "Fields of WIND 84",
        "year in four digits, all others padded to two, Monday is weekday 1",
        assumed(),
    ),
    Choice("Time by NTP, ping", "NTP with an answer", "OK, then WIND 84", assumed()),
    Choice(
        "Time by NTP, ping",
        "Lines of PING",
        "`Ping:<ms>:<size>` or `Ping Lost:<size>` for each request, `Ping Statistics:<sent>:<answered>`, `Ping Times:<least>:<mean>:<most>`; three lines for a count of 1 as GHI reads them",
        inferred("GHI"),
    ),
    Choice(
        "Time by NTP, ping",
        "Ranges of PING",
        "count 1 to 255, size 1 to 1472; an answer is awaited for 5 s, the next request follows after 1 s",
        assumed(),
    ),
    Choice(
        "Time by NTP, ping",
        "PING without any answer, for an unknown name",
        "the lines above without times and ERROR:111; ERROR:65",
        assumed(),
    ),
    Choice(
        "The report of April 2018",
        "Why the server refused the module's signature",
        "not established; the missing sign octet is a switch, not a claim: a correct signature of 70 octets, a bundle in the wrong order and a foreign key draw the same words or show the same length",
        assumed(),
    ),
)
