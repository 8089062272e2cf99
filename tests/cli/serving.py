"""What the services of the tests share. Not a program."""

import http.server


class Handler(http.server.BaseHTTPRequestHandler):
    """Keeps connections, sends an answer in one piece, and says nothing of requests."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def answer(self, status, body, headers=None):
        """`headers`: a dictionary, besides the length of the body, which is bytes."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


def serve(handler):
    """Forever, on a port that it prints: `PORT <number>`."""
    server = Server(("127.0.0.1", 0), handler)
    print("PORT", server.server_port, flush=True)
    server.serve_forever()
