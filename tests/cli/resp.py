"""What the servers that stand before a Redis share: reading its protocol. Not a program."""


def read_whole(stream):
    """The bytes of one answer, or of one command: both are RESP."""
    line = stream.readline()
    kind, rest = line[:1], line[1:].strip()
    if kind == b"$" and int(rest) >= 0:
        return line + stream.read(int(rest) + 2)
    if kind == b"*" and int(rest) >= 0:
        return line + b"".join(read_whole(stream) for _ in range(int(rest)))
    return line
