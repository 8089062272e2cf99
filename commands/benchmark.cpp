#include "commands/declarations.hpp"
#include "commands/document.hpp"
#include "commands/open_store.hpp"
#include "src/output/json_text.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <ostream>

namespace roacache::commands {
namespace {

core::ExitCode run_benchmark(Context& context) {
    const Format format = context.format(k_document_formats);
    const nlohmann::json answer = open_store(context)->benchmark();
    if (!is_json(format)) {
        context.streams.out << output::json_text(answer, 2) << "\n";
        return core::ExitCode::done;
    }
    nlohmann::ordered_json json = document_head("benchmark", context);
    json["outcome"] = "done";
    json["answer"] = answer;
    context.streams.out << output::json_text(json, format == Format::json ? 2 : -1) << "\n";
    return core::ExitCode::done;
}

constexpr const char* k_benchmark_examples = R"(
Examples:
  roacache benchmark -u https://portal.internal/api/cache --token-file token --timeout 1m
      What the service measures of its own cache, as it answers it; roacache bench measures from outside.)";

} // namespace

Action declare_benchmark(CLI::App& app) {
    app.footer(k_benchmark_examples);
    return [](Context& context) { return run_benchmark(context); };
}

} // namespace roacache::commands
