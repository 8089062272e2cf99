// What the nodes of a cluster say of themselves, taken apart, and the slots of keys.

#include "src/store/redis/server_info.hpp"
#include "src/store/redis/topology/node.hpp"
#include "src/store/redis/topology/sum.hpp"
#include "tests/support/catch.hpp"

using namespace roacache::store;
using namespace roacache::store::redis;

TEST_CASE("the slot of a key is that of the Redis cluster specification", "[cluster]") {
    // Values that CLUSTER KEYSLOT of Redis 7.0.15 gives.
    CHECK(slot_of("123456789") == 12739);
    CHECK(slot_of("foo") == 12182);
    CHECK(slot_of("{foo}bar") == 12182);
    CHECK(slot_of("a{foo}{bar}") == 12182);
    CHECK(slot_of("") == 0);
    CHECK(slot_of("{}foo") == 9500);
    CHECK(slot_of("foo{") == slot_of("foo{"));
    CHECK(slot_of("{{bar}}zap") == slot_of("{bar"));
}

TEST_CASE("the slot of a key of any length is that of its CRC16, bit by bit", "[cluster]") {
    std::string key;
    for (unsigned length = 0; length < 70; ++length) {
        unsigned crc = 0;
        for (const char c : key) {
            crc ^= static_cast<unsigned>(static_cast<unsigned char>(c)) << 8U;
            for (int bit = 0; bit < 8; ++bit)
                crc = ((crc & 0x8000U) != 0 ? (crc << 1U) ^ 0x1021U : crc << 1U) & 0xffffU;
        }
        INFO(length);
        CHECK(slot_of(key) == crc % k_slots);
        const unsigned next = (length * 89 + 7) % 256;
        key += static_cast<char>(next == '{' || next == '}' ? 255 : next);
    }
}

TEST_CASE("slots are shown as ranges", "[cluster]") {
    SlotSet slots;
    CHECK(ranges_of(slots).empty());
    for (const std::size_t slot : {0U, 1U, 2U, 7U, 16383U})
        slots.set(slot);
    CHECK(ranges_of(slots) == "0-2 7 16383");
    CHECK(ranges_of(SlotSet().set()) == "0-16383");
}

TEST_CASE("CLUSTER NODES is read in all its versions' forms", "[cluster]") {
    const auto nodes =
        parse_nodes("a1 127.0.0.1:7000@17000,cache-1.internal,shard-id=x myself,master - 0 0 "
                    "4 connected 0-2 7 [9->-b2] [10-<-b2]\n"
                    "b2 ::1:7001@17001 master - 0 1 5 connected 3-6\r\n"
                    "c3 127.0.0.1:7002,,tls-port=0,shard-id=x slave,fail? a1 0 1 4 disconnected\n"
                    "d4 127.0.0.1:7003@17003 master,fail - 0 1 2 disconnected 20\n"
                    "e5 :0@0 handshake - 0 0 0 connected\n"
                    "f6 :0@0 slave,noaddr a1 0 0 0 disconnected\n");
    REQUIRE(nodes);
    REQUIRE(nodes->size() == 4);
    const Node& a = nodes->front();
    CHECK(a.asked);
    CHECK(a.primary);
    CHECK(a.epoch == 4);
    CHECK(a.host_name == "cache-1.internal");
    CHECK(ranges_of(a.slots) == "0-2 7");
    CHECK(ranges_of(a.importing) == "10");
    CHECK(ranges_of(a.migrating) == "9");
    CHECK((*nodes)[1].address.host == "::1");
    CHECK((*nodes)[1].address.port == 7001);
    CHECK((*nodes)[2].primary_id == "a1");
    CHECK((*nodes)[2].suspected);
    CHECK((*nodes)[2].host_name.empty());
    CHECK_FALSE((*nodes)[2].primary);
    CHECK((*nodes)[3].failed);
}

TEST_CASE("what is no list of nodes is none", "[cluster]") {
    for (const char* text :
         {"", "\n", "a", "a 127.0.0.1:1@2 master - 0 0", "a 127.0.0.1:x@2 master - 0 0 1 connected",
          "a nowhere master - 0 0 1 connected", "a 127.0.0.1:1@2 master - 0 0 1 connected 16384",
          "a 127.0.0.1:1@2 master - 0 0 1 connected 5-x", "a 127.0.0.1:1@2 master - 0 0 -1 connected",
          "a 127.0.0.1:99999@2 master - 0 0 1 connected",
          "a 127.0.0.1:1@2 master - 0 0 1 connected [x->-b]"}) {
        INFO(text);
        CHECK_FALSE(parse_nodes(text));
    }
}

TEST_CASE("CLUSTER SLOTS is read, and what is none is none", "[cluster]") {
    const auto number = [](std::int64_t value) {
        Reply reply;
        reply.type = Reply::Type::integer;
        reply.integer = value;
        return reply;
    };
    const auto text = [](const char* value) {
        Reply reply;
        reply.type = Reply::Type::string;
        reply.text = value;
        return reply;
    };
    const auto list = [](std::vector<Reply> elements) {
        Reply reply;
        reply.type = Reply::Type::array;
        reply.elements = std::move(elements);
        return reply;
    };
    const Reply primary = list({text("10.0.0.1"), number(7000), text("a1")});
    const Reply replica = list({text("10.0.0.2"), number(7001), text("b2"), list({})});
    const auto nodes = parse_slots(list(
        {list({number(0), number(5), primary, replica}), list({number(9), number(9), primary, replica})}));
    REQUIRE(nodes);
    REQUIRE(nodes->size() == 2);
    CHECK(ranges_of(nodes->front().slots) == "0-5 9");
    CHECK(nodes->back().primary_id == "a1");
    CHECK_FALSE(parse_slots(list({})));
    CHECK_FALSE(parse_slots(text("x")));
    CHECK_FALSE(parse_slots(list({list({number(0), number(16384), primary})})));
    CHECK_FALSE(parse_slots(list({list({number(6), number(5), primary})})));
    CHECK_FALSE(parse_slots(list({list({number(0), number(5)})})));
    CHECK_FALSE(
        parse_slots(list({list({number(0), number(5), list({text("h"), number(70000), text("a")})})})));
}

TEST_CASE("replicas are read from INFO replication", "[cluster]") {
    const auto replicas =
        replicas_in(parse_info("role:master\r\nconnected_slaves:2\r\n"
                               "slave0:ip=10.0.0.2,port=7001,state=online,offset=42,lag=0\r\n"
                               "slave1:ip=::1,port=7002,state=wait_bgsave,offset=0,lag=1\r\n"));
    REQUIRE(replicas.size() == 2);
    CHECK(replicas[0].address.text() == "10.0.0.2:7001");
    CHECK(replicas[0].online);
    CHECK(replicas[0].offset == 42);
    CHECK_FALSE(replicas[1].online);
}

TEST_CASE("figures of several servers are those of all, or none", "[cluster]") {
    Statistics one, other;
    one.hits = 3;
    other.hits = 4;
    one.misses = 1;
    one.memory_used = 100;
    other.memory_used = 300;
    one.memory_fragmentation = 1.0;
    other.memory_fragmentation = 2.0;
    one.memory_limit = 0;
    other.memory_limit = 500;
    one.uptime_s = 50;
    other.uptime_s = 20;
    one.refuses_writes = false;
    other.refuses_writes = true;
    const Statistics sum = add(one, other);
    CHECK(sum.hits == 7U);
    CHECK_FALSE(sum.misses);
    CHECK(sum.memory_used == 400U);
    CHECK(sum.memory_fragmentation == 1.75);
    CHECK(sum.memory_limit == 0U);
    CHECK(sum.uptime_s == 20U);
    CHECK(sum.refuses_writes == true);
}
