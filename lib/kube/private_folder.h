// A folder that only this process's user can read, for keys that a library wants as files; removed at the end of the object.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace hullwright::kube {

class PrivateFolder {
 public:
  // Below $XDG_RUNTIME_DIR (memory, on most systems), else the folder for temporary files.
  static Result<std::shared_ptr<PrivateFolder>> Make();
  ~PrivateFolder();
  PrivateFolder(PrivateFolder&&) = delete;

  // Writes a new file (0600) and returns its path.
  Result<std::string> Write(std::string_view name, std::string_view bytes) const;

 private:
  explicit PrivateFolder(std::string path) : path_(std::move(path)) {}

  const std::string path_;
};

}  // namespace hullwright::kube
