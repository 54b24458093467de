#include "verify/pem.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/text.h"
#include "verify/limits.h"
#include "verify/openssl.h"

namespace hullwright::verify {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string_view Trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

struct RawBlock {
  char* label = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long length = 0;
  RawBlock() = default;
  RawBlock(const RawBlock&) = delete;
  RawBlock& operator=(const RawBlock&) = delete;
  ~RawBlock() {
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_free(data);
  }
};

bool AtEnd() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

}  // namespace

Checked<std::vector<PemBlock>> ReadPem(std::string_view text, std::size_t max_blocks) {
  if (text.size() > limits::kTrustRootBytes) return Reject(Step::kLimit, "the PEM text is longer than 4 MiB");
  const openssl::ErrorQueueGuard guard;
  ERR_clear_error();
  const openssl::Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  std::vector<PemBlock> blocks;
  while (true) {
    RawBlock raw;
    if (PEM_read_bio(bio.get(), &raw.label, &raw.header, &raw.data, &raw.length) != 1) {
      if (!AtEnd()) return Reject(Step::kParse, "the PEM text is malformed: a block is cut off or not base64");
      break;
    }
    if (raw.header != nullptr && *raw.header != '\0')
      return Reject(Step::kParse, "a PEM block has headers: encrypted material is not read");
    if (blocks.size() == max_blocks) return Reject(Step::kLimit, fmt::format("more than {} PEM blocks", max_blocks));
    blocks.push_back({raw.label, std::string(reinterpret_cast<const char*>(raw.data), static_cast<std::size_t>(raw.length))});
  }
  if (blocks.empty()) return Reject(Step::kParse, "no PEM block (\"-----BEGIN ...-----\") was found");
  return blocks;
}

Checked<std::string> ReadOnePem(std::string_view text, std::string_view label) {
  auto blocks = ReadPem(text, limits::kCertificatesPerFile);
  if (!blocks) return std::unexpected(blocks.error());
  if (blocks->size() != 1) return Reject(Step::kParse, fmt::format("{} PEM blocks where exactly one is expected", blocks->size()));
  auto& block = blocks->front();
  if (block.label != label)
    return Reject(Step::kParse, fmt::format("the PEM block is \"{}\", expected \"{}\"", Printable(block.label, 64), label));
  const std::string_view trimmed = Trimmed(text);
  if (!trimmed.starts_with("-----BEGIN ") || !trimmed.ends_with("-----")) {
    return Reject(Step::kParse, "there is text before or after the PEM block");
  }
  return std::move(block.der);
}

}  // namespace hullwright::verify
