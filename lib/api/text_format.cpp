#include "api/text_format.h"

#include <re2/re2.h>

#include <map>
#include <memory>
#include <mutex>

namespace hullwright::api {
namespace {

// Expressions are compiled once and live as long as the program: they are constants of this file.
const RE2& Compiled(const TextFormat& format) {
  static std::mutex mutex;
  static std::map<const TextFormat*, std::unique_ptr<RE2>> compiled;
  std::lock_guard lock(mutex);
  auto& expression = compiled[&format];
  if (!expression) expression = std::make_unique<RE2>(re2::StringPiece(format.pattern.data(), format.pattern.size()));
  return *expression;
}

}  // namespace

const TextFormat kDnsSubdomain = {R"([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)", "name",
                                  R"(a name of lower-case letters, digits, "-" and ".", beginning and ending with a letter or digit)"};
const TextFormat kDnsLabel = {R"([a-z0-9]([-a-z0-9]*[a-z0-9])?)", "name without dots",
                              R"(a name of lower-case letters, digits and "-", beginning and ending with a letter or digit)"};
const TextFormat kLabelKey = {
    R"(([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)", "label key",
    R"(a label key: letters, digits, "-", "_" and ".", at most 63 bytes, with an optional DNS name and "/" before it)"};
const TextFormat kLabelValue = {
    R"(([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?)", "label value",
    R"(a label value: at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit)"};
const TextFormat kVulnerabilityId = {R"([A-Za-z][A-Za-z0-9._:]*-[A-Za-z0-9._:-]*[A-Za-z0-9])", "vulnerability id",
                                     R"(a vulnerability id like "CVE-2024-1234" or "GHSA-jfh8-c2jp-5v3q", without wildcards)"};
const TextFormat kPackageUrl = {R"(pkg:[a-z][a-z0-9.+-]*/[^@?#\s]*[^@?#\s/])", "package URL without version",
                                R"(a package URL without version and qualifiers, like "pkg:deb/debian/openssl")"};
const TextFormat kTagPattern = {R"([A-Za-z0-9_.*-]+)", "tag, \"*\" for any characters",
                                R"(a tag like "latest", in which "*" stands for any characters)"};

bool Matches(const TextFormat& format, std::string_view text) {
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), Compiled(format));
}

}  // namespace hullwright::api
