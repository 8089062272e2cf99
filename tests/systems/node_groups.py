"""Real servers that hold a cache together, which can be made to fail and be healed: a cluster of three primaries with a
replica each, and a primary with two replicas and three Sentinels.
"""

import os
import signal
import socket
import subprocess
import time

import redis
from redis.cluster import ClusterNode, RedisCluster

SLOTS = 16384


def free_port():
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port < 55000:  # the bus is 10,000 above
            return port


def wait_for(condition, seconds=60, what=""):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():
                return
        except (redis.RedisError, OSError):
            pass
        time.sleep(0.05)
    raise RuntimeError(f"waited in vain: {what}")


class Server:
    def __init__(self, folder, *arguments):
        self.port = free_port()
        self.folder = os.path.join(folder, str(self.port))
        os.mkdir(self.folder)
        self.file = os.path.join(self.folder, "node.conf")
        open(self.file, "w").close()
        self.arguments = arguments
        self.start()

    def start(self):
        self.paused = False
        self.process = subprocess.Popen(
            ["redis-server", self.file, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder,
             *self.arguments], stdout=subprocess.DEVNULL)
        self.client = redis.Redis(port=self.port, socket_timeout=5)
        wait_for(self.client.ping, what=f"server {self.port}")

    def send(self, number):
        self.process.send_signal(number)
        self.paused = number == signal.SIGSTOP

    def kill(self):
        self.process.kill()
        self.process.wait()

    def heal(self):
        if self.process.poll() is not None:
            self.start()
        elif self.paused:
            self.send(signal.SIGCONT)
        wait_for(self.client.ping, what=f"server {self.port} heals")

    def ask(self, *words):
        if words[0] == "CLUSTER":  # for replies that redis-py takes apart
            words = (" ".join(words[:2]), *words[2:])
        return self.client.execute_command(*words)

    def info(self, section):
        return self.client.info(section)


COMMON = ("--save", "", "--repl-diskless-sync-delay", "0", "--enable-debug-command", "yes")


class Cluster:
    name = "cluster"
    faults = ("kill", "pause", "failover", "reshard", "cut", "buffers", "password")

    def __init__(self, folder):
        arguments = (*COMMON, "--cluster-enabled", "yes", "--cluster-node-timeout", "1000")
        self.servers = [Server(folder, *arguments) for _ in range(6)]
        for number, server in enumerate(self.servers):
            server.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            if number < 3:
                server.ask("CLUSTER", "ADDSLOTSRANGE", SLOTS * number // 3, SLOTS * (number + 1) // 3 - 1)
            self.servers[0].ask("CLUSTER", "MEET", "127.0.0.1", server.port)
        wait_for(lambda: all(s.ask("CLUSTER", "INFO")["cluster_known_nodes"] == "6" for s in self.servers), what="to meet")
        for number in range(3, 6):
            primary = self.servers[number - 3].ask("CLUSTER", "MYID")
            wait_for(lambda: self.servers[number].ask("CLUSTER", "REPLICATE", primary), what="to replicate")
        self.heal()

    def url(self):
        return "redis+cluster://" + ",".join(f"127.0.0.1:{s.port}" for s in self.servers)

    def primaries(self):
        return [s for s in self.servers if s.info("replication")["role"] == "master"]

    def healthy(self):
        if len(self.primaries()) != 3:
            return False
        return all(s.ask("CLUSTER", "INFO")["cluster_state"] == "ok" for s in self.servers) and \
            all(s.info("replication")["connected_slaves"] == 1 for s in self.primaries()) and \
            all(s.info("replication").get("master_link_status", "up") == "up" for s in self.servers)

    def heal(self):
        for server in self.servers:
            server.heal()
        wait_for(self.healthy, 90, "the cluster to heal")

    def client(self):
        return RedisCluster(startup_nodes=[ClusterNode("127.0.0.1", s.port) for s in self.servers],
                            cluster_error_retry_attempts=10, socket_timeout=2)

    def failover(self, primary, _random):
        replicas = [s for s in self.servers if s.info("replication").get("master_port") == primary.port]
        if replicas:
            replicas[0].ask("CLUSTER", "FAILOVER")

    def reshard(self, primary, chance):
        others = [s for s in self.primaries() if s is not primary]
        if not others:
            return
        target = chance.choice(others)
        source_id, target_id = primary.ask("CLUSTER", "MYID"), target.ask("CLUSTER", "MYID")
        owned = [n for first, last, *_ in self.slots_of(primary) for n in range(first, last + 1)]
        for slot in chance.sample(owned, min(40, len(owned))):
            target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", source_id)
            primary.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", target_id)
            while keys := primary.ask("CLUSTER", "GETKEYSINSLOT", slot, 100):
                primary.ask("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *keys)
            target.ask("CLUSTER", "SETSLOT", slot, "NODE", target_id)
            primary.ask("CLUSTER", "SETSLOT", slot, "NODE", target_id)

    @staticmethod
    def slots_of(server):
        me = server.ask("CLUSTER", "MYID")
        me = me.decode() if isinstance(me, bytes) else me
        for node in server.ask("CLUSTER", "NODES").values():
            if node["node_id"] == me:
                return [(int(a), int(b)) for a, b in ((r[0], r[-1]) for r in node["slots"])]
        return []


class Sentinels:
    name = "sentinel"
    faults = ("kill", "pause", "failover", "cut", "buffers")

    def __init__(self, folder):
        self.servers = [Server(folder, *COMMON)]
        first = self.servers[0].port
        self.servers += [Server(folder, *COMMON, "--replicaof", f"127.0.0.1 {first}") for _ in range(2)]
        self.sentinels = [Server(folder, "--sentinel") for _ in range(3)]
        for sentinel in self.sentinels:
            sentinel.ask("SENTINEL", "MONITOR", "cache", "127.0.0.1", first, 2)
            sentinel.ask("SENTINEL", "SET", "cache", "down-after-milliseconds", 700)
            sentinel.ask("SENTINEL", "SET", "cache", "failover-timeout", 2000)
        self.heal()

    def url(self):
        return "redis+sentinel://" + ",".join(f"127.0.0.1:{s.port}" for s in self.sentinels) + "/cache"

    def named(self, sentinel):
        return sentinel.client.sentinel_get_master_addr_by_name("cache")[1]

    def primaries(self):
        named = self.named(self.sentinels[0])
        return [s for s in self.servers if s.port == named]

    def healthy(self):
        if len({self.named(s) for s in self.sentinels}) != 1:
            return False
        state = [s.client.sentinel_master("cache") for s in self.sentinels]
        if any(m["num-other-sentinels"] != 2 or m["num-slaves"] < 2 or m["is_odown"] or m["is_sdown"] for m in state):
            return False
        primary = self.primaries()[0].info("replication")
        return primary["role"] == "master" and primary["connected_slaves"] == 2 and \
            all(s.info("replication").get("master_link_status", "up") == "up" for s in self.servers)

    def heal(self):
        for server in self.servers + self.sentinels:
            server.heal()
        wait_for(self.healthy, 120, "the group to heal")

    def client(self):
        primary = self.primaries()[0]
        return redis.Redis(port=primary.port, socket_timeout=2)

    def failover(self, _primary, _random):
        try:
            self.sentinels[0].ask("SENTINEL", "FAILOVER", "cache")
        except redis.ResponseError:
            pass  # one is under way
