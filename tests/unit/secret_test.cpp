#include "src/core/secret.hpp"

#include "src/net/redact.hpp"
#include "tests/support/catch.hpp"

using namespace roacache;

TEST_CASE("names of secrets are distinguished from other names", "[secret]") {
    for (const char* name : {"Authorization",
                             "proxy-authorization",
                             "Cookie",
                             "Set-Cookie",
                             "token",
                             "access_token",
                             "accessToken",
                             "accesstoken",
                             "X-Auth-Token",
                             "secret",
                             "client_secret",
                             "clientSecret",
                             "password",
                             "DB_PASSWORD",
                             "userPassword",
                             "passwd",
                             "pwd",
                             "pass",
                             "pw",
                             "api-key",
                             "apikey",
                             "apiKey",
                             "APIKEY",
                             "X-Api-Key",
                             "Ocp-Apim-Subscription-Key",
                             "X-JWT",
                             "jwt",
                             "session",
                             "session_id",
                             "PHPSESSID",
                             "JSESSIONID",
                             "connect.sid",
                             "X-Amz-Signature",
                             "X-Amz-Credential",
                             "X-Amz-Security-Token",
                             "sig",
                             "signature",
                             "bearer",
                             "private_key",
                             "privateKey",
                             "PRIVATE-TOKEN",
                             "key",
                             "AccountKey",
                             "REDISCLI_AUTH",
                             "auth",
                             "token2",
                             "oauth2_token",
                             "csrf",
                             "X-XSRF-TOKEN",
                             "passphrase",
                             "otp",
                             "credentials"}) {
        INFO(name);
        CHECK(core::names_secret(name));
    }
    for (const char* name :
         {"author",    "authors",      "Accept",    "monkey",    "keyboard", "turkey",
          "passenger", "compass",      "tokenizer", "secretary", "design",   "signal",
          "assign",    "Content-Type", "company",   "path",      "X-Cache",  "Cache-Control",
          "passive",   "bypass",       "sidebar",   "inside",    "",         "-",
          "a",         "User-Agent",   "pwned"}) {
        INFO(name);
        CHECK_FALSE(core::names_secret(name));
    }
}

TEST_CASE("headers are printed without secrets", "[secret]") {
    CHECK(core::redacted_header("Cache-Control: no-cache, private") == "Cache-Control: no-cache, private");
    CHECK(core::redacted_header("Author: me") == "Author: me");
    CHECK(core::redacted_header("Age") == "Age");
    CHECK(core::redacted_header("Ocp-Apim-Subscription-Key: hunter2") == "Ocp-Apim-Subscription-Key: ***");
    CHECK(core::redacted_header("X-JWT:hunter2") == "X-JWT: ***");
    CHECK(core::redacted_header(" authorization : hunter2") == "authorization: ***");
    CHECK(core::redacted_header("X-Forwarded: Bearer hunter2") == "X-Forwarded: ***");
    CHECK(core::redacted_header("X-Origin: http://u:hunter2@h/") == "X-Origin: ***");
    CHECK(core::redacted_header("X-Query: a=1&token=hunter2") == "X-Query: ***");
    CHECK(core::redacted_header("Bearer hunter2") == "***");
}

TEST_CASE("parameters, bodies, commands and other texts are printed without secrets", "[secret]") {
    CHECK(net::redact_parameters("nocache=1&a") == "nocache=1&a");
    CHECK(net::redact_parameters("a=1&token=hunter2&b=2") == "a=1&token=***&b=2");
    CHECK(net::redact_parameters("t%6fken=hunter2") == "t%6fken=***");
    CHECK(net::redact_parameters("password:=hunter2") == "password:=***");
    CHECK(net::redact_parameters("to=http%3A%2F%2Fu:hunter2%40h") == "to=***");
    CHECK(net::redact_parameters("to=/x?token=hunter2") == "to=/x?token=***");
    CHECK(core::redacted_body("@body.json") == "@body.json");
    CHECK(core::redacted_body(R"({"company": 1})") == R"({"company": 1})");
    for (const char* body :
         {R"({"password": "hunter2"})", "a=1&pwd=hunter2", "{'apiKey':'hunter2'}", "<token>hunter2"})
        CHECK(core::redacted_body(body) == "***");
    CHECK(core::redacted_shell_command("./switch off") == "./switch off");
    CHECK(core::redacted_shell_command("curl -u me:hunter2 http://h/") == "curl ***");
    CHECK(core::redacted_shell_command("redis-cli -a hunter2 flushdb") == "redis-cli ***");
    CHECK(core::redacted_shell_command("TOKEN=hunter2 ./switch") == "***");
    CHECK(core::redacted_shell_command("./switch token hunter2") == "./switch ***");
    CHECK(core::redacted_shell_command("./switch 'hunter2'") == "./switch ***");
    CHECK(core::redacted_text("a nightly import") == "a nightly import");
    CHECK(core::redacted_text("with password=hunter2") == "with password=***");
    CHECK(core::redacted_text("redis://:hunter2@h") == "***");
}

TEST_CASE("what has no scheme is printed only when it is a host and a port", "[secret]") {
    for (const char* plain : {"localhost", "localhost:6379", "10.0.0.1:6379", "[::1]:6379", "a_b.example"})
        CHECK(net::redact_broken_url(plain) == plain);
    for (const char* other : {"host=h password=hunter2", "host:6379/x?token=hunter2",
                              "h:6379,password=hunter2", "hunter2!", "h:hunter2", "Server=h;Pwd=hunter2",
                              "h hunter2", "sqlite:x?key=hunter2", "unix:hunter2", "h/hunter2"})
        CHECK(net::redact_broken_url(other) == "***");
}
