// Fetches manifests, indexes and blobs at one place and proves that their bytes are those of a digest. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "registry/fetcher.h"

namespace hullwright::registry {

using DocumentPointer = std::shared_ptr<const Document>;
using BytesPointer = std::shared_ptr<const std::string>;

// reference: a tag, or the text of wanted. With wanted, the bytes must be its.
Answer<DocumentPointer> FetchDocument(Fetcher& fetcher, const Hosts& hosts, const Place& place, const std::string& reference,
                                      const Digest* wanted, const Call& call);
Answer<BytesPointer> FetchBlob(Fetcher& fetcher, const Hosts& hosts, const Place& place, const Descriptor& blob, const Call& call);

// distribution-spec: [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}.
bool IsTag(std::string_view text);

}  // namespace hullwright::registry
