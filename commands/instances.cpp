#include "commands/instances.hpp"

#include "commands/document.hpp"
#include "commands/trusted_settings.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/output/json_text.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <sstream>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;
using nlohmann::ordered_json;

/// What came of one instance.
struct InstanceEnd {
    std::string store; ///< no secrets
    ExitCode code = ExitCode::done;
    std::string answer; ///< in the format that was asked for; of JSON a document
    std::optional<Error> error;
};

InstanceEnd run_at_instance(const net::Url& instance, Context& context, const Action& run) {
    const config::Settings settings = settings_for(instance, context.settings);
    std::ostringstream out;
    output::Streams streams{.out = out,
                            .err = context.streams.err,
                            .out_is_terminal = context.streams.out_is_terminal,
                            .err_is_terminal = context.streams.err_is_terminal,
                            .out_colour = context.streams.out_colour,
                            .err_colour = context.streams.err_colour,
                            .width = context.streams.width};
    InstanceEnd end;
    end.store = instance.redacted();
    Context there{settings, streams, context.arguments, context.command, context.selector, end.store};
    try {
        end.code = run(there);
    } catch (const Error& error) {
        end.code = error.code();
        end.error = error;
    }
    context.selector = there.selector;
    end.answer = out.str();
    return end;
}

/// The document without what the head of all says.
ordered_json target_of(const InstanceEnd& end) {
    ordered_json target{{"store", end.store}, {"outcome", outcome_of(end.code)}, {"error", nullptr}};
    const ordered_json document = ordered_json::parse(end.answer, nullptr, false);
    if (document.is_object())
        for (const auto& [name, value] : document.items())
            if (name != "schema" && name != "selector" && name != "store" && name != "profile")
                target[name] = value;
    if (end.error) target["error"] = error_json(*end.error);
    return target;
}

/// The sum where every instance tells the figure.
ordered_json sum_of(const ordered_json& targets, const char* name) {
    std::uint64_t sum = 0;
    for (const ordered_json& target : targets) {
        if (!target.contains(name) || !target[name].is_number_unsigned()) return nullptr;
        sum += target[name].get<std::uint64_t>();
    }
    return sum;
}

void print_ends(const std::vector<InstanceEnd>& ends, std::string_view command, const char* outcome,
                Format format, Context& context) {
    std::ostream& out = context.streams.out;
    if (!is_json(format)) {
        for (const InstanceEnd& end : ends)
            out << output::printable(end.store) << ": " << outcome_of(end.code) << "\n" << end.answer;
        return;
    }
    ordered_json targets = ordered_json::array();
    for (const InstanceEnd& end : ends)
        targets.push_back(target_of(end));
    ordered_json json = document_head(command, context);
    json["store"] = nullptr;
    json["outcome"] = outcome;
    if (command == "invalidate")
        for (const char* name : {"matched", "removed"})
            json[name] = sum_of(targets, name);
    json["targets"] = targets;
    out << output::json_text(json, format == Format::json ? 2 : -1) << "\n";
}

/// What is no URL is not echoed, since its secrets cannot be found.
net::Url instance_url(const std::string& text, std::size_t number) {
    try {
        net::Url url = net::parse_url(text);
        if (url.kind == net::UrlKind::http) return url;
    } catch (const Error&) {
    }
    throw Error(ExitCode::usage,
                fmt::format("bad URL: --instances: number {} is no URL of a management API", number),
                "Give them as http://HOST:PORT/api/cache,http://HOST:PORT/api/cache.");
}

} // namespace

void add_instances_option(CLI::App& app, std::string& instances) {
    app.add_option("--instances", instances,
                   "Management APIs of all the service's workers, each of which is asked in turn")
        ->type_name("URL,URL");
}

std::vector<net::Url> parse_instances(const std::string& instances) {
    std::vector<net::Url> urls;
    std::istringstream list(instances);
    for (std::string text; std::getline(list, text, ',');) {
        net::Url url = instance_url(text, urls.size() + 1);
        if (std::find(urls.begin(), urls.end(), url) != urls.end())
            throw Error(ExitCode::usage, fmt::format("usage: --instances names {} twice", url.redacted()));
        urls.push_back(std::move(url));
    }
    return urls;
}

config::Settings settings_for(const net::Url& instance, const config::Settings& settings) {
    config::Settings there = settings;
    std::string text = fmt::format("{}://", instance.scheme);
    if (instance.user || instance.password)
        text += net::percent_encode(instance.user.value_or("")) +
                (instance.password ? ":" + net::percent_encode(*instance.password) : "") + "@";
    text += instance.hosts.front().text() + instance.target;
    there.url = address_of_flag("--instances", text);
    there.address = {};
    there.address.url = there.url;
    return there;
}

ExitCode run_on_instances(const std::string& instances, std::string_view command, Context& context,
                          const Action& run) {
    if (instances.empty()) return run(context);
    const Format format = context.format(k_document_formats);
    const std::vector<net::Url> urls = parse_instances(instances);
    std::vector<InstanceEnd> ends;
    for (const net::Url& url : urls) {
        if (core::Interrupt::requested()) break;
        ends.push_back(run_at_instance(url, context, run));
    }
    const auto failed = [](const InstanceEnd& end) { return end.code != ExitCode::done; };
    const auto failures = std::count_if(ends.begin(), ends.end(), failed);
    ExitCode code = ExitCode::done;
    if (failures > 0) code = std::find_if(ends.begin(), ends.end(), failed)->code;
    const bool some = failures > 0 && (failures < std::ssize(ends) || code == ExitCode::partial);
    if (some && code != ExitCode::negative) code = ExitCode::partial;
    if (core::Interrupt::requested()) code = ExitCode::interrupted;
    print_ends(ends, command, outcome_of(code), format, context);
    context.streams.out.flush();
    for (const InstanceEnd& end : ends)
        if (end.error) context.warn(fmt::format("{}: {}", end.store, end.error->what()));
    if (code != ExitCode::partial) return code;
    throw Error(code,
                fmt::format("partly done: {} of {} instances: the others have failed",
                            std::ssize(ends) - failures, urls.size()),
                "Run it again for those that failed: what is done stays done.");
}

} // namespace roacache::commands
