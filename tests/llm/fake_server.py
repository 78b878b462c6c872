"""Stands in for the embedded server's process: same stdin, stdout, key, and end; answers at once.

Arguments: the folder where it notes what it was asked, and "broken" to end without starting.
"""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FOLDER = Path(sys.argv[1])


def main() -> None:
    options = json.loads(sys.stdin.buffer.readline())
    if "broken" in sys.argv:
        sys.exit("no model here")

    class Http(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer({"data": []})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with (FOLDER / "asked.jsonl").open("ab") as out:
                out.write(body + b"\n")
            self.answer({"choices": [{"message": {"role": "assistant", "content": "好"}}]})

        def answer(self, body: dict[str, Any]) -> None:
            known = self.headers["Authorization"] == f"Bearer {options['api_key']}"
            data = json.dumps(body).encode()
            self.send_response(200 if known else 401)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Http)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}) + "\n")
    sys.stdout.flush()
    while os.read(0, 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
