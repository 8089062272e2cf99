#include "commands/bench/results.hpp"
#include "commands/command.hpp"
#include "commands/declarations.hpp"

#include <array>

namespace roacache::commands {

std::span<const Command> all_commands() {
    static const std::array k_commands{
        Command{"ping", "Does the cache answer? Role, version, topology, round trip", declare_ping,
                k_entry_formats, true},
        Command{"keys", "List the keys that are there, as they are found", declare_keys, k_entry_formats,
                true, true},
        Command{"key", "The exact key that the service computes for a call", declare_key, k_document_formats},
        Command{"invalidate", "Remove the keys that the selectors name", declare_invalidate, k_entry_formats,
                true},
        Command{"plan", "Count what invalidate would remove, and write that down to be applied", declare_plan,
                k_document_formats, true},
        Command{"apply", "Remove what a plan names, in the store that it was made for", declare_apply,
                k_entry_formats, true},
        Command{"follow", "Invalidate whenever a watermark of the database moves", declare_follow,
                k_document_formats, true},
        Command{"inspect", "Take a key apart: type, time to live, size, and its value", declare_inspect,
                k_entry_formats, true, true},
        Command{"stats", "Hit rate, memory, and what the keys take by tenant and resource", declare_stats,
                k_stats_formats, true},
        Command{"doctor", "What is wrong with the server, why, and what to do; what this user may do",
                declare_doctor, k_doctor_formats, true, true},
        Command{"toggle", "Switch a service's use of its cache off and on, for good or for a time",
                declare_toggle, k_document_formats, true},
        Command{"clear", "Have a service drop everything that it caches", declare_clear, k_document_formats,
                true},
        Command{"benchmark", "Have a service time its own cache", declare_benchmark, k_document_formats,
                true},
        Command{"bench", "Prove what the cache is worth: cached against uncached latency", declare_bench,
                printed_result_formats()},
        Command{"demo", "Run the reference service: a real database behind a real cache", declare_demo},
        Command{"profile", "How services lay out their keys: list, show, check", declare_profile,
                k_document_formats},
        Command{"trust", "Trust the roacache.toml of a directory with more than the looks", declare_trust},
        Command{"completion", "Print the completion script of a shell", declare_completion},
    };
    return k_commands;
}

} // namespace roacache::commands
