#include "src/core/error.hpp"
#include "src/output/code_points.hpp"
#include "src/report/merge.hpp"
#include "tests/unit/well_formed.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

using namespace roacache;

namespace {

void fail(const char* what, std::string_view text) {
    std::fprintf(stderr, "%s in:\n%.*s\n", what, static_cast<int>(text.size()), text.data());
    std::abort();
}

/// UTF-8 that shows every character it has, in lines.
void check_visible(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = output::sequence_length(text.substr(at, 4));
        if (length == 0) fail("broken UTF-8", text);
        const char32_t code = output::code_point(text.substr(at, length));
        if (code != '\n' && !output::is_visible(code)) fail("a hidden character", text);
        at += length;
    }
}

void check_xml(const std::string& xml) {
    constexpr std::string_view k_declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    check_visible(xml);
    std::string_view elements = xml;
    if (elements.starts_with(k_declaration)) elements.remove_prefix(k_declaration.size());
    if (const std::string fault = test::xml_fault(elements); !fault.empty()) fail(fault.c_str(), xml);
}

/// Rows of as many fields as the first, by RFC 4180, and no cell that a spreadsheet would compute.
void check_csv(std::string_view csv) {
    check_visible(csv);
    std::size_t fields = 1, wanted = 0;
    bool quoted = false, begins = true;
    for (const char c : csv) {
        if (begins && (c == '=' || c == '+' || c == '@')) fail("a formula", csv);
        begins = false;
        if (c == '"') quoted = !quoted;
        if (quoted) {
            begins = c == '"';
        } else if (c == ',') {
            ++fields;
            begins = true;
        } else if (c == '\n') {
            if (wanted != 0 && fields != wanted) fail("a row of another length", csv);
            wanted = fields;
            fields = 1;
            begins = true;
        }
    }
    if (quoted) fail("an open quote", csv);
}

/// Fences are closed, and outside of them no line opens HTML, a link or an image of its own.
void check_markdown(const std::string& markdown) {
    check_visible(markdown);
    std::string fence;
    for (std::size_t from = 0; from < markdown.size();) {
        const std::size_t end = std::min(markdown.find('\n', from), markdown.size());
        const std::string line = markdown.substr(from, end - from);
        from = end + 1;
        if (line.starts_with("```")) {
            const std::string own = line.substr(0, line.find_first_not_of('`'));
            if (fence.empty())
                fence = own;
            else if (line == fence)
                fence.clear();
        } else if (fence.empty()) {
            for (const char* opening : {"](", "<script", "<a ", "<iframe", "javascript:"})
                if (line.find(opening) != std::string::npos && line.find('`') == std::string::npos)
                    fail(opening, markdown);
        }
    }
    if (!fence.empty()) fail("an open fence", markdown);
}

void check_all(const report::Document& document) {
    check_visible(report::to_text(document, 80, false));
    check_markdown(report::to_markdown(document, "run"));
    check_xml(report::to_junit(document));
    check_csv(report::to_csv(document));
    for (const auto& picture : report::pictures(document, "run"))
        check_xml(picture.content);
    const std::string json = report::to_json(document);
    check_visible(json);
    if (!nlohmann::json::accept(json)) fail("no JSON", json);
    report::read_run(json, "again.json");
}

} // namespace

/// Whatever a saved run says, alone, against itself and merged with itself: each rendering is well-formed and
/// shows all that it has.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const report::SavedRun run = report::read_run(text, "run.json");
        const bench::Result twice = report::merged({run, run});
        bench::Assessment assessment = bench::assess(twice, {});
        bench::hold_against(assessment, twice, run.result, run.command, 0.1);
        const std::string title = run.environment.empty() ? "" : run.environment.front().second;
        check_all({.result = twice,
                   .assessment = assessment,
                   .environment = run.environment,
                   .command = run.command,
                   .title = title,
                   .uncached_by = run.uncached_by,
                   .notes = {run.command, run.uncached_by}});
    } catch (const core::Error& error) {
        if (std::string_view(error.what()).find('\n') != std::string_view::npos)
            fail("a line break", error.what());
    }
    return 0;
}
