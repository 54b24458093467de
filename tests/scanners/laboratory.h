// The real Trivy and the real Grype, the images of push-images in a registry on the loopback interface, and the fixture databases as time
// goes by.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/process.h"
#include "support/temporary_directory.h"

namespace hullwright::testing {

// One for the whole program.
class Laboratory {
 public:
  static Laboratory& Shared();

  // Trivy's report on REPOSITORY:TAG, with further arguments, by the database of that stage (tests/tools/trivy-fixture-db).
  std::string Scan(const std::string& image, const std::vector<std::string>& more = {}, const std::string& stage = "today");
  // Grype's, by a database of the same vulnerabilities (tests/tools/grype/fixture-db).
  std::string ScanWithGrype(const std::string& image, const std::string& stage = "today");
  // An SBOM of the image, then the report on that.
  std::string ScanSbomOf(const std::string& image);
  std::string DigestOf(const std::string& image) const;
  // As the registry here is called: "127.0.0.1:41234/shop/api:1".
  std::string Name(const std::string& image) const { return registry_ + "/" + image; }

 private:
  Laboratory();
  std::string TrivyCache(const std::string& stage);
  std::string GrypeCache(const std::string& stage);
  std::string Trivy(std::vector<std::string> arguments, const std::string& target, const std::string& stage);

  TemporaryDirectory files_;
  Process server_;
  std::string registry_;
};

}  // namespace hullwright::testing
