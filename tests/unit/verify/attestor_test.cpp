// Verified<T> cannot be made by anybody who merely holds a value: checked by the compiler, here, so that a public constructor added some
// day breaks the build. tests/architecture/layers_test.py keeps verify/attestor.h inside lib/verify.
#include <catch2/catch.hpp>
#include <type_traits>

#include "policy/verified.h"

namespace hullwright::policy {

static_assert(!std::is_default_constructible_v<Verified<int>>);
static_assert(!std::is_constructible_v<Verified<int>, int>);
static_assert(!std::is_default_constructible_v<VerifierPasskey>);
// The passkey is no aggregate either: braces do not make one.
static_assert(!std::is_aggregate_v<VerifierPasskey>);
static_assert(!std::is_constructible_v<Verified<int>, std::nullptr_t, int>);
static_assert(std::is_copy_constructible_v<Verified<int>>);

TEST_CASE("Only the attestor can make a verified value", "[verify]") {
  SUCCEED("the static assertions above were compiled");
}

}  // namespace hullwright::policy
