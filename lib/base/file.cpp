#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/json.h"

namespace hullwright {
namespace {

constexpr std::size_t kSpareBytes = kJsonPadding;  // much of what is read is JSON, and reports of it are large

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  const int number_;
};

std::unexpected<Error> SystemError(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return Fail(ErrorCode::kNotFound, "there is no such file");
    case EACCES:
    case EPERM:
      return Fail(ErrorCode::kDenied, "it may not be read: have its permissions changed");
    default:
      return Fail(ErrorCode::kInternal, std::generic_category().message(number));
  }
}

}  // namespace

Result<std::string> ReadBeginning(const std::string& path, std::size_t max_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.number() < 0) return SystemError(errno);
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) return SystemError(errno);
  if (!S_ISREG(status.st_mode)) return Fail(ErrorCode::kInvalidInput, "is no regular file");
  const std::size_t expected = std::min(static_cast<std::size_t>(status.st_size) + 1, max_bytes);  // one more tells that it has grown
  std::string text;
  text.reserve(expected + kSpareBytes);
  text.resize(expected);
  std::size_t used = 0;
  while (used < max_bytes) {
    if (used == text.size()) text.resize(std::min(max_bytes, 2 * used));
    const ssize_t got = ::read(file.number(), text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(errno);
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  text.resize(used);
  return text;
}

Result<std::string> ReadRegularFile(const std::string& path, std::size_t max_bytes) {
  auto text = ReadBeginning(path, max_bytes + 1);
  if (text && text->size() > max_bytes) return Fail(ErrorCode::kTooLarge, fmt::format("is larger than {} bytes", max_bytes));
  return text;
}

}  // namespace hullwright
