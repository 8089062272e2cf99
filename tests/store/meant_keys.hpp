#pragma once

#include "src/store/selection.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace roacache::test {

using Random = std::mt19937;

inline const std::vector<std::string> k_tenants{"default", "client-1", "client-10", "a*", "b\xff", "t\\x41"};
inline const std::vector<std::string> k_resources{"invoices_list", "invoices_summary", "dashboard_summary",
                                                  "treasury_data", "stats"};

/// A key, and what it was made of.
struct Made {
    std::string key, tenant, resource, company;
    bool foreign = false;
};

inline std::string any(const std::vector<std::string>& of, Random& random) {
    return of[random() % of.size()];
}

/// `unshared`: nobody but the removal under test touches it.
inline Made make_key(Random& random, bool unshared) {
    Made made;
    const std::string number = (unshared ? "k" : "m") + std::to_string(random() % 200);
    if (random() % 5 == 0) {
        made.foreign = true;
        made.key = any({"session:", "lock/", "\x01\xff", "caches:"}, random) + number;
        return made;
    }
    made.tenant = any(k_tenants, random);
    made.resource = any(k_resources, random);
    made.key = "cache:" + made.tenant + ":" + made.resource;
    if (random() % 2 == 0) made.key += ":company-" + (made.company = std::to_string(random() % 3));
    made.key += ":" + number;
    return made;
}

/// What a case removes, said to the program and, apart from it, as a rule over what keys were made of.
struct Meant {
    std::string description;
    store::Selectors selectors;
    std::function<bool(const Made&)> rule;
    std::vector<std::string> named;
    bool everything = false;
};

inline Meant choose_selectors(Random& random) {
    Meant meant;
    store::Selectors& said = meant.selectors;
    const std::string tenant = any(k_tenants, random), resource = any(k_resources, random);
    const std::string company = std::to_string(random() % 3);
    switch (random() % 8) {
    case 0:
        said.tenant = tenant;
        meant.rule = [=](const Made& made) { return made.tenant == tenant; };
        break;
    case 1:
        said.tenant = tenant;
        said.resources = {resource};
        meant.rule = [=](const Made& made) { return made.tenant == tenant && made.resource == resource; };
        break;
    case 2:
        said.resources = {resource};
        meant.rule = [=](const Made& made) { return made.tenant == "default" && made.resource == resource; };
        break;
    case 3:
        said.resources = {resource};
        said.all_tenants = true;
        meant.rule = [=](const Made& made) { return made.resource == resource; };
        break;
    case 4:
        said.where = {{"company", company}};
        said.all_tenants = true;
        meant.rule = [=](const Made& made) { return made.company == company; };
        break;
    case 5:
        said.events = {{"treasury-transaction", std::nullopt}};
        said.tenant = tenant;
        meant.rule = [=](const Made& made) {
            return made.tenant == tenant &&
                   (made.resource == "treasury_data" || made.resource == "dashboard_summary");
        };
        break;
    case 6:
        said.matches = {"session:*", "lock/m*"};
        meant.rule = [=](const Made& made) {
            return made.key.starts_with("session:") || made.key.starts_with("lock/m");
        };
        break;
    default:
        said.tenant = "client-*";
        said.resources = {"invoices_*"};
        said.glob = true;
        meant.rule = [=](const Made& made) {
            return made.tenant.starts_with("client-") && made.resource.starts_with("invoices_");
        };
    }
    return meant;
}

inline Meant choose_everything(Random& random) {
    Meant meant;
    meant.everything = true;
    meant.rule = [](const Made&) { return false; };
    switch (random() % 4) {
    case 0:
        meant.selectors.all_tenants = true;
        break;
    case 1:
        meant.selectors.matches = {any({"*", "?*", "*:*", "[!-~]*", "cache:*"}, random)};
        break;
    case 2:
        meant.selectors.matches = {"[a-m]*", "[n-z]*"};
        break;
    default:
        meant.selectors.tenant = any({"*", "?*", "[^~]*"}, random);
        meant.selectors.glob = true;
    }
    return meant;
}

inline Meant choose_keys(Random& random, const std::map<std::string, Made>& there) {
    Meant meant;
    for (const auto& [key, made] : there)
        if (random() % 4 == 0) meant.named.insert(meant.named.end(), 1 + random() % 2, key);
    for (std::size_t n = random() % 5; n > 0; --n)
        meant.named.push_back("nobody\n\x00\\" + std::to_string(n));
    std::shuffle(meant.named.begin(), meant.named.end(), random);
    const std::set<std::string> named(meant.named.begin(), meant.named.end());
    meant.rule = [named](const Made& made) { return named.contains(made.key); };
    return meant;
}

} // namespace roacache::test
