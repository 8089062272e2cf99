#include "tests/support/authority.hpp"

#include <fstream>
#include <stdexcept>

namespace roacache::test {
namespace {

/// `openssl req` with a new key.
void request(const std::string& name, const std::filesystem::path& key, std::vector<std::string> more) {
    std::vector<std::string> all{
        "req",    "-subj",   "/CN=" + name, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-keyout", key.string()};
    all.insert(all.end(), more.begin(), more.end());
    run_openssl(all);
}

} // namespace

void run_openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    const Finished finished = run(arguments);
    if (finished.exit_code != 0) throw std::runtime_error("openssl " + arguments[1] + ": " + finished.err);
}

Authority::Authority() {
    request("ca", path("ca.key"), {"-x509", "-days", "3", "-out", certificate()});
    // `openssl x509` of today refuses to sign what has expired; `openssl ca` keeps a list of what it signs.
    std::ofstream(path("signed.txt")).close();
    std::ofstream(path("ca.conf")) << "[ca]\ndefault_ca = this\n[this]\ndatabase = "
                                   << path("signed.txt").string()
                                   << "\nnew_certs_dir = " << folder_.path().string()
                                   << "\nunique_subject = no\nrand_serial = yes\ndefault_md = sha256\n"
                                      "policy = any\n[any]\ncommonName = supplied\n";
}

Certificate Authority::sign(const std::string& name, const std::string& alternatives, bool expired) const {
    Certificate made{path(name + ".pem"), path(name + ".key")};
    const std::string extensions = path(name + ".ext"), asked = path(name + ".csr");
    std::ofstream(extensions) << "basicConstraints=CA:FALSE\nsubjectAltName=" << alternatives << "\n";
    request(name, made.key, {"-new", "-out", asked});
    std::vector<std::string> all{"ca",    "-batch",      "-notext",  "-config",      path("ca.conf"),
                                 "-cert", certificate(), "-keyfile", path("ca.key"), "-in",
                                 asked,   "-extfile",    extensions, "-out",         made.certificate};
    const std::vector<std::string> past{"-startdate", "20200101000000Z", "-enddate", "20200102000000Z"};
    const std::vector<std::string> now{"-days", "3"};
    const std::vector<std::string>& time = expired ? past : now;
    all.insert(all.end(), time.begin(), time.end());
    run_openssl(all);
    return made;
}

} // namespace roacache::test
