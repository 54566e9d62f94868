from __future__ import annotations

from tests.module_host import running_module
from tests.tls.certificates import root

_OK = b"AT-S.OK\r\n"


async def test_wpa_enterprise_has_slots_of_its_own() -> None:
    ca = root().certificate_der
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        reply = await host.command(f"AT+S.WPAECERT=Ca,{len(ca)}", ca)
        assert reply.startswith(b"AT-S.SubjectKeyId:")
        contents = f"AT-S.Content:ca:{len(ca)}\r\nAT-S.Content:auth:20\r\n".encode() + _OK
        assert await host.command("AT+S.WPAECERT=content,1") == contents
        assert await host.command("AT+S.TLSCERT=content,1") == _OK
        assert await host.command("AT+S.TLSCERT=content,2") == b"AT-S.Clean\r\n" + _OK
        assert await host.command("AT+S.WPAECERT=content,1") == contents
        assert await host.command("AT+S.WPAECERT=content,2") == b"AT-S.Clean\r\n" + _OK
        assert await host.command("AT+S.WPAECERT=content,1") == _OK


async def test_a_certificate_on_the_user_flash_serves_tls() -> None:
    own = root().issue("Client", client=True)
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        for name, content in (("tls.cert", own.bundle_der), ("tls.key", own.key_der)):
            assert await host.command(f"AT+S.FSC=1:/{name},{len(content)}", content) == _OK
        client = host.module.credentials.client()
        assert client is not None
        assert client.chain[0] == own.certificate_der
