"""Reads a WebSocket with websockets and prints each text on a line of its own."""

import asyncio
import sys

import websockets


async def main() -> None:
    # No ping of its own: what is answered is what is asked.
    async with websockets.connect(sys.argv[1], ping_interval=None) as connection:
        async for text in connection:
            print(text, flush=True)


asyncio.run(main())
