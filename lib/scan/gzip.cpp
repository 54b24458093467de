#include "scan/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <limits>

namespace hullwright::scan {
namespace {

class Inflater {
 public:
  explicit Inflater(std::string_view bytes) {
    stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));  // zlib's interface is older than const
    stream_.avail_in = static_cast<uInt>(bytes.size());
    constexpr int kGzipOnly = 16;
    ready_ = inflateInit2(&stream_, MAX_WBITS + kGzipOnly) == Z_OK;
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }

  Result<std::string> Unpack(std::size_t max_bytes) {
    if (!ready_) return Fail(ErrorCode::kInternal, "zlib could not be started");
    std::string text;
    while (true) {
      const int state = Step(text);
      if (text.size() > max_bytes) return Fail(ErrorCode::kTooLarge, fmt::format("holds more than {} bytes", max_bytes));
      if (state == Z_STREAM_END && stream_.avail_in == 0) return text;
      if (state == Z_STREAM_END && inflateReset(&stream_) == Z_OK) continue;
      if (state != Z_OK) return Fail(ErrorCode::kInvalidInput, "is no whole gzip: was it cut while it was fetched?");
    }
  }

 private:
  int Step(std::string& text) {
    stream_.next_out = buffer_.data();
    stream_.avail_out = static_cast<uInt>(buffer_.size());
    const int state = inflate(&stream_, Z_NO_FLUSH);
    text.append(reinterpret_cast<const char*>(buffer_.data()), buffer_.size() - stream_.avail_out);
    return state;
  }

  z_stream stream_{};
  bool ready_ = false;
  std::array<Bytef, 32u << 10> buffer_;
};

}  // namespace

bool IsGzip(std::string_view bytes) {
  return bytes.starts_with("\x1f\x8b");
}

Result<std::string> Gunzip(std::string_view bytes, std::size_t max_bytes) {
  if (bytes.size() > std::numeric_limits<uInt>::max()) return Fail(ErrorCode::kTooLarge, "is larger than 4 GiB");
  return Inflater(bytes).Unpack(max_bytes);
}

}  // namespace hullwright::scan
