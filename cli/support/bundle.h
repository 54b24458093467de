// The files of a support bundle while it is gathered: bounded, redacted, and with an index of what is in it and what is not, and why.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "cli/support/tar_archive.h"

namespace hullwright::cli {

struct BundleLimits {
  std::size_t max_bytes = 64u << 20;  // of all files, before compression
  std::size_t max_file_bytes = 8u << 20;
  std::size_t max_files = 300;
};

class Bundle {
 public:
  explicit Bundle(BundleLimits limits = {}) : limits_(limits) {}

  // what: for the index. The text is redacted, whoever wrote it. A file beyond the limits is cut, or left out, and the index says so.
  void AddText(const std::string& path, const std::string& what, std::string text);
  // Objects as one JSON document {"items": […]}, each redacted.
  void AddObjects(const std::string& path, const std::string& what, std::vector<nlohmann::json> objects);

  void LeaveOut(const std::string& what, const std::string& why);
  // Something could not be fetched: the index says so, and the exit code.
  void Miss(const std::string& what, const Error& error);

  bool is_complete() const { return missed_ == 0; }
  std::size_t missed() const { return missed_; }
  std::size_t files() const { return files_.size(); }

  // index.json first, then the files in the order in which they were added.
  Result<std::string> Pack(const std::string& folder, nlohmann::ordered_json index, Time now) const;

 private:
  struct Entry {
    std::string path, what;
    std::size_t bytes;
    bool cut;
  };
  bool HasRoom(const std::string& path, const std::string& what);
  void Keep(const std::string& path, const std::string& what, std::string text, bool cut);

  const BundleLimits limits_;
  std::vector<ArchivedFile> files_;
  std::vector<Entry> entries_;
  std::vector<std::pair<std::string, std::string>> left_out_;  // what, why
  std::size_t bytes_ = 0, missed_ = 0;
};

}  // namespace hullwright::cli
