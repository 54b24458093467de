#include "base/image_reference.h"

#include <catch2/catch.hpp>

using hullwright::ImageReference;

TEST_CASE("a short name is an official image of Docker Hub with the tag latest", "[base]") {
  const auto image = ImageReference::Parse("nginx");
  REQUIRE(image);
  CHECK(image->ToString() == "docker.io/library/nginx:latest");
  CHECK(image->tag_defaulted);
}
