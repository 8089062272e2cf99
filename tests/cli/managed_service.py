"""A Redis server that answers as a managed or compatible service does, for tests without that service.

    managed_service.py SERVICE PORT

PORT is of a real server behind, which has the entries. What SERVICE refuses, and in which words, stands in the table
below, by what these services' users and makers have published (the sources are named beside it); everything else the
server behind answers. Prints `PORT number`.
"""

import os
import random
import re
import socket
import sys
import threading

from resp import read_whole

SERVICE, BEHIND = sys.argv[1], int(sys.argv[2])
CLOSE = None  # the connection is ended in place of an answer
FAR = 9286422431637964944  # a cursor of ElastiCache Serverless (redisson#5517): above 2^63


def quoted(words):  # ElastiCache 7 (redis_exporter#905)
    rest = "".join(f"'{word}' " for word in words[1:])
    return f"-ERR unknown command '{words[0]}', with args beginning with: {rest}"


def bare(words):  # ElastiCache Serverless (redis_exporter#1054)
    return f"-ERR unknown command '{words[0].lower()}', with args beginning with: {words[1] if len(words) > 1 else ''}"


def backticks(words):  # Azure (Archery#1451), KeyDB
    rest = "".join(f"`{word}`, " for word in words[1:])
    return f"-ERR unknown command `{words[0]}`, with args beginning with: {rest}"


def not_available(words):  # Upstash (sidekiq#5641)
    name = " ".join(words[:2]) if words[0] in ("CLIENT", "MEMORY", "ACL") else words[0]
    return (f"-ERR Command is not available: '{name}'. See https://upstash.com/docs/redis/overall/rediscompatibility "
            "for details")


def subcommand(words):
    return f"-ERR unknown subcommand '{words[1].lower()}'. Try {words[0]} HELP."


def old_subcommand(words):  # Redis 6.2 and KeyDB
    return f"-ERR Unknown subcommand or wrong number of arguments for '{words[1]}'. Try {words[0]} HELP."


def proxied(words):  # Envoy (command_splitter)
    return f"-ERR unknown command '{words[0]}', with args beginning with: {words[1] if len(words) > 1 else ''}"


def closing(_):
    return CLOSE


def of_node(line):
    return lambda text: re.sub(r"(?m)^redis_mode:.*$", line, text)


def without(*names):
    return lambda text: re.sub(rf"(?m)^({'|'.join(names)}):.*\r\n", "", text)


class Service:
    def __init__(self, refused=(), info=(), cursors=0, plays_cluster=False, shards=1, memory=None,
                 shift=0, by_turns=False):
        self.refused = dict(refused)  # the first words of a command: what answers it
        self.info = info              # what is done to the text of INFO, in turn
        self.cursors = cursors        # added to those of SCAN
        self.plays_cluster = plays_cluster
        self.shards = shards          # whose answers to SCAN come one behind another
        self.memory = memory          # what MEMORY USAGE always answers
        self.shift = shift            # of cursors, below which the server's number stands
        self.by_turns = by_turns      # each answer to SCAN is another server's


def all_of(answer, *commands):
    return [(command, answer) for command in commands]


SERVICES = {
    "elasticache": Service(all_of(quoted, "CONFIG", "DEBUG", "BGSAVE", "REPLICAOF", "ACL SETUSER"),
                           [of_node("redis_mode:standalone\r\nos:Amazon ElastiCache"), without("total_system_memory")]),
    "elasticache-serverless": Service(
        [*all_of(bare, "LATENCY", "KEYS", "MEMORY", "OBJECT", "SLOWLOG", "CONFIG", "WAIT"),
         *all_of(subcommand, "CLIENT LIST", "CLIENT ID", "CLIENT NO-EVICT", "CLIENT NO-TOUCH"),
         ("MULTI", lambda _: "-ERR command not supported inside transaction"),
         ("SELECT 1", lambda _: "-ERR SELECT is not allowed in cluster mode")],
        [of_node("redis_mode:cluster"), without("maxmemory", "maxmemory_policy", "run_id", "used_memory_rss")],
        cursors=FAR, plays_cluster=True),
    "azure": Service([*all_of(backticks, "CONFIG", "MODULE", "DEBUG", "BGSAVE"),
                      *all_of(old_subcommand, "CLIENT NO-EVICT", "CLIENT NO-TOUCH", "CLIENT SETINFO", "ACL DRYRUN")]),
    "azure-enterprise": Service(
        [*all_of(lambda words: f"-ERR unknown command '{words[0]}'", "READONLY", "ASKING", "ROLE"),
         *all_of(lambda words: f"-ERR unknown subcommand '{words[1]}'", "LATENCY LATEST", "CLIENT NO-EVICT"),
         ("CLUSTER", lambda _: "-ERR command is not allowed"),  # jedis#2317
         ("CONFIG", lambda _: "-ERR Unsupported CONFIG parameter"),
         ("SELECT 1", lambda _: "-ERR DB index is out of range")],
        [without("maxmemory", "maxmemory_policy")], cursors=1 << 62),
    "upstash": Service(
        [*all_of(not_available, "SLOWLOG", "CLIENT NO-EVICT", "CLIENT NO-TOUCH", "OBJECT", "ROLE", "CLUSTER",
                 "READONLY", "LATENCY", "ACL DRYRUN"),
         ("CONFIG", lambda _: "*0"),
         ("SELECT 1", lambda _: "-ERR Only 0th database is supported! Selected DB: 1")],
        [without("role", "connected_slaves", "used_memory_rss", "mem_fragmentation_ratio")], cursors=FAR),
    "dragonfly": Service(
        [*all_of(lambda words: f"-ERR unknown command `{words[0]}`", "OBJECT", "WAIT", "ASKING"),
         *all_of(old_subcommand, "CLIENT NO-EVICT", "CLIENT NO-TOUCH"),
         ("CLUSTER", lambda _: "-ERR Cluster is disabled. Enabled via passing --cluster_mode=emulated|yes"),
         ("INFO EVERYTHING", lambda _: "$0\r\n"), ("CONFIG GET SAVE", lambda _: "*0")],
        [of_node("dragonfly_version:df-v1.31.0\r\nredis_mode:standalone"), without("run_id", "maxclients")],
        memory=0),
    "keydb": Service(
        [*all_of(old_subcommand, "CLIENT SETINFO", "CLIENT NO-EVICT", "CLIENT NO-TOUCH", "ACL DRYRUN"),
         ("CLUSTER", lambda _: "-ERR This instance has cluster support disabled")],
        [lambda text: re.sub(r"(?m)^redis_version:.*$", "redis_version:6.3.4\r\nmvcc_depth:0", text),
         lambda text: re.sub(r"(?m)^(db\d+:.*)\r$", r"\1,cached_keys=9\r", text)]),
    "garnet": Service(
        [*all_of(lambda _: "-ERR unknown command", "OBJECT", "WAIT", "SLOWLOG"),
         ("LATENCY LATEST", lambda _: "-ERR unknown subcommand 'LATEST'. Try LATENCY HELP"),
         ("CLIENT NO-TOUCH", lambda _: "-ERR unknown subcommand 'NO-TOUCH'."),
         ("ACL DRYRUN", lambda _: "-ERR unknown subcommand 'DRYRUN'."),
         ("CLUSTER", lambda _: "-ERR This instance has cluster support disabled"),
         ("INFO COMMANDSTATS", lambda _: "-ERR Invalid section COMMANDSTATS. TRY INFO HELP"),
         ("CONFIG", lambda _: "*0")],
        [of_node("garnet_version:1.0.19\r\nredis_mode:standalone"),
         without("used_memory", "maxmemory", "keyspace_hits", "keyspace_misses", r"db\d+"),
         lambda text: re.sub(r"(?m)^master_repl_offset:.*$", "master_repl_offset:N/A\r", text)]),
    "envoy": Service(all_of(proxied, "INFO", "DBSIZE", "MEMORY", "WAIT", "LATENCY", "ACL", "READONLY", "COMMAND",
                            "CLIENT", "HELLO", "CONFIG", "SLOWLOG", "OBJECT", "CLUSTER", "SCAN", "UNLINK")),
    "envoy-new": Service([*all_of(proxied, "DBSIZE", "MEMORY", "WAIT", "LATENCY", "ACL", "READONLY", "COMMAND"),
                          ("CLIENT NO-TOUCH", lambda _: "-ERR CLIENT subcommand 'NO-TOUCH' is not supported by the "
                                                        "proxy"),
                          ("HELLO 3", lambda _: "-NOPROTO unsupported protocol version")], shards=3),
    "envoy-random": Service(all_of(proxied, "INFO", "DBSIZE", "MEMORY", "WAIT", "LATENCY", "ACL", "READONLY", "COMMAND",
                                   "CLIENT", "HELLO", "CONFIG", "SLOWLOG", "OBJECT", "CLUSTER"),
                            by_turns=True),  # envoy#38516
    "predixy": Service(all_of(proxied, "CLUSTER", "CONFIG", "CLIENT", "ACL", "HELLO"), shift=10),  # predixy#206
    "twemproxy": Service(all_of(closing, "HELLO", "SELECT", "COMMAND", "KEYS", "INFO", "CONFIG", "DBSIZE", "SCAN",
                                "CLIENT", "SLOWLOG", "OBJECT", "MEMORY", "WAIT", "ROLE", "CLUSTER", "READONLY", "ACL",
                                "LATENCY", "MULTI", "PUBLISH", "UNLINK")),
}


def bulk(text):
    data = text.encode("latin-1")
    return b"$%d\r\n%s\r\n" % (len(data), data)


def words_in(command):
    """Of a command its words; a name may hold anything."""
    words, at = [], command.index(b"\r\n") + 2
    while at < len(command):
        end = command.index(b"\r\n", at)
        size = int(command[at + 1:end])
        words.append(command[end + 2:end + 2 + size].decode("latin-1"))
        at = end + 2 + size + 2
    return words


class Client:
    def __init__(self, connection, port):
        self.of, self.connection, self.port = SERVICES[SERVICE], connection, port

    def refusal(self, words):
        shown = [words[0].upper(), *words[1:]]
        for first, answer in self.of.refused.items():
            asked = first.split()
            if [word.upper() for word in words[:len(asked)]] == asked:
                return True, answer(shown)
        return False, None

    def serve(self):
        asked = self.connection.makefile("rb")
        with socket.create_connection(("127.0.0.1", BEHIND)) as server, self.connection:
            for end in (server, self.connection):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answers = server.makefile("rb")
            while (command := read_whole(asked)).startswith(b"*"):  # none of them takes inline commands alike
                words = words_in(command)
                refused, answer = self.refusal(words)
                if refused and answer is CLOSE:
                    self.connection.shutdown(socket.SHUT_WR)
                    return
                if refused:
                    self.connection.sendall(answer.encode() + b"\r\n")
                    continue
                self.connection.sendall(self.answer(words, server, answers))

    def answer(self, words, server, answers):
        name = words[0].upper()

        def ask(*asked):
            server.sendall(b"*%d\r\n" % len(asked) + b"".join(bulk(word) for word in asked))
            return read_whole(answers)

        if name == "SCAN":
            return self.scan(words, ask)
        if name == "INFO":
            return self.info(ask(*words))
        if name == "MEMORY" and self.of.memory is not None and words[1].upper() == "USAGE":
            return b":%d\r\n" % self.of.memory
        if name == "HSCAN" and SERVICE == "dragonfly":  # of a hash that goes away meanwhile (dragonfly#5777)
            ask("DEL", words[1])
            return b"*2\r\n" + bulk("7") + b"*0\r\n"
        if name == "CLUSTER" and self.of.plays_cluster:
            return self.cluster(words[1].upper())
        if name == "HELLO" and self.of.plays_cluster:
            return ask(*words).replace(b"standalone", b"cluster").replace(b"$10\r\ncluster", b"$7\r\ncluster")
        return ask(*words)

    def scan(self, words, ask):
        cursor = int(words[1])
        if cursor and self.of.cursors:
            words[1] = str(cursor - self.of.cursors)
        if self.of.shift:
            words[1] = str(cursor >> self.of.shift)
        if self.of.by_turns:
            ask("SELECT", str(random.randrange(3)))
        answer = ask(*words)
        if not answer.startswith(b"*2"):
            return answer
        size_end = answer.index(b"\r\n", 4)
        size = int(answer[5:size_end])
        next_cursor = int(answer[size_end + 2:size_end + 2 + size])
        rest = answer[size_end + 2 + size + 2:]
        far = bulk(str((next_cursor << self.of.shift) + self.of.cursors if next_cursor else 0))
        if self.of.shards > 1:  # envoy#42889
            return b"*%d\r\n" % (2 * self.of.shards) + (far + rest) + (bulk("0") + b"*0\r\n") * (self.of.shards - 1)
        return b"*2\r\n" + far + rest

    def info(self, answer):
        if not answer.startswith(b"$"):
            return answer
        text = answer[answer.index(b"\r\n") + 2:-2].decode("latin-1")
        for change in self.of.info:
            text = change(text)
        return bulk(text)

    def cluster(self, word):
        """One node that owns every slot, and the port for its replicas, which is none that answers here."""
        own = "ae61b6b371d85c5b92b87acf971c6b6b00000000"
        if word == "NODES":
            return bulk(f"{own} 127.0.0.1:{self.port}@{self.port} myself,master - 0 0 0 connected 0-16383\n"
                        f"2f4c9e8a5b6d7c8e9f0a1b2c3d4e5f6a00000000 127.0.0.1:1@1 slave {own} 0 0 0 connected\n")
        if word == "MYID":
            return bulk(own)
        if word == "INFO":
            return bulk("cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:16384\r\n"
                        "cluster_slots_fail:0\r\ncluster_known_nodes:2\r\n")
        return b"-ERR unknown subcommand\r\n"


def serve_quietly(client, port):
    try:
        Client(client, port).serve()
    except OSError:
        pass
    except Exception as error:  # pylint: disable=broad-except
        print("managed_service.py:", repr(error), file=sys.stderr, flush=True)
        os._exit(1)


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(16)
own_port = listener.getsockname()[1]
print("PORT", own_port, flush=True)
while True:
    threading.Thread(target=serve_quietly, args=(listener.accept()[0], own_port), daemon=True).start()
