#pragma once

#include "src/core/descriptor.hpp"
#include "src/demo/service.hpp"

#include <string>
#include <sys/types.h>

namespace roacache::demo {

/// The reference service in a process of its own, for whoever measures it: they share the machine, but no
/// memory and no locks. It ends with this object, or with the process that made it, however that ends; no
/// signal but SIGKILL ends it sooner.
class ServiceProcess {
  public:
    /// Serves from the end of construction on. To be called while the process has one thread only. Throws
    /// what Service's constructor does.
    explicit ServiceProcess(const ServiceOptions& options);
    ~ServiceProcess();
    ServiceProcess(const ServiceProcess&) = delete;
    ServiceProcess& operator=(const ServiceProcess&) = delete;

    const std::string& base_url() const { return base_url_; } ///< as Service::base_url()
    const std::string& token() const { return token_; }

    /// As those of Service. They throw core::Error(unreachable) when the process is gone.
    Counters counters() const;
    void empty_cache();

  private:
    std::string ask(char question) const;
    void end();

    pid_t child_ = -1;
    core::Descriptor channel_;
    std::string base_url_;
    std::string token_;
};

} // namespace roacache::demo
