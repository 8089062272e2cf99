#include "commands/doctor/host.hpp"

#include "src/core/ascii.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <fstream>

namespace roacache::commands {
namespace {

/// The first bytes of a file of /proc or /sys; nothing when it cannot be read.
std::optional<std::string> read_beginning(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::string text(4'096, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.gcount() <= 0) return std::nullopt;
    text.resize(static_cast<std::size_t>(file.gcount()));
    return std::string(core::trimmed(text));
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return parsed.ec == std::errc() ? std::optional(number) : std::nullopt;
}

std::optional<std::uint64_t> read_number(const std::filesystem::path& path) {
    const auto text = read_beginning(path);
    return text ? whole_number(*text) : std::nullopt;
}

/// The choice in `always [madvise] never`.
std::optional<std::string> read_choice(const std::filesystem::path& path) {
    const auto text = read_beginning(path);
    if (!text) return std::nullopt;
    const std::size_t begin = text->find('['), end = text->find(']');
    if (begin == std::string::npos || end == std::string::npos || end < begin) return std::nullopt;
    return text->substr(begin + 1, end - begin - 1);
}

/// The number in a line of a process's status, such as `VmSwap:  12 kB`.
std::optional<std::uint64_t> number_in_status(const std::optional<std::string>& status,
                                              std::string_view name) {
    const std::size_t at = status ? status->find(name) : std::string::npos;
    if (at == std::string::npos) return std::nullopt;
    return whole_number(core::trimmed(std::string_view(*status).substr(at + name.size(), 32)));
}

/// The least that the control groups allow which one of /proc/PID/cgroup is and is in: `memory.max`, or in
/// the first version of control groups `memory.limit_in_bytes`. `max` is none.
std::optional<std::uint64_t> least_limit(const std::filesystem::path& groups, std::string_view group,
                                         const char* file) {
    std::optional<std::uint64_t> least;
    const std::filesystem::path relative = std::filesystem::path(group).relative_path();
    std::filesystem::path folder = groups;
    const auto take = [&] {
        const auto limit = read_number(folder / file);
        if (limit) least = std::min(*limit, least.value_or(*limit));
    };
    take();
    for (const auto& part : relative) {
        if (part == "..") break; // out of what is seen from here
        folder /= part;
        take();
    }
    return least;
}

/// What the machine has, or what the process is allowed where that is less.
std::optional<std::uint64_t> memory_of(const std::filesystem::path& root,
                                       const std::filesystem::path& process) {
    std::optional<std::uint64_t> memory;
    const auto take = [&](std::optional<std::uint64_t> limit) {
        if (limit) memory = std::min(*limit, memory.value_or(*limit));
    };
    if (const auto kib = number_in_status(read_beginning(root / "proc/meminfo"), "MemTotal:"))
        take(*kib * 1'024);
    const std::string lines = read_beginning(process / "cgroup").value_or("");
    for (std::string_view rest = lines; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        const std::size_t path = line.find(":/");
        if (path == std::string_view::npos) continue;
        const auto groups = root / "sys/fs/cgroup";
        if (line.starts_with("0::")) take(least_limit(groups, line.substr(path + 1), "memory.max"));
        if (line.substr(0, path).ends_with(":memory"))
            take(least_limit(groups / "memory", line.substr(path + 1), "memory.limit_in_bytes"));
    }
    return memory;
}

bool is_servers_name(std::string_view name) {
    constexpr std::array k_names{"redis", "valkey", "keydb", "dragonfly"};
    return std::any_of(k_names.begin(), k_names.end(),
                       [&](const char* one) { return name.find(one) != std::string_view::npos; });
}

} // namespace

store::Told<analysis::Host> read_host(const std::filesystem::path& root, const analysis::Facts& facts) {
    if (!facts.same_host)
        return {std::nullopt, "the server is on another machine, as far as its address tells"};
    const auto process = facts.count("process_id");
    const auto system = facts.info("os");
    if (!process || !system) return {std::nullopt, facts.why_no_info(process ? "os" : "process_id")};
    const auto folder = root / "proc" / fmt::format("{}", *process);
    const auto name = read_beginning(folder / "comm");
    const auto kernel = read_beginning(root / "proc/sys/kernel/osrelease");
    if (!name || !is_servers_name(*name) || !kernel || system->find(*kernel) == std::string::npos)
        return {std::nullopt,
                fmt::format("the server's process {} does not run here: it is in a container, or behind "
                            "a tunnel",
                            *process)};
    analysis::Host host;
    host.why_here = fmt::format("process {} of this machine is {}", *process, output::printable(*name));
    host.huge_pages = read_choice(root / "sys/kernel/mm/transparent_hugepage/enabled");
    host.overcommit = read_number(root / "proc/sys/vm/overcommit_memory");
    host.somaxconn = read_number(root / "proc/sys/net/core/somaxconn");
    host.memory_bytes = memory_of(root, folder);
    const auto status = read_beginning(folder / "status");
    if (const auto kib = number_in_status(status, "VmSwap:")) host.swapped_bytes = *kib * 1'024;
    if (const auto enabled = number_in_status(status, "THP_enabled:")) host.takes_huge_pages = *enabled != 0;
    return {std::move(host), {}};
}

} // namespace roacache::commands
