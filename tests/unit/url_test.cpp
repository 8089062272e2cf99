#include "src/net/url.hpp"

#include "src/core/error.hpp"
#include "src/net/redis_parameters.hpp"
#include "tests/support/catch.hpp"

#include <random>

using namespace roacache;
using net::HostPort;
using net::parse_url;
using net::Url;
using net::UrlKind;

namespace {

std::string error_of(std::string_view text) {
    try {
        parse_url(text);
    } catch (const core::Error& error) {
        CHECK(error.code() == core::ExitCode::usage);
        return error.what();
    }
    return "accepted";
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("the redis schemes are read with their default ports", "[url]") {
    const Url plain = parse_url("redis://cache.example");
    CHECK(plain.kind == UrlKind::redis);
    CHECK_FALSE(plain.tls);
    CHECK(plain.hosts == std::vector<HostPort>{{"cache.example", 6379}});
    CHECK_FALSE(plain.user);
    CHECK_FALSE(plain.password);
    CHECK_FALSE(plain.database);
    for (const char* scheme : {"redis", "valkey"})
        CHECK_FALSE(parse_url(std::string(scheme) + "://h").tls);
    for (const char* scheme : {"rediss", "valkeys", "REDISS"})
        CHECK(parse_url(std::string(scheme) + "://h").tls);
    CHECK(parse_url("Redis://h").scheme == "redis");
    CHECK(parse_url("redis://h/").hosts[0].port == 6379);
    CHECK_FALSE(parse_url("redis://h/").database);
    CHECK(parse_url("redis://h/5/").database == 5U);
    CHECK(parse_url("redis://h:/5").hosts[0].port == 6379);
    for (const char* tls : {"tcp", "tls"})
        CHECK(parse_url(std::string(tls) + "://:pw@h:1/2").tls == (tls[1] == 'l'));
}

TEST_CASE("user, password, port and database are taken out of a redis URL", "[url]") {
    const Url full = parse_url("redis://ann:s3cret@[::1]:7000/12");
    CHECK(full.user == "ann");
    CHECK(full.password == "s3cret");
    CHECK(full.hosts == std::vector<HostPort>{{"::1", 7000}});
    CHECK(full.database == 12U);
    CHECK(full.hosts[0].text() == "[::1]:7000");

    const Url empty_user = parse_url("redis://:pw@host");
    CHECK_FALSE(empty_user.user);
    CHECK(empty_user.password == "pw");
    CHECK_FALSE(parse_url("redis://:@host").password);
    CHECK_FALSE(parse_url("redis://@host").user);
    CHECK(parse_url("redis://ann:@host").password == "");
    CHECK(parse_url("redis://ann@host").user == "ann");
    CHECK_FALSE(parse_url("redis://ann@host").password);

    CHECK(parse_url("redis://h?db=3").database == 3U);
    CHECK(parse_url("redis://h/3?db=3").database == 3U);
    CHECK(parse_url("redis://h/?password=a%26b").password == "a&b");
}

TEST_CASE("the last @ ends the credentials", "[url]") {
    CHECK(parse_url("redis://a:p@ss@host").password == "p@ss");
    const Url url = parse_url("redis://a:p/ss:w/o?r#d%40@host:1/2");
    CHECK(url.user == "a");
    CHECK(url.password == "p/ss:w/o?r#d@");
    CHECK(url.hosts == std::vector<HostPort>{{"host", 1}});
    CHECK(url.database == 2U);
    const Url by_query = parse_url("redis://host/0?password=p@ss");
    CHECK(by_query.hosts[0].host == "host");
    CHECK(by_query.password == "p@ss");
    CHECK(parse_url("unix://u@/a?password=p@/b").path == "/a");
    const Url web = parse_url("http://a:b@c@host/x@y?z=@");
    CHECK(web.password == "b@c");
    CHECK(web.target == "/x@y?z=@");
}

TEST_CASE("parts are percent-decoded", "[url]") {
    const Url url = parse_url("redis://%61nn%3A:%70w%40%00%ff@%68ost/0");
    CHECK(url.user == "ann:");
    CHECK(url.password == std::string("pw@\0\xff", 5));
    CHECK(url.hosts[0].host == "host");
    CHECK(parse_url("sqlite:/a%20b%3F").path == "/a b?");
    CHECK(parse_url("redis+sentinel://h/my%2Fname").service == "my/name");
    CHECK(parse_url("redis://[fe80::1%25eth0]").hosts[0].host == "fe80::1%eth0");
    CHECK_FALSE(net::percent_decode("%"));
    CHECK_FALSE(net::percent_decode("%4"));
    CHECK_FALSE(net::percent_decode("a%4g"));
    CHECK(net::percent_decode("%41%6a%6A") == "Ajj");
    CHECK(net::percent_encode("a b/\xff") == "a%20b%2F%FF");
}

TEST_CASE("sentinels and clusters name several hosts", "[url]") {
    const Url sentinel = parse_url("rediss+sentinel://u:p@s1:1,[::2],s3/mymaster/4");
    CHECK(sentinel.kind == UrlKind::sentinel);
    CHECK(sentinel.tls);
    CHECK(sentinel.hosts == std::vector<HostPort>{{"s1", 1}, {"::2", 26379}, {"s3", 26379}});
    CHECK(sentinel.service == "mymaster");
    CHECK(sentinel.database == 4U);
    CHECK(sentinel.password == "p");
    const Url cluster = parse_url("redis+cluster://a,b:2");
    CHECK(cluster.kind == UrlKind::cluster);
    CHECK(cluster.hosts == std::vector<HostPort>{{"a", 6379}, {"b", 2}});
    CHECK(parse_url("redis+cluster://a/0").database == 0U);
}

TEST_CASE("Unix sockets and SQLite files are paths", "[url]") {
    const Url socket = parse_url("unix:///run/a@b.sock?db=2");
    CHECK(socket.kind == UrlKind::unix_socket);
    CHECK(socket.path == "/run/a@b.sock");
    CHECK(socket.database == 2U);
    CHECK(socket.hosts.empty());
    const Url with_user = parse_url("unix://ann:p@w/@/run/x.sock");
    CHECK(with_user.user == "ann");
    CHECK(with_user.password == "p@w/");
    CHECK(with_user.path == "/run/x.sock");
    CHECK(parse_url("unix:///s?db=1&password=x").password == "x");

    for (const char* spelling : {"redis+socket:///run/s?virtual_host=3", "redis-socket:///run/s?db=3",
                                 "redis+unix:///run/s?db=3", "unix:/run/s?db=3", "/run/s?db=3"}) {
        const Url other = parse_url(spelling);
        CHECK(other.kind == UrlKind::unix_socket);
        CHECK(other.path == "/run/s");
        CHECK(other.database == 3U);
        CHECK(parse_url(net::url_text(other)) == other);
    }
    CHECK(parse_url("sqlite:cache.db").path == "cache.db");
    CHECK(parse_url("sqlite:/var/a.db?table=of%20b").path == "/var/a.db");
    CHECK(parse_url("sqlite:/var/a.db?table=of%20b").table == "of b");
    CHECK(parse_url("sqlite:/var/a.db?table=of%20b").redacted() == "sqlite:/var/a.db?table=of%20b");
    CHECK(parse_url("sqlite:/var/a b@c:d.db").path == "/var/a b@c:d.db");
    CHECK(parse_url("sqlite:///var/cache.db").path == "/var/cache.db");
    CHECK(parse_url("SQLITE:../x").kind == UrlKind::sqlite);
}

TEST_CASE("http URLs keep their target as it is written", "[url]") {
    const Url url = parse_url("https://u:p@example.com/a%2Fb/../c?x=1&y=%20#part");
    CHECK(url.kind == UrlKind::http);
    CHECK(url.tls);
    CHECK(url.hosts == std::vector<HostPort>{{"example.com", 443}});
    CHECK(url.target == "/a%2Fb/../c?x=1&y=%20");
    CHECK(url.user == "u");
    CHECK(url.password == "p");
    CHECK(parse_url("http://h").target == "/");
    CHECK(parse_url("http://h?q").target == "/?q");
    CHECK(parse_url("http://h#f").target == "/");
    CHECK(parse_url("http://h/\xc3\xa9").target == "/%C3%A9");
    CHECK(parse_url("http://h:80/").host_header() == "h");
    CHECK(parse_url("https://h:80/").host_header() == "h:80");
    CHECK(parse_url("http://[::1]:8000/").host_header() == "[::1]:8000");
}

TEST_CASE("a bad URL is refused with the reason", "[url]") {
    const auto [text, why] = GENERATE(table<std::string, std::string>({
        {"", "no scheme"},
        {"localhost", "no scheme"},
        {"localhost:6379", "scheme is unknown"},
        {"memcached://h", "scheme is unknown"},
        {"redis:h", "// is missing"},
        {"redis://", "host is missing"},
        {"redis:///0", "host is missing"},
        {"redis://:6379", "host is missing"},
        {"redis://a b@h", "credentials"},
        {"redis://a;b@h", "credentials"},
        {"redis://:a@h,:b@i", "credentials"},
        {"unix://u:p@/run/x.sock#ops@/run/y.sock", "ambiguous"},
        {"redis://h:0", "port"},
        {"redis://h:65536", "port"},
        {"redis://h:99999999999999999999", "port"},
        {"redis://h:-1", "port"},
        {"redis://h:+1", "port"},
        {"redis://h: 1", "port"},
        {"redis://h:1x", "port"},
        {"redis://::1", "more than one colon"},
        {"redis://::1:6379", "more than one colon"},
        {"redis://[::1", "not closed"},
        {"redis://[::1]x", "no port"},
        {"redis://[::1]6379", "no port"},
        {"redis://[h]:1", "not an IPv6 address"},
        {"redis://[]:1", "not an IPv6 address"},
        {"redis://[::1%25]:1", "zone"},
        {"redis://[::1%25e/1]:1", "bracket"},
        {"redis://[fe80::1%eth0]", "two hex digits"},
        {"redis://h,i", "only one host"},
        {"redis://a b", "character"},
        {"redis://h%00i", "character"},
        {"redis://h%0d%0a", "character"},
        {"redis://h\xc3\xa9", "character"},
        {"redis://" + std::string(300, 'h'), "longer than 253"},
        {"redis://h/x", "database"},
        {"redis://h/-1", "database"},
        {"redis://h/1x", "database"},
        {"redis://h/1/2", "database"},
        {"redis://h/99999999999", "database"},
        {"redis://h/2147483648", "database"},
        {"redis://h/1?db=2", "two databases"},
        {"redis://h?db=", "database"},
        {"redis://h?ssl=1", "parameter"},
        {"redis://h?db=1&&", "parameter"},
        {"redis://:a@h?password=b", "two passwords"},
        {"redis://h/1#x", "# part"},
        {"redis://u:%zz@h", "two hex digits"},
        {"redis+sentinel://h", "service"},
        {"redis+sentinel://h/", "service"},
        {"redis+sentinel://h,/s", "host is missing"},
        {"redis+sentinel://h/s/x", "database"},
        {"redis+sentinel://h/s%0a", "control"},
        {"redis+cluster://,h", "host is missing"},
        {"redis+cluster://h/1", "database 0 only"},
        {"unix://", "path"},
        {"unix:///", "path"},
        {"unix://run/x", "path"},
        {"unix:///a%00b", "control"},
        {"unix:///a?x=1", "parameter"},
        {"sqlite:", "path"},
        {"sqlite://", "path"},
        {"sqlite://h/x", "host"},
        {"sqlite:a?b", "?table=NAME"},
        {"sqlite:a?table=", "table"},
        {"sqlite:a?b&table=x", "?table=NAME"},
        {"sqlite:a%00", "control"},
        {"http://", "host is missing"},
        {"http:///x", "host is missing"},
        {"http://h/a b", "space"},
        {"http://h/a\r\nX: y", "control"},
        {"http://h/\x7f", "control"},
        {"http://h,i/", "only one host"},
        {std::string("redis://h\0", 10), "control"},
        {std::string(1 << 20, 'x'), "longer than"},
        {"http://h/" + std::string(1 << 20, 'x'), "longer than"},
    }));
    const std::string error = error_of(text);
    INFO(text.substr(0, 100));
    CHECK(error.starts_with("bad URL: "));
    CHECK(contains(error.substr(error.rfind(": ")), why));
    CHECK(error.size() < 400);
    CHECK(error.find_first_of(std::string("\0\r\n\x7f", 4)) == std::string::npos);
}

TEST_CASE("an unknown scheme is answered with those that are known", "[url]") {
    try {
        parse_url("memcached://host");
        FAIL("accepted");
    } catch (const core::Error& error) {
        CHECK(std::string(error.what()) == "bad URL: memcached://host: the scheme is unknown");
        for (const char* scheme : {"redis://", "rediss://", "valkey://", "valkeys://", "unix://",
                                   "redis+sentinel://", "rediss+sentinel://", "redis+cluster://",
                                   "rediss+cluster://", "sqlite:PATH", "http://", "https://"})
            CHECK(contains(error.remedy(), scheme));
    }
}

TEST_CASE("a URL is printed without its secrets", "[url]") {
    const auto [text, shown] = GENERATE(table<std::string, std::string>({
        {"redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"},
        {"VALKEYS://h", "valkeys://h:6379"},
        {"redis://ann:hunter2@h/1", "redis://ann:***@h:6379/1"},
        {"redis://:hunter2@h", "redis://:***@h:6379"},
        {"redis://hunter2@h", "redis://***@h:6379"},
        {"redis://a%40b:hunter2@h", "redis://a%40b:***@h:6379"},
        {"redis://h?password=hunter2", "redis://:***@h:6379"},
        {"redis://[fe80::1%25eth0]", "redis://[fe80::1%25eth0]:6379"},
        {"redis+sentinel://u:hunter2@a,b:2/s%2F/3", "redis+sentinel://u:***@a:26379,b:2/s%2F/3"},
        {"rediss+cluster://:hunter2@a,b", "rediss+cluster://:***@a:6379,b:6379"},
        {"unix://u:hunter2@/a%40/b?db=1", "unix://u:***@/a%40/b?db=1"},
        {"sqlite:a b%3F@", "sqlite:a%20b%3F%40"},
        {"http://u:hunter2@h:80/x?a=1#f", "http://u:***@h/x?a=1"},
        {"https://hunter2@h:444", "https://***@h:444/"},
        {"http://h/?token=hunter2&a=1&X-Api-Key=hunter2", "http://h/?token=***&a=1&X-Api-Key=***"},
        {"http://h/?%74oken=hunter2;Password=hunter2", "http://h/?%74oken=***;Password=***"},
        {"http://h/?access_token=hunter2&sig=hunter2&key=hunter2",
         "http://h/?access_token=***&sig=***&key=***"},
        {"http://h/?X-Amz-Signature=hunter2&X-Amz-Credential=hunter2",
         "http://h/?X-Amz-Signature=***&X-Amz-Credential=***"},
        {"http://h/?a=1?token=hunter2", "http://h/?a=1?token=***"},
        {"http://h/?to=redis%3A%2F%2F:hunter2%40h&b", "http://h/?to=***&b"},
    }));
    CHECK(parse_url(text).redacted() == shown);
    CHECK(net::redact_url_text(text) == shown);
    CHECK_FALSE(contains(shown, "hunter2"));
}

TEST_CASE("no error about a URL shows its secrets", "[url]") {
    const std::string text = GENERATE(values<std::string>({
        "redis://u:hunter2@h:99999",
        "redis://u:hunter2@h/x",
        "redis://u:hunter2@",
        "redis://u:hunter2",
        "redis://:hunter2",
        "redis://:hunter2/0",
        "redis://a:x,hunter2/0",
        "redis://:pa/hunter2",
        "redis://u:hunter2@h1,h2",
        "redis://u:%zzhunter2@h",
        "redis:u:hunter2@h",
        "redis:/u:hunter2@h",
        ":hunter2@h",
        "u:hunter2@h:6379",
        "hunter2@h",
        "redis:hunter2://h",
        "nope://u:hunter2@h",
        "nope://h?token=hunter2",
        "redis://h?password=hunter2&x=1",
        "redis://:a@h?password=hunter2",
        "unix://u:hunter2/x",
        "unix://hunter2@x",
        "http://u:pa/hunter2@h/",
        "http://u:p?hunter2@h/",
        "http://u:hunter2@h:0/",
        "http://h:x/?api_key=hunter2",
        "http://h/?api_key=hunter2 x",
        "http://h/ #access_token=hunter2",
        "https://u:hunter2@h\r\n/",
    }));
    const std::string error = error_of(text);
    CHECK(error.starts_with("bad URL: "));
    CHECK_FALSE(contains(error, "hunter2"));
    CHECK_FALSE(contains(net::redact_url_text(text), "hunter2"));
}

TEST_CASE("what is printed parses to the same URL where nothing is hidden", "[url]") {
    std::mt19937 random(7);
    const auto pick = [&](std::initializer_list<const char*> choices) {
        return std::string(choices.begin()[random() % choices.size()]);
    };
    for (int round = 0; round < 2000; ++round) {
        const std::string host = pick({"h", "a-b.example", "127.0.0.1", "[::1]", "[fe80::1%25lo]", "x_y."});
        const std::string port = pick({"", ":1", ":65535", ":80", ":443", ":6379"});
        const std::string db = pick({"", "/0", "/15", "?db=3", "/"});
        const std::string text =
            pick({"redis://", "valkeys://"}) + host + port + db + "\n" +                        //
            pick({"redis", "rediss"}) + "+cluster://" + host + port + ",b" + "\n" +             //
            "redis+sentinel://a:2," + host + port + pick({"/s", "/my%20s%2F", "/s/7"}) + "\n" + //
            "unix:///" + pick({"a", "a/%20b%40/", "x:y=z"}) + pick({"", "?db=0"}) + "\n" +      //
            "sqlite:" + pick({"a", "/b c", ":memory:", "%ff"}) + "\n" +                         //
            pick({"http", "https"}) + "://" + host + port + pick({"", "/", "/a?b=c&d", "?x=%20", "/;,@*"});
        for (std::size_t at = 0; at <= text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            const std::string one = text.substr(at, end - at);
            const Url url = parse_url(one);
            INFO(one << " as " << url.redacted());
            CHECK(parse_url(url.redacted()) == url);
            at = end + 1;
        }
    }
}

TEST_CASE("what is printed does not depend on the password", "[url]") {
    for (const char* scheme : {"redis", "rediss+cluster", "http"})
        for (const char* user : {"", "ann", "hunter2"}) {
            const std::string prefix = std::string(scheme) + "://" + user;
            CHECK(parse_url(prefix + ":hunter2@h").redacted() == parse_url(prefix + ":%00%FF@h").redacted());
        }
}

TEST_CASE("what a shell should have replaced is recognised", "[url]") {
    const auto remedy_of = [](std::string_view text) {
        try {
            parse_url(text);
        } catch (const core::Error& error) {
            return error.remedy();
        }
        return std::string("accepted");
    };
    for (const char* text : {"redis://${REDIS_HOST}:6379", "redis://$HOST:6379/0", "rediss://:pw@${H}"})
        CHECK(contains(remedy_of(text), "A variable was not replaced by its value"));
    CHECK(contains(remedy_of("unix://~/redis.sock"), "nothing replaces the ~"));
    CHECK_FALSE(contains(remedy_of("redis://h_ö"), "variable"));
}

TEST_CASE("a target is encoded once", "[url]") {
    CHECK(net::encode_target("nocache=\xC3\xA9&a=%C3%A9+b|{}\"<>%zz") ==
          "nocache=%C3%A9&a=%C3%A9+b|{}\"<>%zz");
    CHECK(net::encode_target("a\tb\r\nc d\x7f") == "a%09b%0D%0Ac%20d%7F");
}
