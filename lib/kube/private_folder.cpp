#include "kube/private_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace hullwright::kube {
namespace {

std::unexpected<Error> Failed(const std::string& path) {
  return Fail(ErrorCode::kInternal, fmt::format("{}: {}", path, std::strerror(errno)));
}

Result<void> WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Failed(path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<PrivateFolder>> PrivateFolder::Make() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  std::error_code error;
  const auto parent = runtime != nullptr && *runtime != '\0' ? std::filesystem::path(runtime) : std::filesystem::temp_directory_path(error);
  if (error) return Fail(ErrorCode::kInternal, "no folder for temporary files: " + error.message());
  std::string path = (parent / "hullwright-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) return Failed(path);  // mode 0700
  return std::shared_ptr<PrivateFolder>(new PrivateFolder(path));
}

PrivateFolder::~PrivateFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Result<std::string> PrivateFolder::Write(std::string_view name, std::string_view bytes) const {
  std::string path = fmt::format("{}/{}", path_, name);
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return Failed(path);
  const auto written = WriteAll(fd, bytes, path);
  close(fd);
  if (!written) return std::unexpected(written.error());
  return path;
}

}  // namespace hullwright::kube
