from __future__ import annotations

import re

import pytest

from firmware_model.pins import Pwm
from firmware_model.profile import FIRMWARE_1_0_0
from tests.doubles import FallibleFlash
from tests.module_host import ModuleHost, running_module

_OK = b"AT-S.OK\r\n"


async def silent_boot(host: ModuleHost) -> None:
    await host.boot()
    await host.command("AT+S.SCFG=console_echo,0")


async def test_a_host_reads_and_writes_pins() -> None:
    async with running_module() as host:
        await silent_boot(host)
        assert await host.command("AT+S.GPIOC=5,out") == _OK
        assert await host.command("AT+S.GPIOW=5,1") == _OK
        assert await host.command("AT+S.GPIOR=5") == b"AT-S.Gpio:5:1:1\r\n" + _OK
        assert host.module.pins.level(5) == 1
        assert await host.command("AT+S.GPIOC=8,IN,R") == _OK
        assert await host.command("AT+S.STS=gpio_enable") == b"AT-S.Var:gpio_enable=0x00000120\r\n" + _OK
        host.module.pins.drive(8, 1)
        assert await host.until(b"\r\n") == b"+WIND:52:GPIO Interrupt:8\r\n"
        assert await host.command("AT+S.GPIOR=8") == b"AT-S.Gpio:8:1:0\r\n" + _OK


async def test_a_host_uses_the_converters() -> None:
    async with running_module() as host:
        await silent_boot(host)
        pins = host.module.pins
        pins.set_millivolts(1650)
        assert await host.command("AT+S.ADC") == b"AT-S.Adc:1650\r\n" + _OK
        assert (await host.command("AT+S.DAC=700"), pins.dac) == (_OK, 700)
        assert (await host.command("AT+S.DAC=3300"), pins.dac) == (_OK, 3300)
        assert (await host.command("AT+S.DAC=0"), pins.dac) == (_OK, 0)
        assert (await host.command("AT+S.PWM=1,440"), pins.pwm(1)) == (_OK, Pwm(440, 50))
        assert (await host.command("AT+S.PWM=1,0"), pins.pwm(1)) == (_OK, None)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("GPIOC=5", 2),
        ("GPIOC=5,up", 19),
        ("GPIOC=5,in,x", 7),
        ("GPIOC=21,in", 20),
        ("GPIOC=999,in", 20),
        ("GPIOC=7,in", 22),
        ("GPIOC=10,out", 23),
        ("GPIOR=21", 20),
        ("GPIOW=21,1", 20),
        ("GPIOW=5,2", 7),
        ("DAC=3301", 25),
        ("PWM=0,10001", 26),
        ("PWM=0,1,101", 27),
        ("PWM=0,0", 28),
        ("PWM=2,1", 7),
        ("ADC=1", 6),
    ],
)
async def test_errors_of_the_pins(line: str, code: int) -> None:
    async with running_module() as host:
        await silent_boot(host)
        assert (await host.command(f"AT+S.{line}")).startswith(b"AT-S.ERROR:%d:" % code)


async def test_a_direction_that_is_none() -> None:
    async with running_module() as host:
        await silent_boot(host)
        assert await host.command("AT+S.GPIOC=5,up") == b"AT-S.ERROR:19:Direction must be 'in' or 'out'\r\n"


async def test_firmware_1_0_0_has_one_pwm_without_a_number_and_19_pins() -> None:
    async with running_module(profile=FIRMWARE_1_0_0) as host:
        await silent_boot(host)
        assert (await host.command("AT+S.PWM=440,10")).startswith(b"AT-S.OK")
        assert host.module.pins.pwm(0) == Pwm(440, 10)
        assert (await host.command("AT+S.PWM=0")).startswith(b"AT-S.OK")
        assert host.module.pins.pwm(0) is None
        assert (await host.command("AT+S.PWM=0,440,10")).startswith(b"AT-S.ERROR:6:")
        assert (await host.command("AT+S.GPIOR=19")).startswith(b"AT-S.ERROR:20:")
        assert (await host.command("AT+S.FSM=1")).startswith(b"AT-S.ERROR:1:")


async def test_random_numbers_differ() -> None:
    async with running_module() as host:
        await silent_boot(host)
        replies = {await host.command("AT+S.RANDOM") for _ in range(4)}
        assert len(replies) == 4
        assert all(re.fullmatch(rb"AT-S\.Random:\d{1,10}\r\nAT-S\.OK\r\n", reply) for reply in replies)


async def test_gpio0_high_at_the_start_restores_the_factory_configuration() -> None:
    flash = FallibleFlash()
    async with running_module(flash=flash) as host:
        await silent_boot(host)
        await host.command("AT+S.SCFG=user_desc,mine")
        await host.command("AT+S.SCFG=blink_led,0")
        await host.command("AT+S.WCFG")
        host.module.pins.drive(0, 1)
        host.face.write(b"AT+S.RESET\r")
        boot = await host.boot()
        assert b"SPWF04SA\r\n+WIND:65:Factory Reset:0\r\n+WIND:0:" in boot
        assert b"user_desc=anonymous\r\n" in await host.command("AT+S.GCFG=user_desc")
        host.module.pins.drive(0, 0)
        host.face.write(b"AT+S.RESET\r")
        assert b"+WIND:65" not in await host.boot()
        assert b"user_desc=anonymous\r\n" in await host.command("AT+S.GCFG=user_desc")


async def test_a_broken_flash_keeps_its_configuration_and_the_module_boots() -> None:
    flash = FallibleFlash()
    async with running_module(flash=flash) as host:
        await silent_boot(host)
        host.module.pins.drive(0, 1)
        flash.broken = True
        host.face.write(b"AT+S.RESET\r")
        assert b"+WIND:65:Factory Reset:0\r\n" in await host.boot()
