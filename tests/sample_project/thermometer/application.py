"""What the thermometer does with its module."""

from __future__ import annotations

from thermometer.driver import Driver, ModuleError

ATTEMPTS = 3


def join(driver: Driver, ssid: str, passphrase: str) -> str:
    """Join a network; return our address."""
    driver.wait_for(32)
    for setting in ("wifi_mode,1", "wifi_priv_mode,2", f"wifi_wpa_psk_text,{passphrase}"):
        driver.command(f"SCFG={setting}")
    driver.command(f"SSIDTXT={ssid}")
    driver.command("WIFI=0")
    driver.wait_for(38)
    driver.command("WIFI=1")
    return driver.wait_for(24).rsplit(":", 1)[1]


def report(driver: Driver, host: str, port: int, celsius: float) -> str:
    """Send a reading over TCP and return what the server says; tries again when the connection fails."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            number = driver.command(f"SOCKON={host},{port},,t")[-1].rsplit(":", 1)[1]
        except ModuleError as failure:
            if failure.code != 74 or attempt == ATTEMPTS:
                raise
        else:
            break
    message = f"{celsius:.1f}".encode()
    driver.command(f"SOCKW={number},{len(message)}", message)
    driver.wait_for(55)
    answer = driver.read_socket(int(number))
    driver.command(f"SOCKC={number}")
    return answer.decode()


def fetch_limits(driver: Driver, host: str) -> str:
    """Fetch the alarm limits over HTTPS with our own certificate."""
    driver.command("TIME=1795458813")
    return driver.command(f"HTTPGET={host},/limits,443,2,,,,")[-1]
