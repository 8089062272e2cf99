#include "commands/declarations.hpp"
#include "commands/doctor/report.hpp"
#include "commands/document.hpp"
#include "commands/keys/walking.hpp"
#include "src/core/units.hpp"
#include "src/output/json_text.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

namespace roacache::commands {
namespace {

core::ExitCode run_doctor(const DoctorOptions& options, Context& context) {
    const Format format = context.format(k_doctor_formats);
    const ShownLevel level{analysis::level_called(options.level).value_or(analysis::Level::warning)};
    if (!options.measured_for.empty()) core::parse_duration(options.measured_for, "--for");
    parse_max_pause(options.max_pause);
    const Examination done = examine(options, context);
    std::ostream& out = context.streams.out;
    switch (format) {
    case Format::json:
        out << output::json_text(doctor_json(done, level, document_head("doctor", context)), 2) << "\n";
        break;
    case Format::ndjson:
        out << output::json_text(doctor_json(done, level, document_head("doctor", context))) << "\n";
        break;
    case Format::junit:
        out << doctor_junit(done, level);
        break;
    case Format::plain:
        if (!done.untold.empty())
            context.warn(fmt::format("not all rules were checked ({}); -o json lists them", done.untold));
        out << doctor_lines(done, level);
        break;
    default:
        out << doctor_table(done, level, context.streams.out_colour);
    }
    out.flush();
    return any_found(done, level) ? core::ExitCode::negative : core::ExitCode::done;
}

constexpr const char* k_doctor_examples = R"(
Examples:
  roacache doctor
      What is wrong with the server, why, and what to do; exit 1 where something is.
  roacache doctor --for 30s --level note
      The hit rate against the profile's goal, and what is evicted, over half a minute; notes too.
  roacache doctor -p hr-portal -o junit --output-file doctor.xml
      For a CI job: a test case for each rule.
  roacache doctor -o json | jq -r .acl.minimal
      The line that makes a user with the smallest rights for these keys.
  roacache doctor --notify cache-invalidation -o json | jq -r .acl.minimal
      The same for a user who also tells the services over this channel.
  roacache doctor -u unix:///run/redis/redis.sock --host-root /host
      The machine's settings, seen from a container that has its root under /host.

Nothing is changed on the server. Up to 5,000 keys are looked at, in steps of --max-pause. What this user may not ask
for, as INFO or CONFIG, leaves its rules unchecked, with the reason. CONFIG GET, SLOWLOG GET and ACL GETUSER show more
than the cache's own keys, so that the proposed rights do without them.)";

} // namespace

Action declare_doctor(CLI::App& app) {
    const auto options = std::make_shared<DoctorOptions>();
    app.add_option("--level", options->level, "What is shown, and makes the exit code 1: this and above")
        ->check(CLI::IsMember({"note", "warning", "error"}))
        ->type_name("LEVEL")
        ->capture_default_str();
    app.add_option("--for", options->measured_for,
                   "Measure hit rate, evictions and refused clients for this long")
        ->type_name("DUR");
    app.add_option("--host-root", options->host_root, "The folder that holds the machine's /proc and /sys")
        ->type_name("DIR")
        ->capture_default_str();
    app.add_option("--notify", options->notify,
                   "The rights to tell the services over this channel, as invalidate --notify does, too")
        ->type_name("CHANNEL");
    add_max_pause_option(app, options->max_pause);
    app.footer(k_doctor_examples);
    return [options](Context& context) { return run_doctor(*options, context); };
}

} // namespace roacache::commands
