#include "src/store/sqlite/moment.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>
#include <fmt/format.h>

namespace roacache::store::sqlite {
namespace {

using namespace std::chrono_literals;

constexpr double k_most_seconds = 1e11, k_most_ms = 1e14, k_most_us = 1e17;

/// An ISO text taken apart.
struct IsoText {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    char between = 'T'; ///< date and time; 0: there is no time
    bool seconds = false;
    std::size_t fraction_digits = 0;
    std::int64_t fraction_ms = 0;
    std::string_view zone;
    std::int64_t offset_minutes = 0;
};

bool take_number(std::string_view& text, std::size_t digits, int& number) {
    if (text.size() < digits) return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
    if (error != std::errc() || end != text.data() + digits || text.front() == '-') return false;
    text.remove_prefix(digits);
    return true;
}

bool take_character(std::string_view& text, char character) {
    if (!text.starts_with(character)) return false;
    text.remove_prefix(1);
    return true;
}

bool take_fraction(std::string_view& text, IsoText& iso) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    if (end == 0 || end > 9) return false;
    std::int64_t scale = 100;
    for (const char digit : text.substr(0, end)) {
        iso.fraction_ms += (digit - '0') * scale;
        scale /= 10;
    }
    iso.fraction_digits = end;
    text.remove_prefix(end);
    return true;
}

bool take_zone(std::string_view text, IsoText& iso) {
    iso.zone = text;
    if (text.empty() || text == "Z" || text == "z") return true;
    const int sign = text.front() == '-' ? -1 : 1;
    if (text.front() != '+' && text.front() != '-') return false;
    text.remove_prefix(1);
    int hours = 0, minutes = 0;
    if (!take_number(text, 2, hours)) return false;
    take_character(text, ':');
    if (!text.empty() && !take_number(text, 2, minutes)) return false;
    iso.offset_minutes = sign * (std::int64_t{hours} * 60 + minutes);
    return text.empty();
}

std::optional<IsoText> parse_iso(std::string_view text) {
    IsoText iso;
    if (!take_number(text, 4, iso.year) || !take_character(text, '-') || !take_number(text, 2, iso.month) ||
        !take_character(text, '-') || !take_number(text, 2, iso.day))
        return std::nullopt;
    if (text.empty()) {
        iso.between = 0;
        return iso;
    }
    iso.between = text.front();
    if (iso.between != 'T' && iso.between != ' ' && iso.between != 't') return std::nullopt;
    text.remove_prefix(1);
    if (!take_number(text, 2, iso.hour) || !take_character(text, ':') || !take_number(text, 2, iso.minute))
        return std::nullopt;
    if (take_character(text, ':')) {
        iso.seconds = true;
        if (!take_number(text, 2, iso.second)) return std::nullopt;
        if (take_character(text, '.') && !take_fraction(text, iso)) return std::nullopt;
    }
    if (!take_zone(text, iso)) return std::nullopt;
    return iso;
}

std::optional<std::chrono::sys_days> date_of(const IsoText& iso) {
    const std::chrono::year_month_day date{std::chrono::year(iso.year),
                                           std::chrono::month(static_cast<unsigned>(iso.month)),
                                           std::chrono::day(static_cast<unsigned>(iso.day))};
    return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

/// The moment at which the clocks of this machine show what is read as if it were UTC.
std::int64_t of_local(std::int64_t shown_ms) {
    constexpr std::int64_t k_ms = 1000;
    const std::int64_t rest = ((shown_ms % k_ms) + k_ms) % k_ms;
    const auto shown = static_cast<std::time_t>((shown_ms - rest) / k_ms);
    std::tm parts{};
    if (gmtime_r(&shown, &parts) == nullptr) return shown_ms;
    parts.tm_isdst = -1; // whichever it is then
    return std::int64_t{std::mktime(&parts)} * k_ms + rest;
}

} // namespace

std::optional<Moment> Moment::of_number(double number) {
    const double size = std::abs(number);
    if (!(size <= k_most_us)) return std::nullopt; // not a number too
    const double ms = size <= k_most_seconds ? number * 1000 : size <= k_most_ms ? number : number / 1000;
    return Moment{static_cast<std::int64_t>(std::floor(ms))};
}

std::optional<Moment> Moment::of_text(std::string_view text, NoZone no_zone) {
    const auto iso = parse_iso(text);
    const auto date = iso ? date_of(*iso) : std::nullopt;
    if (!date || iso->hour > 24 || iso->minute > 59 || iso->second > 60) return std::nullopt;
    const std::chrono::milliseconds time = std::chrono::hours(iso->hour) + std::chrono::minutes(iso->minute) +
                                           std::chrono::seconds(iso->second) + iso->fraction_ms * 1ms -
                                           std::chrono::minutes(iso->offset_minutes);
    const std::int64_t ms = std::chrono::milliseconds(date->time_since_epoch()).count() + time.count();
    return Moment{no_zone == NoZone::local && iso->zone.empty() ? of_local(ms) : ms};
}

std::int64_t now_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

bool names_no_zone(std::string_view text) {
    const auto iso = parse_iso(text);
    return iso && iso->zone.empty();
}

std::int64_t local_offset_ms(Moment at) {
    constexpr std::int64_t k_ms = 1000;
    const auto seconds = static_cast<std::time_t>(at.ms / k_ms);
    std::tm parts{};
    return localtime_r(&seconds, &parts) == nullptr ? 0 : std::int64_t{parts.tm_gmtoff} * k_ms;
}

std::optional<Moment> Moment::read(const Statement& row, int column, NoZone no_zone) {
    switch (row.type(column)) {
    case CellType::integer:
    case CellType::real:
        return of_number(row.real(column));
    case CellType::text: {
        const std::string_view text = row.text(column);
        if (const auto moment = of_text(text, no_zone)) return moment;
        double number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
        return of_number(number);
    }
    default:
        return std::nullopt;
    }
}

std::string text_like(Moment moment, std::string_view like, NoZone no_zone) {
    const auto iso = parse_iso(like);
    if (!iso) { // a number, written as text
        double number = 0;
        std::from_chars(like.data(), like.data() + like.size(), number);
        const double size = std::abs(number);
        return fmt::format("{}", size > k_most_ms        ? moment.ms * 1000
                                 : size > k_most_seconds ? moment.ms
                                                         : moment.ms / 1000);
    }
    using std::chrono::floor;
    if (no_zone == NoZone::local && iso->zone.empty()) moment.ms += local_offset_ms(moment);
    const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(moment.ms) +
                                                                std::chrono::minutes(iso->offset_minutes)};
    const auto day = floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::string text = fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    if (iso->between == 0) return text;
    text += fmt::format("{}{:02}:{:02}", iso->between, clock.hours().count(), clock.minutes().count());
    if (iso->seconds) text += fmt::format(":{:02}", clock.seconds().count());
    if (iso->fraction_digits > 0)
        text += "." + fmt::format("{:03}000000", clock.subseconds().count()).substr(0, iso->fraction_digits);
    return text + std::string(iso->zone);
}

MomentForm::MomentForm(const Statement& row, int column, NoZone no_zone)
    : type_(row.type(column)), no_zone_(no_zone) {
    if (type_ == CellType::text)
        text_ = row.text(column);
    else
        number_ = std::abs(row.real(column));
}

void MomentForm::bind(Statement& statement, int parameter, Moment moment) const {
    if (type_ == CellType::text)
        statement.bind(parameter, text_like(moment, text_, no_zone_));
    else if (number_ > k_most_ms)
        statement.bind(parameter, moment.ms * 1000);
    else if (number_ > k_most_seconds)
        statement.bind(parameter, moment.ms);
    else if (type_ == CellType::real)
        statement.bind_real(parameter, static_cast<double>(moment.ms) / 1000);
    else
        statement.bind(parameter, moment.ms / 1000 - (moment.ms % 1000 < 0 ? 1 : 0));
}

} // namespace roacache::store::sqlite
