#include "src/report/formats.hpp"

#include "src/output/json_text.hpp"

#include <array>
#include <nlohmann/json.hpp>

namespace roacache::report {
namespace {

std::string table(const Document& document, const Medium& medium) {
    return to_text(document, medium.width, medium.colour);
}

std::string json(const Document& document, const Medium& /*medium*/) {
    return to_json(document);
}

std::string ndjson(const Document& document, const Medium& /*medium*/) {
    return output::json_text(nlohmann::ordered_json::parse(to_json(document))) + "\n";
}

std::string csv(const Document& document, const Medium& /*medium*/) {
    return to_csv(document);
}

std::string markdown(const Document& document, const Medium& medium) {
    return to_markdown(document, medium.stem);
}

std::string junit(const Document& document, const Medium& /*medium*/) {
    return to_junit(document);
}

std::string benchmark_action(const Document& document, const Medium& /*medium*/) {
    return to_benchmark_action(document);
}

std::string failure_in_json(const Failure& failure) {
    return failure.json;
}

std::string failure_in_junit(const Failure& failure) {
    return failure_junit(failure.message, failure.remedy);
}

constexpr std::array k_result_formats{
    ResultFormat{.name = "table", .render = table, .printed = true},
    ResultFormat{.name = "markdown",
                 .render = markdown,
                 .printed = true,
                 .option = "--report",
                 .value = "FILE.md",
                 .help = "Write the report (Markdown, with SVG pictures beside it)",
                 .note = "report",
                 .pictures = true},
    ResultFormat{.name = "json",
                 .render = json,
                 .printed = true,
                 .option = "--json",
                 .value = "FILE",
                 .help = "Write all figures as JSON",
                 .note = "figures",
                 .failure = failure_in_json},
    ResultFormat{.name = "ndjson", .render = ndjson, .printed = true},
    ResultFormat{.name = "csv", .render = csv, .printed = true},
    ResultFormat{.name = "junit",
                 .render = junit,
                 .option = "--junit",
                 .value = "FILE.xml",
                 .help = "Write the verdicts as JUnit XML",
                 .failure = failure_in_junit,
                 .tells_usage = true},
    ResultFormat{.name = "benchmark-action", .render = benchmark_action, .exported = true},
};

} // namespace

std::span<const ResultFormat> result_formats() {
    return k_result_formats;
}

} // namespace roacache::report
