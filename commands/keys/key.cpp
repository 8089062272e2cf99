#include "commands/declarations.hpp"
#include "commands/document.hpp"
#include "src/core/error.hpp"
#include "src/core/reader.hpp"
#include "src/layout/params_hash.hpp"
#include "src/net/redact.hpp"
#include "src/output/json_text.hpp"
#include "src/output/text.hpp"
#include "src/store/profile_layout.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <fmt/core.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

struct KeyOptions {
    std::string resource;
    std::vector<std::string> parameters;
    std::string tenant;
    bool from_stdin = false;
};

/// Makes keys as the profile's service does; keeps its buffers from one key to the next.
class KeyMaker {
  public:
    explicit KeyMaker(const config::Profile& profile)
        : profile_(profile), layout_(store::layout_of(profile)) {
        if (const auto rule = store::hash_rule_of(profile))
            hasher_ = std::make_unique<layout::ParamsHasher>(*rule);
        parts_.tenant = profile.default_tenant;
    }

    /// For the profile's default tenant when `tenant` is empty.
    std::string make(std::string_view tenant, std::string_view resource,
                     const layout::Parameters& parameters) {
        parts_.tenant = tenant.empty() ? std::string_view(profile_.default_tenant) : tenant;
        parts_.tenant_must_show = !tenant.empty();
        parts_.resource = resource;
        parts_.hash.clear();
        if (hasher_) hasher_->append(parameters, parts_.hash);
        parts_.hash_must_show = hasher_ && !parameters.empty();
        return layout_.build(parts_);
    }

    /// A system that does not hash has its parameters in the key by name.
    bool hashes() const { return hasher_ != nullptr; }
    void set_segment(std::string name, std::string value) {
        parts_.where.emplace_back(std::move(name), std::move(value));
    }
    void clear_segments() { parts_.where.clear(); }
    const std::string& hash() const { return parts_.hash; }
    const std::string& tenant() const { return parts_.tenant; }

  private:
    const config::Profile& profile_;
    layout::Layout layout_;
    std::unique_ptr<layout::ParamsHasher> hasher_;
    layout::KeyParts parts_;
};

/// A JSON string without quotes and escapes; what is no string stays as it is written.
std::string plain_text(std::string_view json) {
    if (json.size() < 2 || json.front() != '"') return std::string(json);
    if (json.find('\\') == std::string_view::npos) return std::string(json.substr(1, json.size() - 2));
    return nlohmann::json::parse(json).get<std::string>();
}

void set_json(const std::string& text, const std::string& name, const std::string& value,
              layout::Parameters& parameters) {
    try {
        parameters.set_json(name, value);
    } catch (const Error& error) {
        throw Error(error.code(),
                    fmt::format("bad parameter: '{}': {}", net::redact_parameters(text), error.what()),
                    "A string goes without the colon: NAME=STRING.");
    }
}

/// `NAME=STRING` or `NAME:=JSON`.
void add_parameter(const std::string& text, KeyMaker& maker, layout::Parameters& parameters) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || text.substr(0, equals) == ":")
        throw Error(ExitCode::usage, fmt::format("bad parameter: '{}': expected NAME=STRING or NAME:=JSON",
                                                 net::redact_parameters(text)));
    const bool json = text[equals - 1] == ':';
    const std::string name = text.substr(0, equals - (json ? 1 : 0));
    const std::string value = text.substr(equals + 1);
    if (!maker.hashes())
        maker.set_segment(name, json ? plain_text(value) : value);
    else if (json)
        set_json(text, name, value, parameters);
    else
        parameters.set_string(name, value);
}

/// Reads lines `{"tenant": …, "resource": …, "params": {…}}` and answers each with its key. What has arrived
/// is answered before more is waited for, so that another program can talk to this one line by line.
class LineServer {
  public:
    LineServer(KeyMaker& maker, std::string default_tenant, std::ostream& out)
        : maker_(maker), default_tenant_(std::move(default_tenant)), out_(out) {}

    ExitCode serve() {
        core::Reader in = core::Reader::standard_input();
        std::array<char, 1 << 16> buffer{};
        for (;;) {
            const std::size_t got = in.read_some(buffer);
            if (got == 0) break;
            take({buffer.data(), got});
            flush();
            if (!out_.good()) return ExitCode::done; // the reader went away
        }
        if (!rest_.empty()) answer(rest_);
        flush();
        return ExitCode::done;
    }

  private:
    void take(std::string_view text) {
        for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
            if (rest_.empty()) {
                answer(text.substr(0, end));
            } else {
                rest_ += text.substr(0, end);
                answer(rest_);
                rest_.clear();
            }
            text.remove_prefix(end + 1);
        }
        rest_ += text;
    }

    void answer(std::string_view line) {
        ++line_;
        try {
            call_.parse(line);
            const auto resource = call_.find("resource");
            if (!resource || resource->size() < 3 || resource->front() != '"')
                throw Error(ExitCode::usage, "no \"resource\"");
            parameters_.parse(call_.find("params").value_or("{}"));
            if (!maker_.hashes()) take_segments(call_.find("params").value_or("{}"));
            const auto tenant = call_.find("tenant");
            answers_ += output::printable(maker_.make(tenant ? plain_text(*tenant) : default_tenant_,
                                                      plain_text(*resource), parameters_));
            answers_ += '\n';
        } catch (const Error& error) {
            flush();
            throw Error(error.code(), fmt::format("bad line: standard input:{}: {}", line_, error.what()),
                        R"(A line is {"tenant": "T", "resource": "R", "params": {…}}.)");
        }
    }

    void take_segments(std::string_view params) {
        maker_.clear_segments();
        const auto object = nlohmann::ordered_json::parse(params);
        for (const auto& [name, value] : object.items())
            maker_.set_segment(name, value.is_string() ? value.get<std::string>() : to_string(value));
    }

    void flush() {
        out_ << answers_ << std::flush;
        answers_.clear();
    }

    KeyMaker& maker_;
    std::string default_tenant_;
    std::ostream& out_;
    layout::Parameters call_, parameters_;
    std::string rest_;    ///< of a line that has not ended
    std::string answers_; ///< not yet written
    std::uint64_t line_ = 0;
};

ExitCode run_key(const KeyOptions& options, Context& context) {
    const Format format = context.format(k_document_formats);
    const config::Profile profile = context.profile();
    KeyMaker maker(profile);
    if (options.from_stdin) {
        if (!options.resource.empty())
            throw Error(ExitCode::usage, "usage: key: --stdin brings the resources; none is named beside it");
        return LineServer(maker, options.tenant, context.streams.out).serve();
    }
    if (options.resource.empty() || options.resource.find('=') != std::string::npos)
        throw Error(ExitCode::usage, "usage: key: no resource named",
                    "Name one, such as dashboard_summary, or give --stdin.");
    layout::Parameters parameters;
    for (const std::string& text : options.parameters)
        add_parameter(text, maker, parameters);
    const std::string key = maker.make(options.tenant, options.resource, parameters);
    if (is_json(format)) {
        nlohmann::ordered_json json = document_head("key", context);
        json["outcome"] = "done";
        json["key"] = output::json_bytes(key);
        json["tenant"] =
            maker.tenant().empty() ? nlohmann::json(nullptr) : output::json_bytes(maker.tenant());
        json["resource"] = output::json_bytes(options.resource);
        json["hash"] = maker.hash().empty() ? nlohmann::json(nullptr) : nlohmann::json(maker.hash());
        context.streams.out << output::json_text(json, format == Format::json ? 2 : -1) << "\n";
    } else {
        context.streams.out << output::printable(key) << "\n";
    }
    return ExitCode::done;
}

constexpr const char* k_key_examples = R"(
Examples:
  roacache key dashboard_summary company:=1
      The key of a call with the integer 1; company=1 would be the string "1", another key.
  roacache key invoices_list company:=1 'partner=CLIENȚI' page:=1 unpaid:=true -t client-1
  roacache key user id=42 -p hr-portal
      A system that does not hash has its parameters in the key.
  echo '{"tenant": "t", "resource": "treasury_data", "params": {"company": 1}}' | roacache key --stdin
      A line in, a line out.

What the service leaves out of the hash (username, current_user, tenant_id) is left out here too.)";

} // namespace

Action declare_key(CLI::App& app) {
    const auto options = std::make_shared<KeyOptions>();
    app.add_option("RESOURCE", options->resource, "What is cached, such as dashboard_summary")->type_name("");
    app.add_option("PARAMETERS", options->parameters, "The call's arguments: NAME=STRING or NAME:=JSON")
        ->type_name("");
    app.add_option("-t,--tenant", options->tenant, "Of this tenant (default: the profile's)")->type_name("T");
    app.add_flag("--stdin", options->from_stdin, "Read calls from standard input, one JSON object a line");
    app.footer(k_key_examples);
    return [options](Context& context) { return run_key(*options, context); };
}

} // namespace roacache::commands
