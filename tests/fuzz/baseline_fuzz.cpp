#include "src/core/error.hpp"
#include "src/report/merge.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace roacache;

/// A run that can be read can be judged, held against itself, merged and reported again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const report::SavedRun run = report::read_run(text, "run.json");
        const bench::Result twice = report::merged({run, run});
        if (twice.blocks.size() != 2 * run.result.blocks.size()) std::abort();
        bench::Assessment assessment = bench::assess(run.result, {});
        bench::hold_against(assessment, run.result, twice, "run.json", 0.1);
        const report::Document document{.result = run.result,
                                        .assessment = assessment,
                                        .environment = run.environment,
                                        .command = run.command,
                                        .title = {},
                                        .uncached_by = run.uncached_by,
                                        .notes = {}};
        report::to_text(document, 80, false);
        report::to_markdown(document, "run");
        report::to_junit(document);
        report::read_run(report::to_json(document), "again.json");
    } catch (const core::Error&) {
    }
    return 0;
}
