#include "policy/platform.h"

#include <catch2/catch.hpp>

namespace hullwright::policy {
namespace {

TEST_CASE("another spelling of a node's platform is still its own", "[policy]") {
  for (const auto* spelling : {"linux/amd64", "linux/x86_64", "Linux/X86-64", "linux/amd64/v3"})
    CHECK(FitOf(spelling, "linux/amd64") == Fit::kOwn);
  CHECK(FitOf("linux/aarch64", "linux/arm64/v8") == Fit::kOwn);
  CHECK(FitOf("linux/armhf", "linux/arm") == Fit::kOwn);
  CHECK(FitOf("linux/i386", "linux/386") == Fit::kOwn);
  CHECK(FitOf("macos/arm64", "darwin/arm64") == Fit::kOwn);
}

TEST_CASE("what is not said may be anything, and what a node runs at need is told apart", "[policy]") {
  for (const auto* part : {"", "linux", "linux/", "/amd64"}) CHECK(FitOf(part, "linux/amd64") == Fit::kPossible);
  CHECK(FitOf("linux/386", "linux/amd64") == Fit::kFallback);
  CHECK(FitOf("linux/arm/v7", "linux/arm64") == Fit::kFallback);
  CHECK(FitOf("linux/arm64", "linux/arm") == Fit::kNone);
  CHECK(FitOf("linux/s390x", "linux/amd64") == Fit::kNone);
  CHECK(FitOf("windows/amd64", "linux/amd64") == Fit::kNone);
  CHECK(FitOf("unknown/unknown", "linux/amd64") == Fit::kNone);
}

TEST_CASE("attestation manifests run nowhere", "[policy]") {
  CHECK_FALSE(RunsSomewhere("unknown/unknown"));
  CHECK(RunsSomewhere("linux/unknown"));
  CHECK(RunsSomewhere(""));
}

}  // namespace
}  // namespace hullwright::policy
