"""Posted forms: each function of AN4965, the key, restarts, uploads."""

from __future__ import annotations

import asyncio
import re

import pytest

from firmware_model.events import Note
from firmware_model.pins import Pwm
from firmware_model.power import PowerMode
from tests.web.browser import Browser, browsing, opened_port

FILES = {"index.html": b"<h1>home</h1>"}
KEY = "Key=anonymous&"


async def printed_for(browser: Browser, form: str) -> bytes:
    """What the host sees when a browser posts a form."""
    answer = await browser.post(form)
    assert (answer.status, answer.body) == (200, b"<h1>home</h1>")
    return (await browser.host.command("AT")).removesuffix(b"AT-S.OK\r\n")


@pytest.mark.parametrize(
    ("form", "printed"),
    [
        ("Output=hello", b"+WIND:57:Output from remote:5:hello\r\n"),
        ("Output=a+b%3Ac%26&Output=2", b"+WIND:57:Output from remote:6:a b:c&\r\n+WIND:57:Output from remote:1:2\r\n"),
        ("Output=%FC%20%C3%BC", b"+WIND:57:Output from remote:4:\xfc \xc3\xbc\r\n"),
        ("Output=a%0D%0A%2BWIND%3A0%1B%00", b"+WIND:57:Output from remote:12:a  +WIND:0  \r\n"),
        ("Output=", b""),
        ("output=hello", b""),
        ("Key=wrong", b"+WIND:64:Remote configuration:Key:wrong\r\n"),
        ("Key=anonymous", b""),
        ("Key=Anonymous&Ssid=net", b"+WIND:64:Remote configuration:Key:Anonymous\r\n"),
        ("Ssid=net", b""),
        ("Ssid=net&Key=anonymous", b""),
        ("Reboot=1", b""),
        ("Scfg_blink_led=0", b""),
        (KEY + "Ssid=net", b"+WIND:64:Remote configuration:Ssid:net\r\n"),
        (KEY + "Scfg_blink_led=0", b"+WIND:64:Remote configuration:Scfg_blink_led:0\r\n"),
        (KEY + "Ssid=&Pwd=", b""),
        (KEY + "Unknown=1", b""),
        ("", b""),
    ],
)
async def test_what_the_host_sees(form: str, printed: bytes) -> None:
    async with browsing(FILES) as browser:
        assert await printed_for(browser, form) == printed


@pytest.mark.parametrize(
    ("field", "value", "variable"),
    [
        ("WpaeId", "me", "wifi_eap_identity"),
        ("WpaeAnonId", "nobody", "wifi_eap_anon_identity"),
        ("WpaeType", "3", "wifi_eap_type"),
        ("Ip", "10.0.0.9", "ip_ipaddr"),
        ("Netmask", "255.0.0.0", "ip_netmask"),
        ("Gateway", "10.0.0.1", "ip_gw"),
        ("Dns1", "10.0.0.2", "ip_dns1"),
        ("Dns2", "10.0.0.3", "ip_dns2"),
        ("Dhcp", "2", "ip_use_dhcpc"),
        ("IbssAuth", "1", "wifi_auth_type"),
        ("Auth", "1", "wifi_priv_mode"),
        ("Mode", "2", "wifi_mode"),
        ("Pwd", "secret99", "wifi_wpa_psk_text"),
        ("Scfg_user_desc", "other", "user_desc"),
    ],
)
async def test_a_form_with_the_key_configures(field: str, value: str, variable: str) -> None:
    async with browsing(FILES) as browser:
        printed = await printed_for(browser, f"{KEY}{field}={value}")
        assert printed == f"+WIND:64:Remote configuration:{field}:{value}\r\n".encode()
        assert browser.host.module.configuration.get(variable) == value


@pytest.mark.parametrize(
    ("authentication", "variable"),
    [("1", "wifi_wep_keys[0]"), ("2", "wifi_wpa_psk_text"), ("3", "wifi_eap_passwd")],
)
async def test_the_password_belongs_to_the_chosen_protection(authentication: str, variable: str) -> None:
    async with browsing(FILES) as browser:
        await browser.post(f"{KEY}Ssid=net&Pwd=76543210ab&Auth={authentication}")
        configuration = browser.host.module.configuration
        assert configuration.get(variable) == "76543210ab"
        assert configuration.ssid == "net"


async def test_the_key_is_the_value_of_user_desc() -> None:
    async with browsing(FILES, "user_desc,let me in") as browser:
        assert b"Ssid:net" in await printed_for(browser, "Key=let+me+in&Ssid=net")
        assert await printed_for(browser, KEY) == b"+WIND:64:Remote configuration:Key:anonymous\r\n"


@pytest.mark.parametrize("field", ["Ip=999", "Mode=9", "Scfg_nv_model=X", "Scfg_none=1", "Scfg_=1", "Ssid=" + "x" * 33])
async def test_a_value_that_the_module_refuses_changes_nothing(field: str) -> None:
    async with browsing(FILES) as browser:
        before = dict(browser.host.module.configuration.items())
        await browser.post(KEY + field)
        assert dict(browser.host.module.configuration.items()) == before
        assert "changes nothing" in str(browser.host.events(Note)[-1])


async def test_reboot_saves_and_restarts() -> None:
    async with browsing(FILES) as browser:
        host = browser.host
        host.entries.clear()
        answer = await browser.post(f"{KEY}Scfg_ip_apdomainname=robot.net&Reboot=Push")
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        printed = await host.until(re.compile(rb"WiFi Up:0:.*\r\n"))
        assert printed.startswith(
            b"+WIND:64:Remote configuration:Scfg_ip_apdomainname:robot.net\r\n"
            b"+WIND:64:Remote configuration:Reboot:Push\r\n+WIND:2:Reset\r\n+WIND:1:Poweron:"
        )
        assert await host.command("AT+S.GCFG=ip_apdomainname") == b"AT-S.Var:ip_apdomainname=robot.net\r\nAT-S.OK\r\n"
        browser.port = await opened_port(host, "TCP", 80)
        assert (await browser.get("/")).status == 200


async def test_pins_need_no_key() -> None:
    async with browsing(FILES) as browser:
        pins = browser.host.module.pins
        assert await printed_for(browser, "GpioC_13=out&GpioW_13=1") == b""
        assert pins.read(13) == (1, True)
        await browser.post("DAC=1200&PWM_2=10000_25&PWM_4=50_100")
        assert (pins.dac, pins.pwm(0), pins.pwm(1)) == (1200, Pwm(10000, 25), Pwm(50, 100))
        await browser.post("DAC=3300")
        assert pins.dac == 3300
        await browser.post("DAC=3301")
        assert pins.dac == 3300
        await browser.post("DAC=0&PWM_2=0_0")
        assert (pins.dac, pins.pwm(0)) == (0, None)


@pytest.mark.parametrize(("mode", "indicated"), [("in", []), ("in_r", [1]), ("in_f", [0]), ("in_b", [1, 0])])
async def test_inputs_may_interrupt(mode: str, indicated: list[int]) -> None:
    async with browsing(FILES) as browser:
        await browser.post(f"GpioC_5={mode}")
        for level in (1, 0):
            browser.host.module.pins.drive(5, level)
            line = b"+WIND:52:GPIO Interrupt:5\r\n"
            assert await browser.host.command("AT") == (line if level in indicated else b"") + b"AT-S.OK\r\n"


@pytest.mark.parametrize(
    "field",
    [
        *("GpioC_13=up", "GpioC_99=out", "GpioC_x=out", "GpioC_7=out", "GpioW_13=2", "GpioW=1", "DAC=99999", "DAC=x"),
        *("PWM_3=100_50", "PWM_2=100_101", "PWM_2=x_50", "PWM_2=99999999_5", "PWM_2=_", "PWM_2=0_0"),
    ],
)
async def test_what_a_pin_cannot_do_is_only_noted(field: str) -> None:
    async with browsing(FILES) as browser:
        assert await printed_for(browser, field) == b""
        assert f"field {field.partition('=')[0]} changes nothing" in str(browser.host.events(Note)[-1])


async def test_sleep_is_power_save_and_back() -> None:
    async with browsing(FILES) as browser:
        modes = []
        assert (await printed_for(browser, "Sleep=1")).startswith(b"+WIND:66:")
        modes.append(browser.host.module.power.mode)
        assert (await printed_for(browser, "Sleep=0")) == b"+WIND:32:WiFi Hardware Started\r\n"
        modes.append(browser.host.module.power.mode)
        assert modes == [PowerMode.POWER_SAVE, PowerMode.ACTIVE]


async def upload(browser: Browser, name: str, content: bytes) -> int:
    body = b'--X\r\nContent-Disposition: form-data; name="f"; filename="%s"\r\n\r\n%s\r\n--X--\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=X"}
    return (await browser.ask("POST", "/", body % (name.encode(), content), kind)).status


async def test_a_posted_body_becomes_a_file() -> None:
    async with browsing(FILES) as browser:
        octets = bytes(range(256))
        assert (await browser.ask("POST", "/1:/all.bin", octets)).status == 200
        assert browser.host.module.files.read("1:/all.bin") == octets
        await browser.ask("POST", "/1:/all.bin", b"replaced", {"Content-Type": "text/plain"})
        assert (await browser.get("/1:/all.bin")).body == b"replaced"


async def test_four_files_at_a_time_come_out_of_multipart_forms() -> None:
    async with browsing(FILES) as browser:
        names = [f"{number}.bin" for number in range(4)]
        contents = [name.encode() * 500 for name in names]
        assert (
            await asyncio.gather(*(upload(browser, *file) for file in zip(names, contents, strict=True))) == [200] * 4
        )
        assert [browser.host.module.files.read(name) for name in names] == contents
        assert b"AT-S.File:D\t2500\t3.bin\r\n" in await browser.host.command("AT+S.FSL")


@pytest.mark.parametrize(
    ("target", "octets", "status"),
    [
        ("/big", 20_000, 507),
        ("/3:/index.html", 5, 403),
        ("/9:/a", 5, 403),
        ("/..%2fa", 5, 403),
        ("/a%0Ab", 5, 403),
        ("/", 5, 403),
    ],
)
async def test_a_file_that_cannot_be_stored(target: str, octets: int, status: int) -> None:
    async with browsing(FILES) as browser:
        before = list(browser.host.module.files.list())
        assert (await browser.ask("POST", target, bytes(octets))).status == status
        assert list(browser.host.module.files.list()) == before


async def test_a_multipart_form_that_is_none() -> None:
    async with browsing(FILES) as browser:
        assert (await browser.ask("POST", "/", b"x", {"Content-Type": "multipart/form-data"})).status == 400
        assert (await browser.post("&".join(["a=1"] * 300))).status == 400
