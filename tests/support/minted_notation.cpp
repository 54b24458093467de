#include "support/minted_notation.h"

#include <algorithm>
#include <stdexcept>

#include "base/base64.h"

namespace hullwright::testing {
namespace {

using verify::HashAlgorithm;
using verify::Scheme;
using verify::SignatureAlgorithm;

SignatureAlgorithm AlgorithmOf(const std::string& name) {
  const HashAlgorithm hash = name.ends_with("256")   ? HashAlgorithm::kSha256
                             : name.ends_with("384") ? HashAlgorithm::kSha384
                                                     : HashAlgorithm::kSha512;
  return {name.starts_with("PS") ? Scheme::kRsaPssHashSalt : Scheme::kEcdsa, hash};
}

std::int64_t CoseNumber(const std::string& name) {
  const std::vector<std::pair<std::string, std::int64_t>> numbers = {{"PS256", -37}, {"PS384", -38}, {"PS512", -39},
                                                                     {"ES256", -7},  {"ES384", -35}, {"ES512", -36}};
  for (const auto& [known, number] : numbers)
    if (known == name) return number;
  throw std::runtime_error("no COSE algorithm " + name);
}

constexpr std::string_view kPrefix = "io.cncf.notary.";
constexpr std::int64_t kSigningSeconds = 1777593600;  // 2026-05-01

std::string Url(std::string_view bytes) {
  return EncodeBase64(bytes, Base64Form::kUrlUnpadded);
}

std::string Name(std::string_view name) {
  return std::string(kPrefix) + std::string(name);
}

}  // namespace

namespace cbor {

std::string Head(int major, std::uint64_t argument) {
  const auto first = [&](int low) { return static_cast<char>(major << 5 | low); };
  if (argument < 24) return {first(static_cast<int>(argument))};
  const int width = argument <= 0xff ? 1 : argument <= 0xffff ? 2 : argument <= 0xffffffff ? 4 : 8;
  std::string head = {first(width == 1 ? 24 : width == 2 ? 25 : width == 4 ? 26 : 27)};
  for (int i = width; i-- > 0;) head += static_cast<char>(argument >> (8 * i) & 0xff);
  return head;
}

std::string Integer(std::int64_t value) {
  return value >= 0 ? Head(0, static_cast<std::uint64_t>(value)) : Head(1, static_cast<std::uint64_t>(-1 - value));
}

std::string Bytes(std::string_view bytes) {
  return Head(2, bytes.size()) + std::string(bytes);
}

std::string Text(std::string_view text) {
  return Head(3, text.size()) + std::string(text);
}

std::string Tag(std::uint64_t number, std::string_view value) {
  return Head(6, number) + std::string(value);
}

std::string Array(const std::vector<std::string>& values) {
  std::string out = Head(4, values.size());
  for (const std::string& value : values) out += value;
  return out;
}

std::string Map(const Entries& entries) {
  std::string out = Head(5, entries.size());
  for (const auto& [key, value] : entries) out += key + value;
  return out;
}

}  // namespace cbor

std::string NotationAlgorithm(const MintedKey& key) {
  const int bits = EVP_PKEY_get_bits(key.handle());
  const bool rsa = EVP_PKEY_is_a(key.handle(), "RSA") == 1;
  const std::vector<std::pair<int, std::string>> names = {{256, "ES256"},  {384, "ES384"},  {521, "ES512"},
                                                          {2048, "PS256"}, {3072, "PS384"}, {4096, "PS512"}};
  for (const auto& [known, name] : names)
    if (known == bits && name.starts_with(rsa ? "PS" : "ES")) return name;
  throw std::runtime_error("no Notary Project algorithm for this key");
}

std::string SignForNotation(const MintedKey& key, std::string_view message) {
  const SignatureAlgorithm algorithm = AlgorithmOf(NotationAlgorithm(key));
  return algorithm.scheme == Scheme::kEcdsa ? key.SignRaw(algorithm, message) : key.Sign(algorithm, message);
}

nlohmann::json NotationPayloadJson() {
  return {{"targetArtifact",
           {{"mediaType", "application/vnd.oci.image.manifest.v1+json"},
            {"digest", kNotationDigest},
            {"size", 528},
            {"annotations", {{"build", "7"}}}}}};
}

JwsParts::JwsParts(const MintedKey& key, const std::vector<std::string>& chain, bool signing_authority)
    : payload(NotationPayloadJson().dump()) {
  protected_header = {{"alg", NotationAlgorithm(key)},
                      {"cty", "application/vnd.cncf.notary.payload.v1+json"},
                      {"crit", {Name("signingScheme")}},
                      {Name("signingScheme"), signing_authority ? "notary.x509.signingAuthority" : "notary.x509"}};
  if (signing_authority) protected_header["crit"].push_back(Name("authenticSigningTime"));
  protected_header[Name(signing_authority ? "authenticSigningTime" : "signingTime")] = "2026-05-01T00:00:00Z";
  header = {{"x5c", nlohmann::json::array()}};
  for (const std::string& der : chain) header["x5c"].push_back(EncodeBase64(der));
}

std::string JwsParts::Sign(const MintedKey& key, const std::function<void(nlohmann::json&)>& after) const {
  const std::string signed_header = Url(protected_header.dump());
  nlohmann::json envelope = {{"payload", Url(payload)}, {"protected", signed_header}, {"header", header}};
  envelope["signature"] = Url(SignForNotation(key, signed_header + "." + Url(payload)));
  if (after) after(envelope);
  return envelope.dump();
}

CoseParts::CoseParts(const MintedKey& key, const std::vector<std::string>& chain, bool signing_authority)
    : payload(NotationPayloadJson().dump()) {
  std::vector<std::string> critical = {cbor::Text(Name("signingScheme"))};
  if (signing_authority) critical.push_back(cbor::Text(Name("authenticSigningTime")));
  protected_header = {
      {cbor::Integer(1), cbor::Integer(CoseNumber(NotationAlgorithm(key)))},
      {cbor::Integer(2), cbor::Array(critical)},
      {cbor::Integer(3), cbor::Text("application/vnd.cncf.notary.payload.v1+json")},
      {cbor::Text(Name("signingScheme")), cbor::Text(signing_authority ? "notary.x509.signingAuthority" : "notary.x509")},
      {cbor::Text(Name(signing_authority ? "authenticSigningTime" : "signingTime")), cbor::Tag(1, cbor::Integer(kSigningSeconds))}};
  std::vector<std::string> certificates;
  for (const std::string& der : chain) certificates.push_back(cbor::Bytes(der));
  unprotected_header = {{cbor::Integer(33), cbor::Array(certificates)}};
}

CoseParts::Signed CoseParts::Sign(const MintedKey& key) const {
  Signed parts{cbor::Map(protected_header), cbor::Map(unprotected_header), payload, {}};
  const std::string message =
      cbor::Array({cbor::Text("Signature1"), cbor::Bytes(parts.protected_bytes), cbor::Bytes(""), cbor::Bytes(payload)});
  parts.signature = SignForNotation(key, message);
  return parts;
}

std::string CoseParts::Signed::Encode() const {
  return cbor::Tag(18, cbor::Array({cbor::Bytes(protected_bytes), unprotected, cbor::Bytes(payload), cbor::Bytes(signature)}));
}

void CoseParts::Set(cbor::Entries& entries, const std::string& key, const std::string& value) {
  const auto found = std::ranges::find(entries, key, &std::pair<std::string, std::string>::first);
  if (found == entries.end()) {
    entries.emplace_back(key, value);
  } else if (value.empty()) {
    entries.erase(found);
  } else {
    found->second = value;
  }
}

}  // namespace hullwright::testing
