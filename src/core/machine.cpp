#include "src/core/machine.hpp"

#include "src/core/units.hpp"

#include <fstream>
#include <sched.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

namespace roacache::core {
namespace {

/// The value behind the first `name` in a file of `name SEPARATOR value` lines, without quotes; empty when
/// there is none.
std::string first_value(const char* file, const std::string& name, char separator) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with(name)) continue;
        const std::size_t at = line.find(separator);
        if (at == std::string::npos || line.substr(0, at).find_last_not_of(" \t") + 1 != name.size())
            continue;
        std::string value = line.substr(at + 1);
        value.erase(0, value.find_first_not_of(" \t\""));
        value.erase(value.find_last_not_of(" \t\"") + 1);
        return value;
    }
    return {};
}

} // namespace

std::vector<std::pair<std::string, std::string>> machine_facts() {
    std::vector<std::pair<std::string, std::string>> facts;
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) facts.emplace_back(name, value);
    };
    add("cpu", first_value("/proc/cpuinfo", "model name", ':'));
    cpu_set_t usable;
    if (sched_getaffinity(0, sizeof usable, &usable) == 0) add("cores", std::to_string(CPU_COUNT(&usable)));
    struct sysinfo memory {};
    if (sysinfo(&memory) == 0) add("memory", format_size(std::uint64_t{memory.totalram} * memory.mem_unit));
    utsname system{};
    if (uname(&system) == 0)
        add("kernel", std::string(system.sysname) + " " + system.release + " " + system.machine);
    add("os", first_value("/etc/os-release", "PRETTY_NAME", '='));
    return facts;
}

} // namespace roacache::core
