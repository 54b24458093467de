#include "base/compression.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <limits>
#include <new>

namespace hullwright {
namespace {

enum class Format { kZlib, kGzip };

// zlib's interface is older than const.
Bytef* BytesOf(std::string_view bytes) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
}

class Inflater {
 public:
  Inflater(std::string_view bytes, Format format) : format_(format) {
    stream_.next_in = BytesOf(bytes);
    stream_.avail_in = static_cast<uInt>(bytes.size());
    constexpr int kGzipOnly = 16;
    ready_ = inflateInit2(&stream_, MAX_WBITS + (format == Format::kGzip ? kGzipOnly : 0)) == Z_OK;
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
      if (state == Z_STREAM_END && format_ == Format::kGzip && inflateReset(&stream_) == Z_OK) continue;  // another member
      if (state != Z_OK) return Fail(ErrorCode::kInvalidInput, Damage());
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
  const char* Damage() const {
    return format_ == Format::kGzip ? "is no whole gzip: was it cut while it was fetched?" : "the compressed bytes are damaged";
  }

  const Format format_;
  z_stream stream_{};
  bool ready_ = false;
  std::array<Bytef, 32u << 10> buffer_;
};

Result<std::string> Inflated(std::string_view bytes, Format format, std::size_t max_bytes) {
  if (bytes.size() > std::numeric_limits<uInt>::max()) return Fail(ErrorCode::kTooLarge, "is larger than 4 GiB");
  return Inflater(bytes, format).Unpack(max_bytes);
}

}  // namespace

std::string Compress(std::string_view bytes) {
  uLongf size = ::compressBound(static_cast<uLong>(bytes.size()));
  std::string compressed(size, '\0');
  const int code = ::compress2(reinterpret_cast<Bytef*>(compressed.data()), &size, BytesOf(bytes), static_cast<uLong>(bytes.size()),
                               Z_DEFAULT_COMPRESSION);
  if (code != Z_OK) throw std::bad_alloc();  // the only way in which it can fail with a buffer of that size
  compressed.resize(size);
  return compressed;
}

Result<std::string> Decompress(std::string_view compressed, std::size_t max_bytes) {
  return Inflated(compressed, Format::kZlib, max_bytes);
}

bool IsGzip(std::string_view bytes) {
  return bytes.starts_with("\x1f\x8b");
}

Result<std::string> Gunzip(std::string_view compressed, std::size_t max_bytes) {
  return Inflated(compressed, Format::kGzip, max_bytes);
}

}  // namespace hullwright
