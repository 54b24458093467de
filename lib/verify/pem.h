// PEM (RFC 7468) read with OpenSSL, told apart by how many blocks a place allows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "verify/failure.h"

namespace hullwright::verify {

struct PemBlock {
  std::string label;  // "CERTIFICATE"
  std::string der;
};

// Exactly one block of this label and white space around it, nothing else: for a key or a leaf certificate.
Checked<std::string> ReadOnePem(std::string_view text, std::string_view label);

// Every block of the text, at least one and at most max_blocks. Words between blocks are skipped, as files of anchors carry comments.
// A block that is cut off, has headers (encryption) or is not base64 refuses the whole.
Checked<std::vector<PemBlock>> ReadPem(std::string_view text, std::size_t max_blocks);

}  // namespace hullwright::verify
