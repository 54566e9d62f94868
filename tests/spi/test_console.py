"""The console as a master of the SPI bus meets it."""

from __future__ import annotations

import pytest

from emulator.surroundings.desk import access_point
from firmware_model.breakdown import Breakdown
from firmware_model.commands import all_commands
from firmware_model.console.spi_frames import Frame, Kind, Mark, Packet
from firmware_model.events import CommandReceived, Note, Replied
from firmware_model.outside import Station
from firmware_model.profile import BUILD_170726, FIRMWARE_1_0_0, FIRMWARE_1_1_0, Durations, FirmwareProfile
from firmware_model.tables.errors import Error
from tests.module_host import INSTANT
from tests.spi.host import Reply, SpiHost, spi_module

OK = Reply(0, [], b"")


async def boot(host: SpiHost) -> None:
    await host.indication(32)
    host.indications.clear()


async def test_boot_and_null_command() -> None:
    async with spi_module() as host:
        packets = [await host.packet() for _ in range(6)]
        assert b"".join(packet.encode() for packet in packets) == (
            b"\x02\x10\x07\x02\x0010"
            b"\x02\x10\x01\x16\x00171117-0328fe3-SPWF04S"
            b"\x02\x10\x0d\x08\x00SPWF04SA"
            b"\x02\x10\x03\x02\x0020"
            b"\x02\x10\x00\x00\x00"
            b"\x02\x13\x20\x00\x00"
        )
        assert await host.command("AT") == OK
        assert not host.bus.interrupt_is_low
        assert host.bus.exchange(bytes(3)) == bytes(3)


async def test_a_module_that_is_set_to_spi_says_nothing_about_its_strap() -> None:
    async with spi_module() as host:
        await boot(host)
        for line in ("AT+S.SCFG=console_enabled,0", "AT+S.SCFG=wifi_mode,0", "AT+S.WCFG", "AT+S.RESET"):
            assert await host.command(line) == OK
        assert [(await host.packet()).indication for _ in range(5)] == [1, 13, 3, 0, 32]


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (Frame(0x7F), Error.COMMAND_NOT_FOUND),
        (Frame(0x32), Error.MISSING_ARGUMENTS),
        (Frame(0x32, (b"",)), Error.MISSING_ARGUMENTS),
        (Frame(0x0A, (b"no_such_thing", b"1")), Error.VARIABLE_NOT_FOUND),
        (Frame(0x33, (b"d",), declared=4, announced=2), Error.MALFORMED_COMMAND),
        (Frame(0x01, (b"1",)), Error.TOO_MANY_ARGUMENTS),
        (Frame(0x09, (255 * b"a", 255 * b"b")), Error.TOO_MANY_ARGUMENTS),
        (Frame(0x32, (b"2",)), Error.INVALID_ARGUMENTS),
        (Frame(0x23, (b"/f", b"0")), Error.ARGUMENT_ZERO),
        (Frame(0x23, (b"/f", b"\x07")), Error.ARGUMENT_ZERO),
        (Frame(0x42, (b"\0",)), Error.ILLEGAL_SOCKET_ID),
        (Frame(0x28, (b"/none",)), Error.OPEN_FAILED),
    ],
)
async def test_errors_are_a_packet_with_their_code_and_the_module_lives_on(frame: Frame, error: Error) -> None:
    async with spi_module() as host:
        await boot(host)
        host.bus.exchange(frame.encode())
        assert await host.packet() == Packet(Kind.REPLY, 3, error.code)
        assert await host.command("AT") == OK


@pytest.mark.parametrize("octets", [b"\xffgarbage\r\n", b"\0" * 20, b"AT+S.GCFG\r", b"\x02\0\0\0\0"])
async def test_what_is_no_frame_draws_no_answer(octets: bytes) -> None:
    async with spi_module() as host:
        await boot(host)
        assert host.bus.exchange(octets) == bytes(len(octets))
        assert await host.command("AT") == OK


async def test_every_command_is_reached_by_its_number() -> None:
    async with spi_module() as host:
        await boot(host)
        for command in all_commands(FIRMWARE_1_1_0.version):
            if command.name in ("RESET", "PYTHON", "SCAN", "NTP", "WPS"):
                continue
            reply = await host.command(Frame(command.spi_id, (b"",) * len(command.parameters)))
            mandatory = any(not parameter.optional for parameter in command.parameters)
            assert (reply.end == Error.MISSING_ARGUMENTS.code) is mandatory, command.name
            assert reply.end != Error.COMMAND_NOT_FOUND.code


async def test_the_log_shows_the_dialogue_as_text() -> None:
    async with spi_module() as host:
        await boot(host)
        await host.command("AT+S.STS=fw_version")
        await host.command(Frame(0x7F, (b"x",)))
        assert host.host.events(CommandReceived) == [
            CommandReceived(b"AT+S.STS=fw_version"),
            CommandReceived(b"SPI command 0x7F=x"),
        ]
        assert host.host.events(Replied) == [
            Replied(b"AT-S.Var:fw_version=1.1.0\r\n"),
            Replied(b"AT-S.OK\r\n"),
            Replied(b"AT-S.ERROR:1:Command not found\r\n"),
        ]


@pytest.mark.parametrize(
    ("profile", "verbose", "line"),
    [
        (FIRMWARE_1_1_0, 0, b"fw_version=1.1.0"),
        (FIRMWARE_1_1_0, 1, b"Var:fw_version=1.1.0"),
        (BUILD_170726, 1, b"fw_version=1.1.0"),
        (FIRMWARE_1_0_0, 1, b"fw_version=1.0.0\r\n"),
    ],
)
async def test_console_verbose_shapes_a_line(profile: FirmwareProfile, verbose: int, line: bytes) -> None:
    async with spi_module(profile=profile) as host:
        await boot(host)
        await host.command(f"AT+S.SCFG=console_verbose,{verbose}")
        assert await host.command("AT+S.STS=fw_version") == Reply(0, [line], b"")


async def test_console_verbose_2_gives_the_success_packet_a_payload() -> None:
    async with spi_module() as host:
        await boot(host)
        host.bus.exchange(Frame(0x0A, (b"console_verbose", b"2")).encode())
        heap = host.module.heap.free
        assert await host.packet() == Packet(Kind.REPLY, 3, Mark.CONTENT, f"{heap}:3".encode())


async def test_the_variables_of_the_text_console_change_nothing() -> None:
    async with spi_module() as host:
        await boot(host)
        for setting in ("console_errs,0", "console_winds,0", "console_delimiter,0x3B", "console_echo,1"):
            assert await host.command(f"AT+S.SCFG={setting}") == OK
        assert (await host.command(Frame(0x7F))).end == 1
        assert await host.command("AT+S.WIFI=0") == OK
        assert (await host.indication(49)).payload == b"0"


async def test_head_lines_are_maskable_and_content_has_a_mark_of_its_own() -> None:
    async with spi_module() as host:
        await boot(host)
        assert await host.command("AT+S.FSC=/f,5", b"\0\x02OK\xff") == OK
        for verbose, head in ((1, b"Read Cap:5"), (0, b"")):
            await host.command(f"AT+S.SCFG=console_verbose,{verbose}")
            host.bus.exchange(Frame(0x28, (b"/f", b"0", b"100")).encode())
            assert [await host.packet() for _ in range(3)] == [
                Packet(Kind.REPLY, 3, Mark.MASKABLE_LINE, head),
                Packet(Kind.REPLY, 3, Mark.CONTENT, b"\0\x02OK\xff"),
                Packet(Kind.REPLY, 3, Mark.OK),
            ]


async def test_a_line_without_fields_is_an_empty_packet() -> None:
    async with spi_module() as host:
        await boot(host)
        host.bus.exchange(Frame(0x2B, (b"content", b"2")).encode())
        assert await host.packet() == Packet(Kind.REPLY, 3, Mark.LINE)
        assert await host.packet() == Packet(Kind.REPLY, 3, Mark.OK)


async def test_long_content_comes_in_pieces_and_waits_for_the_master() -> None:
    content = bytes(range(256)) * 200
    async with spi_module() as host:
        await boot(host)
        for start in range(0, len(content), 10_000):
            piece = content[start : start + 10_000]
            assert await host.command(f"AT+S.FSC=1:/f,{len(piece)}", piece) == OK
        host.bus.exchange(Frame(0x28, (b"1:/f",)).encode())
        assert (await host.packet()).payload == content[:1024]
        assert (await host.reply()).content == content[1024:]


async def test_each_network_of_a_scan_is_a_packet() -> None:
    networks = [access_point("one", 0), access_point("two", 1)]
    async with spi_module(access_points=networks) as host:
        await boot(host)
        reply = await host.command("AT+S.SCAN=s,")
        assert reply.lines == [b"Parsing Networks:2"]
        assert [await host.indication(21), await host.indication(35)]
        host.bus.exchange(Frame(0x33).encode())
        lines = [await host.packet() for _ in range(3)][1:]
        assert {line.indication for line in lines} == {Mark.CONTENT}
        assert [line.payload.partition(b":")[0] for line in lines] == [b"1", b"2"]
        assert not any(line.payload.endswith(b"\n") for line in lines)
        await host.reply()
        assert await host.command("AT+S.SCAN=d,/list") == Reply(0, [b"Parsing Networks:2"], b"")
        assert (await host.command("AT+S.FSP=/list")).content == b"".join(line.payload + b"\r\n" for line in lines)


async def test_an_indication_waits_until_the_command_that_was_begun_is_answered() -> None:
    async with spi_module() as host:
        await start_mini_ap(host)
        octets = Frame(0x05, (b"build",)).encode()
        host.bus.exchange(octets[:1])
        host.air.station_joins(Station("02:00:00:00:00:01", None, None))
        await host.raised(29)
        assert not host.bus.interrupt_is_low
        host.bus.exchange(octets[1:])
        kinds = [(packet.kind, packet.indication) for packet in [await host.packet() for _ in range(4)]]
        assert kinds == [(Kind.REPLY, Mark.LINE), (Kind.REPLY, Mark.OK), (Kind.INDICATION, 28), (Kind.INDICATION, 29)]


async def test_on_1_0_0_an_indication_waits_for_nothing() -> None:
    async with spi_module(profile=FIRMWARE_1_0_0) as host:
        await boot(host)
        host.bus.exchange(Frame(0x32, (b"0",)).encode())
        packets = [await host.packet() for _ in range(3)]
        assert [packet.encode() for packet in packets] == [
            b"\x02\x12\x31\x01\x000",
            b"\x02\x12\x26\x02\x00\r\n",
            b"\x02\x32\x00\x00\x00",
        ]


async def test_an_indication_that_is_raised_while_the_master_reads_st_header_is_not_lost() -> None:
    async with spi_module() as host:
        await start_mini_ap(host)
        host.bus.exchange(b"\x02\0")
        host.air.station_joins(Station("02:00:00:00:00:01", None, None))
        await host.raised(29)
        host.bus.exchange(bytes(3))
        assert (await host.packet()).indication == 28


async def test_a_masked_indication_is_lost() -> None:
    async with spi_module() as host:
        await start_mini_ap(host)
        await host.command("AT+S.SCFG=console_wind_off_low,0x10000000")
        host.air.station_joins(Station("02:00:00:00:00:01", None, None))
        assert (await host.packet()).payload == b"192.168.0.2:02:00:00:00:00:01"


async def test_data_are_asked_for_by_the_interrupt_line() -> None:
    async with spi_module() as host:
        await boot(host)
        host.bus.exchange(Frame(0x23, (b"/f", b"6")).encode(6))
        await host.interrupt(low=True)
        assert host.bus.exchange(b"\x02\0\0") == bytes(3)
        assert host.bus.interrupt_is_low
        host.bus.exchange(b"\r\n\x02")
        assert not host.bus.interrupt_is_low
        assert await host.reply() == OK
        assert (await host.command("AT+S.FSP=/f")).content == b"\x02\0\0\r\n\x02"


async def test_data_that_come_too_early_are_lost_and_the_log_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_model.console.console._PATIENCE", 0.01)
    async with spi_module() as host:
        await boot(host)
        host.bus.exchange(Frame(0x23, (b"/f", b"4")).encode(4) + b"data")
        await host.interrupt(low=True)
        assert "the interrupt line is low before the data" in str(host.host.events(Note)[-1])
        await host.noted("waits for 4 more octets")
        host.bus.exchange(b"data")
        assert await host.reply() == OK


async def test_a_command_that_is_refused_asks_for_no_data() -> None:
    async with spi_module() as host:
        await boot(host)
        host.bus.exchange(Frame(0x44, (b"0", b"5")).encode(5))
        assert await host.packet() == Packet(Kind.REPLY, 3, Error.ILLEGAL_SOCKET_ID.code)
        assert host.bus.exchange(b"hello") == bytes(5)
        assert await host.command("AT") == OK


async def test_a_restart_is_answered_and_then_the_module_boots() -> None:
    async with spi_module() as host:
        await boot(host)
        for line in ("AT+S.SCFG=wifi_mode,0", "AT+S.WCFG", "AT+S.RESET"):
            assert await host.command(line) == OK
        assert (await host.packet()).indication == 7
        await boot(host)
        assert await host.command("AT") == OK


async def test_a_master_that_does_not_fetch_the_answer_does_not_keep_the_module_from_restarting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("firmware_model.console.console._LEAVE", 0.01)
    async with spi_module() as host:
        await boot(host)
        host.bus.exchange(Frame(0x03).encode())
        await host.interrupt(low=True)
        while host.module.restarts == 0:
            await host.module.outside.clock.sleep(0.005)
        assert (await host.packet()).indication == 7


async def test_the_reset_line_forgets_what_waits() -> None:
    async with spi_module(durations=Durations(power_on=0.01, console=0, radio_start=0)) as host:
        await host.interrupt(low=True)
        host.module.reset()
        await host.interrupt(low=False)
        assert (await host.packet()).indication == 7


async def test_the_last_word_of_a_breakdown_reaches_the_master() -> None:
    async with spi_module() as host:
        await boot(host)
        host.module.break_down(Breakdown.HARD_FAULT)
        assert [(await host.packet()).indication for _ in range(2)] == [8, 7]


async def test_deep_sleep_begins_when_everything_is_fetched_and_hears_nothing() -> None:
    async with spi_module() as host:
        await boot(host)
        assert await host.command("AT+S.PMS=2") == OK
        assert (await host.packet()).indication == 69
        host.bus.exchange(Frame(0x01).encode())
        await host.noted("is lost")
        assert not host.bus.interrupt_is_low
        host.module.pins.drive(6, 1)
        assert [(await host.packet()).indication for _ in range(2)] == [53, 70]
        assert await host.command("AT") == OK


async def test_a_silent_module_sleeps_by_itself() -> None:
    async with spi_module(durations=INSTANT._replace(idle=0.01)) as host:
        await boot(host)
        assert await host.command("AT+S.SCFG=sleep_enabled,1") == OK
        assert (await host.packet()).indication == 69
        host.bus.exchange(Frame(0x01).encode())
        await host.noted("is lost")
        host.module.pins.drive(6, 1)
        assert [(await host.packet()).indication for _ in range(2)] == [53, 70]
        assert await host.command("AT") == OK


async def test_standby_is_announced_and_ends_with_a_boot() -> None:
    async with spi_module() as host:
        await boot(host)
        assert await host.command("AT+S.PMS=3") == OK
        assert (await host.packet()).indication == 67
        await host.interrupt(low=False)
        host.bus.exchange(Frame(0x01).encode())
        await host.noted("is lost")
        host.module.pins.drive(6, 1)
        assert (await host.indication(68)).payload == b""


async def test_gpio3_is_taken_whatever_console_enabled_says() -> None:
    async with spi_module() as host:
        await boot(host)
        assert (await host.command("AT+S.GPIOC=3,in")).end == Error.GPIO3_RESERVED.code
        assert await host.command("AT+S.GPIOC=4,in") == OK


async def start_mini_ap(host: SpiHost) -> None:
    """Bring an open miniAP up."""
    await boot(host)
    settings = ("AT+S.SCFG=wifi_mode,3", "AT+S.SCFG=wifi_priv_mode,0", "AT+S.SSIDTXT=test")
    for line in (*settings, "AT+S.WIFI=0", "AT+S.WIFI=1"):
        assert await host.command(line) == OK
    while not (await host.indication(24)).payload.startswith(b":fe80"):
        pass
    host.indications.clear()
