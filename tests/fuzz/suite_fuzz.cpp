// A suite as somebody else wrote it: whatever it holds, it gets no variable that was not allowed, no file
// outside of its folder, and no secret into a message.

#include "src/bench/model/json_path.hpp"
#include "src/bench/verdict/verdict.hpp"
#include "src/config/suite_file.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>

using namespace roacache;

namespace {

namespace fs = std::filesystem;

constexpr const char* k_secret = "hunter2hunter2";
constexpr const char* k_forbidden = "correct-horse-battery";

/// A suite's folder with a file, a folder and links in it, and next to it a file that is none of its own.
class Folder {
  public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "suite-fuzz-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) std::abort();
        around_ = name;
        fs::create_directories(inner() / "d");
        core::write_file_atomically(around_ / "s", k_forbidden);
        core::write_file_atomically(inner() / "f", "own");
        fs::create_symlink("../s", inner() / "l");
        fs::create_directory_symlink("..", inner() / "u");
    }
    ~Folder() { fs::remove_all(around_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    fs::path inner() const { return around_ / "i"; }

  private:
    fs::path around_;
};

std::optional<std::string> variable(const std::string& name) {
    if (name == "NAME") return "value";
    if (name == "SECRET_TOKEN") return k_secret;
    return k_forbidden;
}

void read_texts(const std::vector<config::PlacedText>& asserts,
                const std::vector<config::PlacedText>& paths) {
    for (const config::PlacedText& expr : asserts)
        bench::parse_assert(expr.text);
    for (const config::PlacedText& path : paths)
        if (bench::parse_json_path(path.text, "ignore_json").parts.empty()) std::abort();
}

void read_body(const config::SuiteEndpoint& endpoint) {
    static const Folder k_folder;
    if (!endpoint.body.starts_with('@')) return;
    const config::SuiteFile file{{}, k_folder.inner(), "others may write to it"};
    if (config::read_file_of_suite(file, endpoint.body.substr(1)).find(k_forbidden) != std::string::npos)
        std::abort();
}

void check(const config::Suite& suite) {
    if (suite.endpoints.empty()) std::abort();
    read_texts(suite.asserts, suite.ignore_json);
    for (const config::SuiteEndpoint& endpoint : suite.endpoints) {
        if (endpoint.name.empty() || endpoint.url.empty() || endpoint.weight == 0) std::abort();
        for (const auto* list : {&suite.headers, &endpoint.headers, &endpoint.params})
            for (const auto& [name, value] : *list)
                if (value.find(k_forbidden) != std::string::npos) std::abort();
        if ((endpoint.url + endpoint.body + suite.base_url).find(k_forbidden) != std::string::npos)
            std::abort();
        read_texts(endpoint.asserts, endpoint.ignore_json);
        read_body(endpoint);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const bool holds_it = text.find(k_secret) != std::string::npos;
    if (text.find(k_forbidden) != std::string::npos) return 0;
    try {
        check(config::parse_suite(
            text, "suite.toml",
            config::variables_of_suite({"NAME", "SECRET_TOKEN"}, "others may write to it", variable)));
    } catch (const core::Error& error) {
        const std::string message = error.what() + error.remedy();
        const bool placed = message.find("suite.toml") != std::string::npos;
        if (placed && !holds_it && message.find(k_secret) != std::string::npos) std::abort();
        if (message.find(k_forbidden) != std::string::npos) std::abort();
    }
    return 0;
}
