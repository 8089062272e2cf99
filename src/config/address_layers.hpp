#pragma once

#include "src/config/layers.hpp"
#include "src/config/service_variables.hpp"

#include <string>
#include <vector>

namespace roacache::config {

/// Looks through the layers for the address of the store, part by part. Within a layer a whole URL goes
/// before parts, unless it is parts that the profile's service reads and no URL. A variable whose value is
/// unreadable becomes the URL's `problem`, and a warning.
Address find_address(const Layers& layers, const ServiceVariables& names, std::vector<std::string>& warnings);

} // namespace roacache::config
