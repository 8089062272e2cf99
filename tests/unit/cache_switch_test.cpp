#include "src/store/cache_switch.hpp"
#include "tests/support/catch.hpp"

#include <stdexcept>
#include <vector>

using namespace roacache;

namespace {

/// Counts how often it is put back, which may fail.
class CountedSwitch final : public store::CacheSwitch {
  public:
    CountedSwitch(int& restored, bool fails) : restored_(restored), fails_(fails) {}
    void set(bool) override {}
    void restore() override {
        ++restored_;
        if (fails_) throw std::runtime_error("no answer");
    }
    bool was_on() const override { return false; }

  private:
    int& restored_;
    bool fails_;
};

} // namespace

TEST_CASE("A switch is put back once, on whatever path its guard goes", "[switch]") {
    int restored = 0;
    std::vector<std::string> told;
    const auto tell = [&](const std::string& state, const std::string& why) {
        told.push_back(state + ": " + why);
    };
    const auto make = [&](bool fails) { return std::make_unique<CountedSwitch>(restored, fails); };
    { const store::SwitchGuard guard(make(false), tell); }
    CHECK(restored == 1);
    {
        store::SwitchGuard guard(make(false), tell);
        guard.restore();
        CHECK(restored == 2);
        CHECK(guard.get() == nullptr);
    }
    CHECK(restored == 2);
    try {
        const store::SwitchGuard guard(make(false), tell);
        throw std::runtime_error("the run fails");
    } catch (const std::runtime_error&) {
        CHECK(restored == 3);
    }
    { const store::SwitchGuard nothing(nullptr, tell); }
    CHECK(told.empty());

    {
        store::SwitchGuard guard(make(true), tell);
        guard.restore();
    }
    CHECK(restored == 4);
    CHECK(told == std::vector<std::string>{"off: no answer"});
}
