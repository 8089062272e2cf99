#include "src/core/error.hpp"
#include "src/net/url.hpp"
#include "src/store/store.hpp"
#include "tests/fuzz/model_server.hpp"
#include "tests/store/filled.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace roacache;

namespace {

constexpr std::uint64_t k_most_commands = 2'000'000;

void require(bool holds) {
    if (!holds) std::abort();
}

/// What is asked of a server may be asked of one that is not in order; it ends, and nothing is changed that
/// was not wanted.
void walk(store::Store& store, test::ModelServer& server, store::Act act, bool named) {
    store::WalkRequest request;
    request.act = act;
    request.fields = {.type = true, .ttl = true, .bytes = true};
    request.ttl = [](const store::FoundKey&) { return std::chrono::seconds(5); };
    const store::MeantKeys meant = test::matching("wanted*");
    request.meant = &meant;
    if (named)
        request.keys = [batch = 0](std::vector<std::string>& keys) mutable {
            keys = {"wanted:" + std::to_string(batch), "wanted:none"};
            return ++batch < 4;
        };
    store::Walk::Tally tally;
    std::uint64_t changed = 0;
    try {
        const auto walk = store.walk(std::move(request));
        store::Page page;
        try {
            while (walk->next(page))
                changed += page.changed;
        } catch (const core::Error&) {
            changed += page.changed;
        }
        tally = walk->tally();
    } catch (const core::Error&) {
        // Refused before anything was done.
    }
    const test::ModelServer::Record record = server.record();
    for (const std::string& key : record.acted_on)
        require(key.starts_with("wanted"));
    require(tally.changed == changed);
    require(tally.changed + tally.uncertain <= tally.sent);
    if (act == store::Act::erase) require(record.removed >= tally.changed);
    if (act == store::Act::erase) require(record.removed <= tally.changed + tally.uncertain);
    require(record.commands < k_most_commands);
}

} // namespace

/// The first byte says what is done; the others how the server answers: see ModelServer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static test::ModelServer server;
    if (size == 0) return 0;
    std::vector<std::string> keys;
    for (int number = 0; number < 12; ++number)
        keys.push_back((number % 3 == 0 ? "other:" : "wanted:") + std::to_string(number));
    server.reset({data + 1, data + size}, keys);
    try {
        store::ConnectOptions options;
        options.timeout = std::chrono::seconds(5);
        const auto store = store::open_store(net::parse_url(server.url()), options);
        const unsigned what = data[0] % 10U;
        if (what < 8) {
            walk(*store, server, static_cast<store::Act>(what % 4), what >= 4);
        } else if (what == 8) {
            store->info();
            store->statistics();
        } else {
            store->inspect(store::FoundKey("wanted:1"), 100);
        }
    } catch (const core::Error&) {
        // A server that is not in order may be refused at any time.
    }
    require(server.record().commands < k_most_commands);
    return 0;
}
