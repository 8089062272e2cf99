#include "src/core/error.hpp"
#include "src/store/remover.hpp"
#include "tests/store/filled.hpp"
#include "tests/store/meant_keys.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/servers.hpp"

#include <algorithm>
#include <atomic>
#include <fmt/format.h>
#include <map>
#include <mutex>
#include <random>
#include <thread>

using namespace roacache;
using store::redis::Connection;
using test::Made;
using test::Meant;
using test::numbered;
using test::Random;

namespace {

/// The text of one argument as MONITOR quotes it, from `at` on, which moves behind it.
std::string unquoted(std::string_view line, std::size_t& at) {
    std::string text;
    for (++at; at < line.size() && line[at] != '"'; ++at) {
        if (line[at] != '\\') {
            text += line[at];
            continue;
        }
        const char letter = line[++at];
        if (letter == 'x') {
            text += static_cast<char>(std::stoi(std::string(line.substr(at + 1, 2)), nullptr, 16));
            at += 2;
        } else {
            const std::size_t plain = std::string_view("nrtab").find(letter);
            text += plain == std::string_view::npos ? letter : "\n\r\t\a\b"[plain];
        }
    }
    ++at;
    return text;
}

/// Every command that the server gets, as it reports itself.
class Monitor {
  public:
    explicit Monitor(const std::string& url) : connection_(Connection::connect(net::parse_url(url))) {
        connection_.call({"MONITOR"});
    }

    /// The keys that were sent with UNLINK or DEL, or PEXPIRE with LT, until `marker` was echoed.
    std::vector<std::string> sent_until(const std::string& marker) {
        std::vector<std::string> keys;
        for (;;) {
            const std::string line = connection_.receive().text;
            std::vector<std::string> arguments;
            for (std::size_t at = line.find('"'); at != std::string::npos; at = line.find('"', at))
                arguments.push_back(unquoted(line, at));
            if (arguments.size() == 2 && arguments[0] == "ECHO" && arguments[1] == marker) return keys;
            if (arguments.empty()) continue;
            if (arguments[0] == "UNLINK" || arguments[0] == "DEL")
                keys.insert(keys.end(), arguments.begin() + 1, arguments.end());
            if (arguments[0] == "PEXPIRE" && arguments.back() == "LT") keys.push_back(arguments[1]);
        }
    }

  private:
    Connection connection_;
};

/// Sets, removes and expires keys of its own all the time.
class Meddler {
  public:
    Meddler(const std::string& url, unsigned seed) : thread_([this, url, seed] { run(url, seed); }) {}
    ~Meddler() {
        done_ = true;
        thread_.join();
    }

    std::atomic<std::uint64_t> rounds{0};
    std::map<std::string, Made> made() {
        const std::lock_guard lock(mutex_);
        return made_;
    }

  private:
    void run(const std::string& url, unsigned seed) {
        Random random(seed);
        auto connection = Connection::connect(net::parse_url(url));
        while (!done_) {
            for (int i = 0; i < 8; ++i) {
                const Made made = test::make_key(random, false);
                {
                    const std::lock_guard lock(mutex_);
                    made_.emplace(made.key, made);
                }
                const std::size_t what = random() % 4;
                if (what == 0)
                    connection.append({"GETDEL", made.key});
                else if (what == 1)
                    connection.append({"SET", made.key, "m", "PX", "1"});
                else
                    connection.append({"SET", made.key, "m"});
            }
            connection.send();
            while (connection.outstanding() > 0)
                connection.receive();
            ++rounds;
        }
    }

    std::atomic<bool> done_{false};
    std::mutex mutex_;
    std::map<std::string, Made> made_;
    std::thread thread_;
};

/// One removal, chosen by its number alone, on a server with meddlers, held against the rule.
class Case {
  public:
    Case(unsigned number, const std::string& url, Monitor& monitor, Meddler& meddler)
        : number_(number), random_(number), url_(url), monitor_(monitor), meddler_(meddler),
          own_(Connection::connect(net::parse_url(url))) {}

    void run() {
        fill();
        choose();
        INFO("case " << number_ << ": " << words_);
        monitor_.sent_until(mark());
        remove();
        const std::vector<std::string> sent = monitor_.sent_until(mark());
        check_sent(sent);
        check_figures(sent);
        check_left();
    }

  private:
    std::string mark() {
        const std::string marker = fmt::format("mark {} {}", number_, ++marks_);
        own_.call({"ECHO", marker});
        return marker;
    }

    void fill() {
        own_.call({"FLUSHDB"});
        for (std::size_t n = random_() % 150; n > 0; --n) {
            Made made = test::make_key(random_, true);
            own_.append({"SET", made.key, "v"});
            there_.emplace(made.key, std::move(made));
        }
        own_.send();
        while (own_.outstanding() > 0)
            own_.receive();
    }

    void choose() {
        const std::size_t kind = random_() % 10;
        meant_ = kind == 0  ? test::choose_everything(random_)
                 : kind < 4 ? test::choose_keys(random_, there_)
                            : test::choose_selectors(random_);
        const auto matching = std::count_if(there_.begin(), there_.end(),
                                            [&](const auto& pair) { return meant_.rule(pair.second); });
        if (random_() % 2 == 0) {
            const std::uint64_t limits[] = {0,
                                            1,
                                            static_cast<std::uint64_t>(matching),
                                            static_cast<std::uint64_t>(std::max(matching, 1L) - 1),
                                            random_() % 100,
                                            100'000};
            terms_.max_keys = limits[random_() % 6];
        }
        if (random_() % 4 == 0) agreed_ = random_() % 60;
        if (random_() % 6 == 0) terms_.soft = std::chrono::milliseconds(1 + random_() % 100'000);
        verifies_ = random_() % 4 == 0;
        killed_ = random_() % 12 == 0;
        words_ = fmt::format("limit {}, agreed {}, soft {}, killed {}, {} named, {} there",
                             terms_.max_keys ? std::to_string(*terms_.max_keys) : "none",
                             agreed_ ? std::to_string(*agreed_) : "none", terms_.soft.has_value(), killed_,
                             meant_.named.size(), there_.size());
    }

    void remove() {
        store::MeantKeys keys(config::builtin_profile("roa2web"), meant_.selectors,
                              store::Reach::default_tenant);
        if (!meant_.named.empty()) keys.name({meant_.named, "", false}, store::NamedKeys::Repeated::dropped);
        if (meant_.named.empty() && meant_.selectors.empty()) return; // of no keys, none were named
        const auto store = test::open(url_);
        terms_.begins = [this](std::optional<std::uint64_t>) {
            ++begun_;
            if (killed_) killer_ = std::thread([this, rounds = random_() % 20] { kill_after(rounds); });
        };
        store::Remover remover(*store, keys, terms_);
        try {
            remover.remove(agreed_);
            if (verifies_) remover.verify();
        } catch (const core::Error& error) {
            failure_ = error;
        }
        if (killer_.joinable()) killer_.join();
        figures_ = remover.figures();
        groups_ = remover.groups().sorted();
    }

    bool is_meant(const std::string& key, const std::map<std::string, Made>& meddled) const {
        const auto found = there_.find(key);
        if (found != there_.end()) return meant_.rule(found->second);
        const auto other = meddled.find(key);
        if (other != meddled.end()) return meant_.rule(other->second);
        return std::find(meant_.named.begin(), meant_.named.end(), key) != meant_.named.end();
    }

    void check_sent(const std::vector<std::string>& sent) {
        const auto meddled = meddler_.made();
        for (const std::string& key : sent) {
            INFO("sent: " << key);
            REQUIRE(is_meant(key, meddled));
        }
        if (terms_.max_keys) REQUIRE(sent.size() <= *terms_.max_keys);
        if (agreed_) REQUIRE(sent.size() <= *agreed_);
        REQUIRE((sent.empty() || begun_ == 1));
        REQUIRE(figures_.sent >= sent.size());
        if (!killed_) REQUIRE(figures_.sent == sent.size());
    }

    /// Ends the connection that was made after this one, some round trips later.
    void kill_after(std::size_t rounds) {
        const auto id = std::to_string(own_.call({"CLIENT", "ID"}).integer + 1);
        for (; rounds > 0; --rounds)
            own_.call({"PING"});
        own_.ask({"CLIENT", "KILL", "ID", id});
    }

    void check_figures(const std::vector<std::string>& sent) const {
        INFO((failure_ ? failure_->what() : "no failure"));
        std::uint64_t matched = 0, changed = 0;
        for (const store::KeyGroup& group : groups_) {
            matched += group.matched;
            changed += group.removed + group.shortened;
        }
        const std::uint64_t reported = figures_.removed + figures_.shortened;
        REQUIRE(changed == reported);
        REQUIRE(reported + figures_.unconfirmed <= figures_.sent);
        if (figures_.unconfirmed == 0) REQUIRE(matched == figures_.matched);
        if (figures_.acted) REQUIRE(figures_.matched >= reported);
        if (!killed_) REQUIRE(figures_.used_up == (failure_ && figures_.acted));
        if (failure_ && failure_->code() == core::ExitCode::partial) REQUIRE(!sent.empty());
        if (failure_ && failure_->code() == core::ExitCode::refused) REQUIRE(sent.empty());
        if (failure_ && failure_->code() == core::ExitCode::unreachable) REQUIRE(killed_);
        if (meant_.everything) REQUIRE((failure_ && failure_->code() == core::ExitCode::usage));
        const bool may_take_all = meant_.everything || !meant_.selectors.matches.empty();
        if (!may_take_all) REQUIRE((!failure_ || failure_->code() != core::ExitCode::usage));
        if (!killed_ && !failure_) REQUIRE(figures_.unconfirmed == 0);
    }

    /// Of the keys that nobody else touches, those that are meant are gone, and no other.
    void check_left() {
        for (const auto& [key, made] : there_)
            own_.append({"EXISTS", key});
        own_.send();
        std::uint64_t gone = 0, left_though_meant = 0;
        for (const auto& [key, made] : there_) {
            const bool exists = own_.receive().integer == 1;
            INFO("key: " << key);
            if (!exists && !terms_.soft) REQUIRE(meant_.rule(made));
            if (!exists) ++gone;
            if (exists && meant_.rule(made)) ++left_though_meant;
        }
        if (terms_.soft) return;
        REQUIRE(gone <= figures_.removed + figures_.unconfirmed);
        if (!failure_ && !killed_) REQUIRE(left_though_meant == 0);
        if (!failure_ && !meant_.named.empty()) {
            const std::set<std::string> named(meant_.named.begin(), meant_.named.end());
            REQUIRE(figures_.matched + figures_.absent == named.size());
            REQUIRE(figures_.matched == gone);
        }
    }

    unsigned number_;
    Random random_;
    std::string url_;
    Monitor& monitor_;
    Meddler& meddler_;
    Connection own_;
    int marks_ = 0;
    std::map<std::string, Made> there_; ///< that only the removal touches
    Meant meant_;
    std::string words_;
    store::RemovalTerms terms_;
    std::optional<std::uint64_t> agreed_;
    bool verifies_ = false, killed_ = false;
    int begun_ = 0;
    std::thread killer_;
    std::optional<core::Error> failure_;
    store::RemovalFigures figures_;
    std::vector<store::KeyGroup> groups_;
};

} // namespace

TEST_CASE("a removal next to writers removes what was named, no more than allowed, and reports it",
          "[removal]") {
    const test::RedisServer redis;
    const std::set<std::string> neighbours = numbered("cache:default:invoices_list:", 500);
    test::fill(redis.unix_url() + "?db=1", neighbours);
    const std::string before = redis.cli({"-n", "1", "debug", "digest"});
    Monitor monitor(redis.unix_url());
    Meddler meddler(redis.unix_url(), 99);
    for (unsigned number = 0; number < (test::k_sanitized ? 80 : 1'000); ++number)
        Case(number, redis.unix_url(), monitor, meddler).run();
    CHECK(meddler.rounds > (test::k_sanitized ? 5 : 100));
    CHECK(redis.cli({"-n", "1", "dbsize"}) == "500");
    CHECK(redis.cli({"-n", "1", "debug", "digest"}) == before);
}
