"""A small asyncio service: `GET /` answers 200 while no pipeline is faulted, and 503 with their ids otherwise.

    python health_endpoint.py 8000

One client lives as long as the service. Requests share its connections and its token.
"""

import asyncio
import sys

from warehouse_sync import AsyncClient


async def find_faulted(client: AsyncClient) -> list[str]:
    """List the ids of pipelines that are faulted or whose report cannot be read."""
    ids = [pipeline.id for pipeline in await client.pipelines.list()]
    return [
        polled.pipeline_id
        async for polled in client.pipelines.reports(ids)
        if polled.report is None or polled.report.status == "faulted"
    ]


async def serve(port: int) -> None:
    """Answer requests until the process ends."""
    async with AsyncClient() as client:

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            faulted = await find_faulted(client)
            status, body = (
                ("503 Service Unavailable", "\n".join(faulted)) if faulted else ("200 OK", "healthy")
            )
            head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body) + 1}\r\nConnection: close\r\n\r\n"
            writer.write(f"{head}{body}\n".encode())
            await writer.drain()
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(answer, "127.0.0.1", port)
        print(f"listening on http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        async with server:
            await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(serve(int(sys.argv[1])))
    except KeyboardInterrupt:
        sys.exit(0)
