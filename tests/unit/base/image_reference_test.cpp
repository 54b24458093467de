#include "base/image_reference.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using hullwright::Digest;
using hullwright::ErrorCode;
using hullwright::ImageReference;

namespace {

const std::string kHex64(64, 'a');
const std::string kSha256 = "sha256:" + kHex64;
const std::string kSha512 = "sha512:" + std::string(128, '0');

std::string Canonical(std::string_view text) {
  const auto image = ImageReference::Parse(text);
  return image ? image->ToString() : "error: " + image.error().message;
}

std::string Why(std::string_view text) {
  const auto image = ImageReference::Parse(text);
  return image ? "read as " + image->ToString() : image.error().message;
}

bool Refused(std::string_view text) {
  const auto image = ImageReference::Parse(text);
  return !image && image.error().code == ErrorCode::kInvalidInput;
}

}  // namespace

TEST_CASE("a short name is an official image of Docker Hub with the tag latest", "[base]") {
  const auto image = ImageReference::Parse("nginx");
  REQUIRE(image);
  CHECK(image->host == "docker.io");
  CHECK(image->repository == "library/nginx");
  CHECK(image->tag == "latest");
  CHECK(image->tag_defaulted);
  CHECK_FALSE(image->digest);
  CHECK(image->Name() == "docker.io/library/nginx");
  CHECK(image->ToString() == "docker.io/library/nginx:latest");
}

TEST_CASE("a written tag is kept and is not the default, even where it says latest", "[base]") {
  const auto image = ImageReference::Parse("registry.example/shop/cart:latest");
  REQUIRE(image);
  CHECK(image->tag == "latest");
  CHECK_FALSE(image->tag_defaulted);
}

TEST_CASE("a digest alone brings no default tag", "[base]") {
  const auto image = ImageReference::Parse("registry.example/shop/cart@" + kSha256);
  REQUIRE(image);
  CHECK_FALSE(image->tag);
  CHECK_FALSE(image->tag_defaulted);
  REQUIRE(image->digest);
  CHECK(image->digest->text() == kSha256);
  CHECK(image->ToString() == "registry.example/shop/cart@" + kSha256);
}

TEST_CASE("a tag and a digest together are both kept", "[base]") {
  const auto image = ImageReference::Parse("registry.example/ok/x:good@" + kSha256);
  REQUIRE(image);
  CHECK(image->tag == "good");
  CHECK(image->digest->text() == kSha256);
  CHECK(image->Name() == "registry.example/ok/x");
  CHECK(Canonical("registry.example/ok/x:good@" + kSha512) == "registry.example/ok/x:good@" + kSha512);
}

TEST_CASE("a malformed digest is refused and the message says what is wrong with it", "[base]") {
  const std::string name = "registry.example/ok/x@";
  CHECK_THAT(Why(name + "sha256:" + std::string(63, 'a')), Catch::Contains("it has 63 hex digits"));
  CHECK_THAT(Why(name + "sha256:" + std::string(65, 'a')), Catch::Contains("it has 65 hex digits"));
  CHECK_THAT(Why(name + "sha256:" + std::string(64, 'A')), Catch::Contains("lower-case hex"));
  CHECK_THAT(Why(name + "sha512:" + std::string(64, 'a')), Catch::Contains("it has 64 hex digits"));
  CHECK_THAT(Why(name + "md5:" + std::string(32, 'a')), Catch::Contains("algorithm \"md5\" is not known"));
  CHECK_THAT(Why(name + "SHA256:" + kHex64), Catch::Contains("is not known"));
  CHECK(Refused(name + kHex64));
  CHECK(Refused(name));
  CHECK(Refused(name + "sha256:"));
  CHECK(Refused(name + ":" + kHex64));
  CHECK(Refused(name + kSha256 + "@" + kSha256));
  CHECK(Refused(name + kSha256 + ":tag"));
  CHECK(Refused(name + kSha256 + "/x"));
  CHECK(Refused("@" + kSha256));
}

TEST_CASE("a user name before the host is refused", "[base]") {
  CHECK_THAT(Why("registry.example@evil/ok/x"), Catch::Contains("user name"));
  CHECK(Refused("registry.example:443@evil"));
  CHECK(Refused("registry.example:443@evil/ok/x"));
  CHECK(Refused("user:password@registry.example/ok/x"));
  CHECK(Refused("user@registry.example/ok/x@" + kSha256));
}

TEST_CASE("every spelling of an image on Docker Hub is one canonical reference", "[base]") {
  const std::string text = GENERATE(as<std::string>{}, "nginx", "library/nginx", "docker.io/nginx", "docker.io/library/nginx",
                                    "index.docker.io/nginx", "index.docker.io/library/nginx", "registry-1.docker.io/library/nginx",
                                    "docker.io:443/library/nginx", "index.docker.io:443/nginx", "registry-1.docker.io:443/nginx",
                                    "Docker.IO/nginx", "INDEX.docker.io/library/nginx", "nginx:latest");
  CHECK(Canonical(text) == "docker.io/library/nginx:latest");
}

TEST_CASE("a name on Docker Hub with two parts or more gets no library", "[base]") {
  CHECK(Canonical("grafana/loki:3") == "docker.io/grafana/loki:3");
  CHECK(Canonical("docker.io/grafana/loki:3") == "docker.io/grafana/loki:3");
  CHECK(Canonical("a/b/c") == "docker.io/a/b/c:latest");
}

TEST_CASE("the first part is a host when it has a dot, a port or an upper-case letter, or is localhost", "[base]") {
  CHECK(Canonical("registry.example/x") == "registry.example/x:latest");
  CHECK(Canonical("registry:5000/x") == "registry:5000/x:latest");
  CHECK(Canonical("localhost/x") == "localhost/x:latest");
  CHECK(Canonical("localhost:5000/x:1") == "localhost:5000/x:1");
  CHECK(Canonical("Registry/x") == "registry:443/x:latest");
  CHECK(Canonical("registry/x") == "docker.io/registry/x:latest");
  CHECK(Canonical("localhost") == "docker.io/library/localhost:latest");
  CHECK(Canonical("localhost:5000") == "docker.io/library/localhost:5000");
  CHECK(Canonical("registry.example:5000") == "docker.io/library/registry.example:5000");
}

TEST_CASE("the host is lower-cased and loses the port that https has anyway", "[base]") {
  CHECK(Canonical("REGISTRY.Example/ok/x:V1") == "registry.example/ok/x:V1");
  CHECK(Canonical("registry.example:443/ok/x:1") == "registry.example/ok/x:1");
  CHECK(Canonical("registry.example:8443/ok/x:1") == "registry.example:8443/ok/x:1");
  CHECK(Canonical("registry.example:80/ok/x:1") == "registry.example:80/ok/x:1");
  CHECK(Canonical("xn--bcher-kva.example/x:1") == "xn--bcher-kva.example/x:1");
}

TEST_CASE("a host that would read as a path on Docker Hub without its port keeps it", "[base]") {
  CHECK(Canonical("registry:443/x:1") == "registry:443/x:1");
  CHECK(Canonical("Registry/x:1") == "registry:443/x:1");
  CHECK(Canonical("REGISTRY:443/x:1") == "registry:443/x:1");
}

TEST_CASE("a loopback host keeps port 443, since runtimes speak plain HTTP to it without a port", "[base]") {
  CHECK(Canonical("localhost:443/x:1") == "localhost:443/x:1");
  CHECK(Canonical("127.0.0.1:443/x:1") == "127.0.0.1:443/x:1");
  CHECK(Canonical("[::1]:443/x:1") == "[::1]:443/x:1");
}

TEST_CASE("a port has one spelling, from 1 to 65535", "[base]") {
  CHECK(Canonical("r.example:1/x:1") == "r.example:1/x:1");
  CHECK(Canonical("r.example:65535/x:1") == "r.example:65535/x:1");
  for (const char* port : {"0", "65536", "0443", "99999", "123456", "", "44a", "-1", "+80", "443:443"}) {
    CAPTURE(port);
    CHECK(Refused(std::string("r.example:") + port + "/x"));
  }
}

TEST_CASE("an IPv6 host has one spelling", "[base]") {
  CHECK(Canonical("[::1]:5000/x:1") == "[::1]:5000/x:1");
  CHECK(Canonical("[0:0:0:0:0:0:0:1]:5000/x:1") == "[::1]:5000/x:1");
  CHECK(Canonical("[2001:DB8:0::5]/x:1") == "[2001:db8::5]/x:1");
  CHECK(Canonical("[2001:db8::5]:443/x:1") == "[2001:db8::5]/x:1");
  for (const char* host : {"[::1", "::1", "[]", "[::1]5000", "[::1].example", "[::g]", "[fe80::1%eth0]", "[::ffff:1.2.3.4]",
                           "[::ffff:102:304]", "[::1.2.3.4]", "[1.2.3.4]", "[[::1]]", "[::1]:", "[::1]]", "a[::1]", "[0::0::1]"}) {
    CAPTURE(host);
    CHECK(Refused(std::string(host) + "/x"));
  }
  CHECK(Refused("[::1]"));
  CHECK(Refused("[::1]:5000"));
}

TEST_CASE("an IPv4 host is four decimal numbers, in no other of its spellings", "[base]") {
  CHECK(Canonical("127.0.0.1:5000/x:1") == "127.0.0.1:5000/x:1");
  for (const char* host : {"2130706433:5000", "127.1", "127.0.1", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001:80", "127.0.0.256", "127.0.0.01",
                           "1.2.3.4.5", "registry.1", "127.0.0.0x1"}) {
    CAPTURE(host);
    CHECK(Refused(std::string(host) + "/x"));
  }
}

TEST_CASE("a host with a trailing dot, empty, underscored or dashed-out part is refused", "[base]") {
  for (const char* host : {"registry.example.", ".registry.example", "registry..example", "-registry.example", "registry-.example",
                           "regi_stry.example", "registry.example.:443", ".", "..", ":5000", "registry.example-"}) {
    CAPTURE(host);
    CHECK(Refused(std::string(host) + "/ok/x"));
  }
}

TEST_CASE("names that only look like Latin letters are refused", "[base]") {
  CHECK(Refused("registry.ex\xD0\xB0mple/ok/x"));  // Cyrillic a
  CHECK(
      Refused("registry\xE3\x80\x82"
              "example/ok/x"));                         // ideographic full stop
  CHECK(Refused("registry.example/ok/\xEF\xBD\x98"));   // full-width x
  CHECK(Refused("registry.example\xE2\x81\x84ok/x"));   // fraction slash
  CHECK(Refused("registry.example/ok/x\xE2\x80\xAE"));  // right-to-left override
}

TEST_CASE("white space and control characters are refused and cannot reach a message", "[base]") {
  const std::string text =
      GENERATE(as<std::string>{}, " nginx", "nginx ", "ng inx", "nginx\n", "\tnginx", "nginx\r\nX-Evil: 1", "nginx\x1b[31m", "nginx\x7f",
               std::string("nginx\0", 6), std::string("\0nginx", 6), "nginx\xC2\x85", "registry.example /ok/x", " ");
  const auto image = ImageReference::Parse(text);
  REQUIRE_FALSE(image);
  CHECK(image.error().code == ErrorCode::kInvalidInput);
  CHECK_THAT(image.error().message, Catch::Contains("only visible ASCII"));
  for (const char c : image.error().message) CHECK((c >= ' ' && c <= '~'));
}

TEST_CASE("a text over 8 KiB is not looked at, and its message stays short", "[base]") {
  const auto image = ImageReference::Parse(std::string(8193, 'a'));
  REQUIRE_FALSE(image);
  CHECK(image.error().code == ErrorCode::kTooLarge);
  CHECK(image.error().message.size() < 400);
  CHECK(Why(std::string(8192, 'a')).size() < 1200);
}

TEST_CASE("an empty reference is refused", "[base]") {
  CHECK_THAT(Why(""), Catch::Contains("empty"));
}

TEST_CASE("a name that may be the id of a local image is refused", "[base]") {
  CHECK_THAT(Why(kHex64), Catch::Contains("id of a local image"));
  CHECK_THAT(Why(kSha256), Catch::Contains("id of a local image"));
  CHECK_THAT(Why("sha256:abcdef"), Catch::Contains("id of a local image"));
  CHECK(Refused(kHex64 + ":latest"));
  CHECK(Refused(kHex64 + "@" + kSha256));
  CHECK(Refused(kSha512));
  CHECK(Refused(kSha256 + "@" + kSha256));
  CHECK(Canonical("registry.example/" + kHex64 + ":1") == "registry.example/" + kHex64 + ":1");
  CHECK(Canonical("a" + kHex64 + ":1") == "docker.io/library/a" + kHex64 + ":1");
  CHECK(Canonical("sha256:v1") == "docker.io/library/sha256:v1");
}

TEST_CASE("a repository is lower case with single separators inside its parts", "[base]") {
  for (const char* path : {"a", "0", "a.b", "a_b", "a__b", "a-b", "a---b", "a.b_c__d-e/f", "a/b/c/d/e/f"}) {
    CAPTURE(path);
    CHECK(Canonical(std::string("r.example/") + path + ":1") == std::string("r.example/") + path + ":1");
  }
  for (const char* path : {"",     "A",    "a/B", "-a", "a-",  ".a",     "a.",  "_a",  "a_",  "a..b", "a___b", "a._b", "a.-b", "a-.b",
                           "a_-b", "a//b", "/a",  "a/", "a/.", "a/../b", "a$b", "a*b", "a?b", "a#b",  "a%62",  "a\\b", "a+b",  "a~b"}) {
    CAPTURE(path);
    CHECK(Refused(std::string("r.example/") + path));
  }
  CHECK(Refused("http://registry.example/x"));
  CHECK(Refused("docker://nginx"));
  CHECK(Refused("/nginx"));
  CHECK(Refused("nginx/"));
  CHECK(Refused("Nginx"));
}

TEST_CASE("a name has at most 255 bytes", "[base]") {
  const std::string longest = "r.example/" + std::string(245, 'a');
  CHECK(Canonical(longest + ":1") == longest + ":1");
  CHECK_THAT(Why(longest + "a"), Catch::Contains("longer than 255"));
}

TEST_CASE("a tag is up to 128 letters, digits, underscores, dots and dashes", "[base]") {
  for (const std::string& tag : {std::string("1"), std::string("_x"), std::string("V1.2-rc_3"), std::string(128, 'a'), std::string("1.")}) {
    CAPTURE(tag);
    CHECK(Canonical("r.example/x:" + tag) == "r.example/x:" + tag);
  }
  for (const std::string& tag :
       {std::string(), std::string(".x"), std::string("-x"), std::string("a+b"), std::string(129, 'a'), std::string("a:b")}) {
    CAPTURE(tag);
    CHECK(Refused("r.example/x:" + tag));
  }
}

TEST_CASE("the canonical text is read back as itself", "[base]") {
  const std::string text =
      GENERATE(as<std::string>{}, "nginx", "Registry.example:443/a/b:V1", "[::0:1]:5000/x@" + kSha256, "grafana/loki:3@" + kSha512);
  const auto once = ImageReference::Parse(text);
  REQUIRE(once);
  auto twice = ImageReference::Parse(once->ToString());
  REQUIRE(twice);
  twice->tag_defaulted = once->tag_defaulted;  // the canonical text writes the default out
  CHECK(*once == *twice);
}
