#include "store/compression.h"

#include <zlib.h>

#include <new>

namespace hullwright::store {
namespace {

const Bytef* BytesOf(std::string_view text) {
  return reinterpret_cast<const Bytef*>(text.data());
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

Result<std::string> Decompress(std::string_view compressed, std::size_t size) {
  std::string bytes(size, '\0');
  uLongf found = static_cast<uLongf>(size);
  const int code = ::uncompress(reinterpret_cast<Bytef*>(bytes.data()), &found, BytesOf(compressed), static_cast<uLong>(compressed.size()));
  if (code != Z_OK || found != size) return Fail(ErrorCode::kInvalidInput, "the compressed bytes are damaged");
  return bytes;
}

}  // namespace hullwright::store
