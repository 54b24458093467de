#include "policy/package_url.h"

#include <catch2/catch.hpp>

namespace hullwright::policy {
namespace {

TEST_CASE("a package URL is named without version, qualifiers and subpath", "[policy]") {
  CHECK(WithoutVersion("pkg:deb/debian/openssl@3.0.11-1?arch=amd64&distro=debian-12") == "pkg:deb/debian/openssl");
  CHECK(WithoutVersion("pkg:golang/github.com/acme/lib@v1.2#sub/dir") == "pkg:golang/github.com/acme/lib");
  CHECK(WithoutVersion("pkg:npm/@scope/name") == "pkg:npm/@scope/name");
  CHECK(WithoutVersion("pkg:npm/@scope/name@1.0") == "pkg:npm/@scope/name");
  CHECK(WithoutVersion("pkg:npm/@odd") == "pkg:npm/@odd");
  CHECK(WithoutVersion("openssl") == "openssl");
  CHECK(WithoutVersion("") == "");
}

TEST_CASE("packages are the same by type, namespace and name", "[policy]") {
  CHECK(IsSamePackage("pkg:deb/debian/openssl", "pkg:deb/debian/openssl@3.0.11-1?arch=amd64"));
  CHECK(IsSamePackage("pkg:DEB/debian/openssl", "pkg:deb/debian/openssl"));
  CHECK(IsSamePackage("pkg://deb/debian/openssl", "pkg:deb/debian/openssl"));
  CHECK(IsSamePackage("pkg:npm/%40scope/name", "pkg:npm/@scope/name@1"));
}

TEST_CASE("packages that only look alike are others", "[policy]") {
  CHECK_FALSE(IsSamePackage("pkg:deb/debian/openssl", "pkg:deb/ubuntu/openssl"));
  CHECK_FALSE(IsSamePackage("pkg:deb/debian/openssl", "pkg:rpm/debian/openssl"));
  CHECK_FALSE(IsSamePackage("pkg:deb/debian/openssl", "pkg:deb/debian/openssl-dev"));
  CHECK_FALSE(IsSamePackage("pkg:deb/debian/openssl", "pkg:deb/debian/OpenSSL"));
  CHECK_FALSE(IsSamePackage("openssl", "openssl"));
  CHECK_FALSE(IsSamePackage("pkg:", "pkg:"));
  CHECK_FALSE(IsSamePackage("", ""));
}

TEST_CASE("a broken escape in a package URL is text", "[policy]") {
  CHECK(IsSamePackage("pkg:npm/a%", "pkg:npm/a%"));
  CHECK(IsSamePackage("pkg:npm/a%4", "pkg:npm/a%4"));
  CHECK_FALSE(IsSamePackage("pkg:npm/a%zz", "pkg:npm/a"));
}

}  // namespace
}  // namespace hullwright::policy
