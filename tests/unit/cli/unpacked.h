// What tar, which everybody has, makes of an archive of ours.
#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/support/tar_archive.h"
#include "support/process.h"
#include "support/temporary_directory.h"

namespace hullwright::cli::testing {

// In the order of the archive.
inline std::vector<ArchivedFile> Unpack(const std::string& bytes) {
  const hullwright::testing::TemporaryDirectory folder;
  const std::string archive = folder.Write("archive.tar.gz", bytes);
  const auto listed = hullwright::testing::Run("tar", {"-tzf", archive});
  const auto unpacked = hullwright::testing::Run("tar", {"-xzf", archive, "-C", folder.path().string()});
  CAPTURE(listed.err, unpacked.err);
  REQUIRE(listed.exit == 0);
  REQUIRE(unpacked.exit == 0);
  std::vector<ArchivedFile> files;
  std::istringstream paths(listed.out);
  for (std::string path; std::getline(paths, path);) {
    std::ifstream file(folder.path() / path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    files.push_back({path, text.str()});
  }
  return files;
}

}  // namespace hullwright::cli::testing
