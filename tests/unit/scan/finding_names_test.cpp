#include "scan/finding_names.h"

#include <catch2/catch.hpp>

namespace hullwright::scan {
namespace {

const std::string kOpenssl = "pkg:deb/debian/openssl@3.0.11-1?arch=amd64";

bool Knows(const FindingNames& known, const FindingNames& wanted) {
  FindingNameSet set;
  set.Add(known);
  return set.Contains(wanted);
}

}  // namespace

TEST_CASE("a finding is known again whatever the version of its package and the case of its name", "[scan]") {
  const FindingNames known = NamesOf("CVE-2026-1", {}, kOpenssl);
  CHECK(Knows(known, NamesOf("cve-2026-1", {}, "pkg:deb/debian/openssl@3.0.12-2?arch=arm64&distro=debian-12")));
  CHECK_FALSE(Knows(known, NamesOf("CVE-2026-1", {}, "pkg:deb/debian/libssl3@3.0.11-1")));
  CHECK_FALSE(Knows(known, NamesOf("CVE-2026-2", {}, kOpenssl)));
}

TEST_CASE("a finding is known again by any of its names, and by the bare name of its package", "[scan]") {
  const FindingNames known = NamesOf("GHSA-aaaa", {"CVE-2026-1"}, "pkg:npm/%40babel/core@7.0.0");
  CHECK(Knows(known, NamesOf("CVE-2026-1", {}, "@babel/core")));
  CHECK(Knows(NamesOf("CVE-2026-1", {}, "core"), known));
  CHECK(Knows(known, NamesOf("CVE-2026-9", {"ghsa-AAAA"}, "core")));
}

TEST_CASE("a name of one finding and a package of another make no third", "[scan]") {
  FindingNameSet set;
  set.Add(NamesOf("CVE-2026-1", {}, "openssl"));
  set.Add(NamesOf("CVE-2026-2", {}, "zlib"));
  CHECK_FALSE(set.Contains(NamesOf("CVE-2026-1", {}, "zlib")));
  CHECK_FALSE(FindingNameSet().Contains(NamesOf("CVE-2026-1", {}, "openssl")));
}

}  // namespace hullwright::scan
