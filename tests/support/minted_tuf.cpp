#include "support/minted_tuf.h"

#include <fmt/format.h>

#include <map>

#include "verify/hash.h"

namespace hullwright::testing {
namespace {

using verify::Sha256;
using verify::ToHex;

std::string IdOf(const MintedKey& key) {
  return ToHex(Sha256(key.Spki()));
}

}  // namespace

// Members are written in the order of the canonical form, so the text that is signed is the text that is read.
std::string SignTuf(const std::string& part, const std::vector<const MintedKey*>& keys) {
  std::string signatures;
  for (const MintedKey* key : keys) {
    const std::string signature = key->Sign({verify::Scheme::kEd25519, verify::HashAlgorithm::kSha512}, part);
    signatures += fmt::format(R"({}{{"keyid":"{}","sig":"{}"}})", signatures.empty() ? "" : ",", IdOf(*key), ToHex(signature));
  }
  return fmt::format(R"({{"signatures":[{}],"signed":{}}})", signatures, part);
}

std::string TufRootPart(int version, const std::vector<const MintedKey*>& root_keys, int threshold, const MintedKey& online,
                        std::string_view expires) {
  std::map<std::string, std::string> keys;
  std::string ids;
  const auto add = [&](const MintedKey& key) {
    keys[IdOf(key)] = fmt::format(R"({{"keytype":"ed25519","keyval":{{"public":"{}"}},"scheme":"ed25519"}})", ToHex(key.Spki().substr(12)));
  };
  for (const MintedKey* key : root_keys) {
    add(*key);
    ids += fmt::format("{}\"{}\"", ids.empty() ? "" : ",", IdOf(*key));
  }
  add(online);
  std::string listed;
  for (const auto& [id, key] : keys) listed += fmt::format("{}\"{}\":{}", listed.empty() ? "" : ",", id, key);
  const std::string role = fmt::format(R"({{"keyids":["{}"],"threshold":1}})", IdOf(online));
  return fmt::format(
      R"({{"_type":"root","consistent_snapshot":true,"expires":"{}","keys":{{{}}},"roles":{{"root":{{"keyids":[{}],"threshold":{}}},)"
      R"("snapshot":{},"targets":{},"timestamp":{}}},"spec_version":"1.0","version":{}}})",
      expires, listed, ids, threshold, role, role, role, version);
}

std::string TufListingPart(std::string_view type, int version, std::string_view files, std::string_view expires) {
  if (type == "targets") {
    return fmt::format(R"({{"_type":"targets","expires":"{}","spec_version":"1.0","targets":{{{}}},"version":{}}})", expires, files,
                       version);
  }
  return fmt::format(R"({{"_type":"{}","expires":"{}","meta":{{{}}},"spec_version":"1.0","version":{}}})", type, expires, files, version);
}

std::string TufFileEntry(std::string_view name, const std::string& content, int version) {
  return fmt::format(R"("{}":{{"hashes":{{"sha256":"{}"}},"length":{},"version":{}}})", name, ToHex(Sha256(content)), content.size(),
                     version);
}

std::string TufRepository::Root(int version, std::string_view expires) const {
  return SignTuf(TufRootPart(version, {&a, &b}, 2, online, expires), {&a, &b});
}

std::string TufRepository::TargetFile() const {
  return fmt::format(R"("trusted_root.json":{{"hashes":{{"sha256":"{}"}},"length":{}}})", ToHex(Sha256(target)), target.size());
}

std::string TufRepository::Targets(int version, std::string_view expires) const {
  return SignTuf(TufListingPart("targets", version, TargetFile(), expires), {&online});
}

std::string TufRepository::Snapshot(int version, int targets, std::string_view expires) const {
  return SignTuf(TufListingPart("snapshot", version, TufFileEntry("targets.json", Targets(targets), targets), expires), {&online});
}

std::string TufRepository::Timestamp(int version, int snapshot, int targets, std::string_view expires) const {
  return SignTuf(TufListingPart("timestamp", version, TufFileEntry("snapshot.json", Snapshot(snapshot, targets), snapshot), expires),
                 {&online});
}

}  // namespace hullwright::testing
