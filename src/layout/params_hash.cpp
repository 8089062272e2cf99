#include "src/layout/params_hash.hpp"

#include "src/core/error.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <openssl/evp.h>

namespace roacache::layout {

void Parameters::parse(std::string_view json) {
    read_object(json, object_);
}

template <typename AppendValue>
void Parameters::set(std::string_view name, AppendValue append_value) {
    JsonObject& object = object_;
    JsonMember member;
    member.text = object.text.size();
    append_string(name, object.text);
    object.text += ": ";
    member.value = object.text.size();
    append_value(object.text);
    member.end = object.text.size();
    member.name = object.names.size();
    member.name_size = name.size();
    object.names += name;
    const auto place =
        std::lower_bound(object.members.begin(), object.members.end(), name,
                         [&](const JsonMember& a, std::string_view b) { return object.name_of(a) < b; });
    if (place != object.members.end() && object.name_of(*place) == name)
        *place = member;
    else
        object.members.insert(place, member);
}

void Parameters::set_string(std::string_view name, std::string_view value) {
    set(name, [&](std::string& out) { append_string(value, out); });
}

void Parameters::set_integer(std::string_view name, std::int64_t value) {
    set(name, [&](std::string& out) { out += fmt::format_int(value).c_str(); });
}

void Parameters::set_real(std::string_view name, double value) {
    set(name, [&](std::string& out) { append_real(value, out); });
}

void Parameters::set_bool(std::string_view name, bool value) {
    set(name, [&](std::string& out) { out += value ? "true" : "false"; });
}

void Parameters::set_null(std::string_view name) {
    set(name, [](std::string& out) { out += "null"; });
}

void Parameters::set_json(std::string_view name, std::string_view json) {
    set(name, [&](std::string& out) { append_canonical(json, out); });
}

std::optional<std::string_view> Parameters::find(std::string_view name) const {
    for (const JsonMember& member : object_.members)
        if (object_.name_of(member) == name) return object_.value_of(member);
    return std::nullopt;
}

void Parameters::append_dumps(const std::vector<std::string>& excluded, std::string& out) const {
    out += '{';
    bool first = true;
    for (const JsonMember& member : object_.members) {
        const std::string_view name = object_.name_of(member);
        if (std::find(excluded.begin(), excluded.end(), name) != excluded.end()) continue;
        if (!first) out += ", ";
        first = false;
        out += object_.text_of(member);
    }
    out += '}';
}

void ParamsHasher::Free::operator()(evp_md_ctx_st* context) const {
    EVP_MD_CTX_free(context);
}

void ParamsHasher::Free::operator()(evp_md_st* digest) const {
    EVP_MD_free(digest);
}

ParamsHasher::ParamsHasher(HashRule rule)
    : rule_(std::move(rule)), digest_(EVP_MD_fetch(nullptr, rule_.algorithm.c_str(), nullptr)),
      context_(EVP_MD_CTX_new()) {
    if (!digest_)
        throw core::Error(core::ExitCode::usage,
                          fmt::format("bad hash rule: {}: OpenSSL has no such algorithm", rule_.algorithm));
    const auto most = static_cast<unsigned>(EVP_MD_get_size(digest_.get())) * 2;
    if (rule_.digits < 1 || rule_.digits > most)
        throw core::Error(core::ExitCode::usage, fmt::format("bad hash rule: {} digits: {} gives 1 to {}",
                                                             rule_.digits, rule_.algorithm, most));
}

void ParamsHasher::append(const Parameters& parameters, std::string& out) {
    text_.clear();
    parameters.append_dumps(rule_.excluded, text_);
    unsigned char bytes[EVP_MAX_MD_SIZE];
    if (EVP_DigestInit_ex2(context_.get(), digest_.get(), nullptr) != 1 ||
        EVP_DigestUpdate(context_.get(), text_.data(), text_.size()) != 1 ||
        EVP_DigestFinal_ex(context_.get(), bytes, nullptr) != 1)
        throw core::Error(core::ExitCode::bug,
                          fmt::format("cannot hash: {}: OpenSSL failed", rule_.algorithm));
    for (unsigned digit = 0; digit < rule_.digits; ++digit) {
        const unsigned byte = bytes[digit / 2];
        out += "0123456789abcdef"[digit % 2 == 0 ? byte >> 4 : byte & 15];
    }
}

std::string ParamsHasher::hash(const Parameters& parameters) {
    std::string digits;
    append(parameters, digits);
    return digits;
}

std::string params_hash(const Parameters& parameters, const HashRule& rule) {
    return ParamsHasher(rule).hash(parameters);
}

} // namespace roacache::layout
