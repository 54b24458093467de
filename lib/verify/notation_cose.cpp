// COSE_Sign1_Tagged (RFC 9052) as signature-envelope-cose.md narrows it.
#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "verify/cbor.h"
#include "verify/limits.h"
#include "verify/notation_envelope.h"

namespace hullwright::verify {
namespace {

using Kind = CborValue::Kind;

// RFC 9052 section 3.1 and RFC 9360.
constexpr std::int64_t kAlgorithmLabel = 1;
constexpr std::int64_t kCriticalLabel = 2;
constexpr std::int64_t kContentTypeLabel = 3;
constexpr std::int64_t kChainLabel = 33;
constexpr std::int64_t kSign1Tag = 18;
constexpr std::int64_t kEpochTag = 1;

// RFC 9053 section 2.1, RFC 8230 section 2; told by the names of JWS, so that one rule judges both formats.
std::string AlgorithmName(std::int64_t number) {
  constexpr std::array<std::pair<std::int64_t, std::string_view>, 6> kNames = {
      {{-37, "PS256"}, {-38, "PS384"}, {-39, "PS512"}, {-7, "ES256"}, {-35, "ES384"}, {-36, "ES512"}}};
  for (const auto& [known, name] : kNames)
    if (known == number) return std::string(name);
  return fmt::format("COSE {}", number);
}

std::string LabelText(const CborValue& label) {
  return label.kind == Kind::kText ? std::string(label.bytes) : fmt::format("{}", label.integer);
}

bool IsLabel(const CborValue& value) {
  return value.kind == Kind::kInteger || value.kind == Kind::kText;
}

// --- the protected header

Checked<void> ReadText(std::string_view name, const CborValue& value, std::string& out) {
  if (value.kind != Kind::kText) return Reject(Step::kStructure, fmt::format("COSE header {} is no text", name));
  out = value.bytes;
  return {};
}

Checked<Time> ReadTime(std::string_view name, const CborValue& value) {
  if (value.kind != Kind::kTag || value.integer != kEpochTag || value.items.front().kind != Kind::kInteger)
    return Reject(Step::kStructure, fmt::format("COSE header {} is no epoch time (tag 1, integer)", name));
  constexpr std::int64_t kYear10000 = 253402300800;
  const std::int64_t seconds = value.items.front().integer;
  if (seconds < 0 || seconds >= kYear10000) return Reject(Step::kStructure, fmt::format("COSE header {}: {} is no time", name, seconds));
  return Time{std::chrono::seconds{seconds}};
}

Checked<void> ReadCritical(const CborValue& value, std::vector<std::string>& out) {
  if (value.kind != Kind::kArray || value.items.empty()) return Reject(Step::kStructure, "COSE header crit is no list of labels");
  for (const CborValue& label : value.items) {
    if (!IsLabel(label)) return Reject(Step::kStructure, "COSE header crit lists something that is no label");
    out.push_back(LabelText(label));
  }
  return {};
}

Checked<void> ReadNumbered(std::int64_t label, const CborValue& value, NotationAttributes& out) {
  switch (label) {
    case kAlgorithmLabel:
      if (value.kind != Kind::kInteger) return Reject(Step::kAlgorithm, "COSE header alg is no number of a known algorithm");
      out.algorithm = AlgorithmName(value.integer);
      return {};
    case kCriticalLabel:
      return ReadCritical(value, out.critical);
    case kContentTypeLabel:
      return ReadText("content type", value, out.content_type);
    default:
      out.others.push_back(fmt::format("{}", label));
      return {};
  }
}

Checked<void> ReadNamed(std::string_view name, const CborValue& value, NotationAttributes& out) {
  if (name == kSchemeName) return ReadText(name, value, out.scheme);
  if (std::optional<Time>* place = out.TimeNamed(name)) {
    const auto time = ReadTime(name, value);
    if (!time) return std::unexpected(time.error());
    *place = *time;
    return {};
  }
  out.others.emplace_back(name);
  return {};
}

Checked<NotationAttributes> ReadProtected(const CborValue& map) {
  NotationAttributes attributes;
  for (std::size_t i = 0; i + 1 < map.items.size(); i += 2) {
    const CborValue& label = map.items[i];
    const CborValue& value = map.items[i + 1];
    const auto read =
        label.kind == Kind::kInteger ? ReadNumbered(label.integer, value, attributes) : ReadNamed(label.bytes, value, attributes);
    if (!read) return std::unexpected(read.error());
  }
  return attributes;
}

Checked<void> CheckLabels(const CborValue& map) {
  if (map.kind != Kind::kMap) return Reject(Step::kStructure, "a COSE header is no map");
  for (std::size_t i = 0; i < map.items.size(); i += 2)
    if (!IsLabel(map.items[i])) return Reject(Step::kStructure, "a COSE header has a label that is neither number nor text");
  return {};
}

// --- the unprotected header

Checked<void> ReadChain(const CborValue& chain, NotationEnvelope& out) {
  if (chain.kind != Kind::kArray) return Reject(Step::kStructure, "COSE header x5chain is no list");
  if (chain.items.size() > limits::kCertificatesPerChain)
    return Reject(Step::kLimit, fmt::format("x5chain has {} certificates", chain.items.size()));
  for (const CborValue& der : chain.items) {
    if (der.kind != Kind::kBytes) return Reject(Step::kStructure, "COSE header x5chain has an entry that is no byte string");
    out.certificates.emplace_back(der.bytes);
  }
  return {};
}

Checked<void> ReadUnprotected(const CborValue& map, NotationEnvelope& out) {
  if (const CborValue* chain = map.Find(kChainLabel))
    if (auto read = ReadChain(*chain, out); !read) return read;
  if (const CborValue* agent = map.Find(kAgentName))
    if (auto read = ReadText(kAgentName, *agent, out.signing_agent); !read) return read;
  const CborValue* token = map.Find(kTimestampName);
  if (token == nullptr) return {};
  if (token->kind != Kind::kBytes) return Reject(Step::kStructure, "COSE header with the time-stamp is no byte string");
  if (token->bytes.size() > limits::kTimeStampTokenBytes)
    return Reject(Step::kLimit, fmt::format("a time-stamp token of {} bytes", token->bytes.size()));
  out.timestamp_token = token->bytes;
  return {};
}

// RFC 9052 section 3: a label is in one of the two headers.
Checked<void> CheckDisjoint(const CborValue& one, const CborValue& other) {
  for (std::size_t i = 0; i < one.items.size(); i += 2) {
    const CborValue& label = one.items[i];
    if (label.kind == Kind::kText ? other.Find(label.bytes) : other.Find(label.integer))
      return Reject(Step::kStructure, fmt::format("COSE label {} is in both headers", Printable(LabelText(label), 64)));
  }
  return {};
}

Checked<const CborValue*> Sign1Parts(const CborValue& root) {
  if (root.kind != Kind::kTag || root.integer != kSign1Tag) return Reject(Step::kStructure, "not a COSE_Sign1 with its tag 18");
  const CborValue& array = root.items.front();
  if (array.kind != Kind::kArray || array.items.size() != 4) return Reject(Step::kStructure, "COSE_Sign1 is no list of four");
  if (array.items[0].kind != Kind::kBytes || array.items[2].kind != Kind::kBytes || array.items[3].kind != Kind::kBytes)
    return Reject(Step::kStructure, "COSE_Sign1: protected header, payload and signature are byte strings, the payload embedded");
  return &array;
}

}  // namespace

Checked<NotationEnvelope> DecodeNotationCose(std::string_view bytes) {
  const auto root = ReadCbor(bytes, {.max_bytes = limits::kEnvelopeBytes});
  if (!root) return std::unexpected(root.error());
  const auto parts = Sign1Parts(*root);
  if (!parts) return std::unexpected(parts.error());
  const std::vector<CborValue>& items = (*parts)->items;
  const auto header = ReadCbor(items[0].bytes);
  if (!header) return std::unexpected(header.error());
  for (const CborValue* map : {&*header, &items[1]})
    if (auto sound = CheckLabels(*map); !sound) return std::unexpected(sound.error());
  if (auto sound = CheckDisjoint(*header, items[1]); !sound) return std::unexpected(sound.error());
  auto attributes = ReadProtected(*header);
  if (!attributes) return std::unexpected(attributes.error());
  NotationEnvelope envelope;
  envelope.format = NotationFormat::kCose;
  envelope.attributes = *std::move(attributes);
  envelope.payload = items[2].bytes;
  envelope.signed_bytes = CoseSigStructure(items[0].bytes, items[2].bytes);
  envelope.signature = items[3].bytes;
  envelope.protected_bytes = items[0].bytes;
  if (auto read = ReadUnprotected(items[1], envelope); !read) return std::unexpected(read.error());
  return envelope;
}

}  // namespace hullwright::verify
