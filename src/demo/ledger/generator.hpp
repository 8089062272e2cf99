#pragma once

#include <cstdint>
#include <filesystem>

namespace roacache::demo {

constexpr std::uint64_t k_default_ledger_rows = 60'000;
constexpr std::uint64_t k_least_ledger_rows = 100;
constexpr std::uint64_t k_most_ledger_rows = 5'000'000;
constexpr std::int64_t k_ledger_companies = 6;

/// Raised whenever the generated content changes, so that an older file is not taken for it.
constexpr int k_ledger_version = 1;

/// Writes a ledger of `rows` invoices, with their partners, payments and treasury transactions, to a new
/// SQLite file. The content depends on `rows` and nothing else. Throws core::Error.
void generate_ledger(const std::filesystem::path& file, std::uint64_t rows);

} // namespace roacache::demo
