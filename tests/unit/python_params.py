"""Random JSON objects and what Python makes of them, a line each: HEX-OF-TEXT OUTCOME.

OUTCOME is the hash that the accounting portal puts into its keys, or `!` where Python's json refuses the text.
Arguments: SEED COUNT. Half of the texts are spoilt at random, so that both readers have to refuse the same ones.
"""

import hashlib
import json
import random
import struct
import sys

EXCLUDED = ("username", "current_user", "tenant_id")
NAMES = ["company", "partner", "period", "username", "tenant_id", "current_user", "a", "b", "A", "", "é", "\ufffd", "\U0001f600"]
NUMBERS = ["0", "-0", "-0.0", "1", "1.0", "1e22", "1E+22", "1e400", "-1e400", "1e-400", "0.1", "1e16", "1e15",
           "123456789012345678901234567890", "-9223372036854775809", "5e-324", "2.5e-324", "1.7976931348623157e308",
           "1.7976931348623159e308", "0e999999999999", "1e99999999999999999999", "9007199254740993.0", "100e-2",
           "0.0001", "0.00001", "123456789.123456789", "NaN", "Infinity", "-Infinity"]
SPOIL = b'{}[]",:\\u0123456789abcdefE+-.eNIntrl \t\n\r\x00\x1f\x7f\x80\xc3\xed\xa0\xff'

rng = random.Random(int(sys.argv[1]))


def number():
    kind = rng.randrange(6)
    if kind == 0:
        return rng.choice(NUMBERS)
    if kind == 1:
        value = struct.unpack("<d", rng.randbytes(8))[0]
        return repr(value) if value == value and abs(value) != float("inf") else "0"
    if kind == 2:
        return str(rng.randrange(-(10 ** rng.randrange(1, 40)), 10 ** rng.randrange(1, 40)))
    if kind == 3:
        return "%d.%de%d" % (rng.randrange(100), rng.randrange(10**9), rng.randrange(-330, 330))
    if kind == 4:
        return repr(round(rng.uniform(-1e6, 1e6), rng.randrange(8)))
    return repr(rng.choice([1, -1]) * 2.0 ** rng.randrange(-1074, 1024))


def character():
    kind = rng.randrange(10)
    if kind < 4:
        return chr(rng.randrange(32, 127))
    if kind == 4:
        return chr(rng.randrange(32))
    if kind == 5:
        return chr(rng.randrange(127, 0x800))
    if kind == 6:
        return chr(rng.choice([rng.randrange(0x800, 0xD800), rng.randrange(0xE000, 0x10000)]))
    if kind == 7:
        return chr(rng.randrange(0x10000, 0x110000))
    if kind == 8:
        return chr(rng.randrange(0xD800, 0xE000))
    return rng.choice('"\\/')


def string(text=None):
    if text is None:
        text = "".join(character() for _ in range(rng.choice([0, 1, 2, 5, 20])))
    out = []
    for c in text:
        code = ord(c)
        if code < 32 or 0xD800 <= code < 0xE000 or c in '"\\' or rng.random() < 0.1:
            short = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f", "/": "\\/"}
            if c in short and rng.random() < 0.7:
                out.append(short[c])
            elif code >= 0x10000:
                out.append("\\u%04X\\u%04x" % (0xD800 + ((code - 0x10000) >> 10), 0xDC00 + ((code - 0x10000) & 0x3FF)))
            else:
                out.append(rng.choice(["\\u%04x", "\\u%04X"]) % code)
        else:
            out.append(c)
    return '"' + "".join(out) + '"'


def space():
    return rng.choice(["", "", "", " ", "\n", "\t ", "\r\n"])


def value(depth):
    kind = rng.randrange(8 if depth < 5 else 5)
    if kind < 2:
        return number()
    if kind < 4:
        return string()
    if kind == 4:
        return rng.choice(["true", "false", "null"])
    if kind == 5:
        return "[" + ",".join(space() + value(depth + 1) + space() for _ in range(rng.randrange(4))) + "]"
    return table(depth + 1)


def table(depth):
    members = []
    for _ in range(rng.choice([0, 1, 3, 6])):
        name = string(rng.choice(NAMES) if rng.random() < 0.6 else None)
        members.append(space() + name + space() + ":" + space() + value(depth) + space())
    return "{" + ",".join(members) + "}"


def spoil(text):
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(text) + 1)
        kind = rng.randrange(3)
        if kind == 0:
            text = text[:at] + text[at + 1 :]
        elif kind == 1:
            text = text[:at] + bytes([rng.choice(SPOIL)]) + text[at:]
        else:
            text = text[:at] + bytes([rng.choice(SPOIL)]) + text[at + 1 :]
    return text


def outcome(text):
    try:
        params = json.loads(text.decode("utf-8"))
    except ValueError:
        return "!"
    if not isinstance(params, dict):
        return "!"
    params = {name: value for name, value in params.items() if name not in EXCLUDED}
    return hashlib.md5(json.dumps(params, sort_keys=True).encode()).hexdigest()[:12]


for number_of_text in range(int(sys.argv[2])):
    sample = (space() + table(0) + space()).encode("utf-8")
    if number_of_text % 2:
        sample = spoil(sample)
    print(sample.hex() or "-", outcome(sample))
