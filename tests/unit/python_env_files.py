"""What python-dotenv makes of .env files.

Reads files one after another, each as its size in bytes on a line of its own and its text; prints NAME=VALUE for each
variable in the order of the names, a line break of a value as \\n, and -- after each file.
"""

import io
import sys

import dotenv.main

while size := sys.stdin.buffer.readline():
    text = sys.stdin.buffer.read(int(size)).decode("utf-8-sig")
    reader = dotenv.main.DotEnv(None, stream=io.StringIO(text, newline=""), override=False)
    values = {name: value for name, value in reader.dict().items() if value is not None}
    for name in sorted(values):
        print(name + "=" + values[name].replace("\r\n", "\n").replace("\n", "\\n"))
    print("--")
