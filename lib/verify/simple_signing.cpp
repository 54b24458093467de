#include "verify/simple_signing.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "verify/json_fields.h"
#include "verify/limits.h"

namespace hullwright::verify {
namespace {

// GPG "simple signing" has another literal ("atomic container signature"); cosign itself does not look.
constexpr std::string_view kType = "cosign container image signature";

struct Critical {
  std::string reference;
  Digest digest;
};

// critical.<key>, an object with one string member of that name and nothing else.
Checked<std::string_view> ReadSingle(const JsonFields& critical, std::string_view key, std::string_view member) {
  const auto fields = critical.Object(key);
  if (!fields) return std::unexpected(fields.error());
  if (const auto known = fields->RefuseOthers({member}); !known) return std::unexpected(known.error());
  return fields->Text(member);
}

Checked<Critical> ReadCritical(const JsonFields& payload) {
  const auto critical = payload.Object("critical");
  if (!critical) return std::unexpected(critical.error());
  if (const auto known = critical->RefuseOthers({"identity", "image", "type"}); !known) return std::unexpected(known.error());
  const auto type = critical->Text("type");
  if (!type) return std::unexpected(type.error());
  if (*type != kType)
    return Reject(Step::kStructure, fmt::format("the signed type is \"{}\", expected \"{}\"", Printable(*type, 64), kType));
  const auto reference = ReadSingle(*critical, "identity", "docker-reference");
  if (!reference) return std::unexpected(reference.error());
  const auto digest_text = ReadSingle(*critical, "image", "docker-manifest-digest");
  if (!digest_text) return std::unexpected(digest_text.error());
  auto digest = Digest::Parse(*digest_text);
  if (!digest) return Reject(Step::kStructure, "the signed docker-manifest-digest: " + digest.error().message);
  return Critical{std::string(*reference), std::move(*digest)};
}

// The members containers/image gives a meaning have its types; all others are the signer's own.
Checked<void> ReadOptional(const JsonFields& optional, SimpleSigningPayload& payload) {
  if (const auto creator = optional.OptionalText("creator"); !creator) return std::unexpected(creator.error());
  if (const auto timestamp = optional.Find("timestamp"); timestamp && !timestamp->is_int64()) {
    return Reject(Step::kStructure, "the timestamp of optional is not an integer");
  }
  for (const auto member : JsonObject(optional.element())) {
    std::string_view text;
    if (member.value.get(text) == simdjson::SUCCESS) payload.annotations.emplace(member.key, text);
  }
  return {};
}

// "optional" may be null, which Find cannot tell from absent.
Checked<JsonElement> RequireOptional(const JsonFields& payload) {
  JsonElement optional;
  if (payload.element().at_key("optional").get(optional) != simdjson::SUCCESS) {
    return Reject(Step::kStructure, "the signed payload has no \"optional\"");
  }
  return optional;
}

}  // namespace

Checked<SimpleSigningPayload> SimpleSigningPayload::Parse(std::string_view json) {
  JsonReader reader;
  const auto root = ReadJson(reader, json, limits::kEnvelopeBytes);
  if (!root) return std::unexpected(root.error());
  const auto fields = JsonFields::Of(*root, "the signed payload");
  if (!fields) return std::unexpected(fields.error());
  if (const auto known = fields->RefuseOthers({"critical", "optional"}); !known) return std::unexpected(known.error());
  auto critical = ReadCritical(*fields);
  if (!critical) return std::unexpected(critical.error());
  const auto optional = RequireOptional(*fields);
  if (!optional) return std::unexpected(optional.error());
  SimpleSigningPayload payload{std::move(critical->reference), std::move(critical->digest), {}};
  if (optional->is_null()) return payload;
  const auto members = JsonFields::Of(*optional, "optional of the signed payload");
  if (!members) return std::unexpected(members.error());
  if (const auto read = ReadOptional(*members, payload); !read) return std::unexpected(read.error());
  return payload;
}

Checked<void> RequireDigest(const SimpleSigningPayload& payload, const Digest& image) {
  if (payload.digest == image) return {};
  return Reject(Step::kSubject, fmt::format("the signature is for {}, not for {}", payload.digest.text(), image.text()));
}

Checked<void> RequireReference(const SimpleSigningPayload& payload, const ImageReference& image, ReferenceMatch match,
                               std::span<const ImagePattern> aliased) {
  if (match == ReferenceMatch::kIgnore) return {};
  if (match == ReferenceMatch::kRepositoryUnlessEmpty && payload.docker_reference.empty()) return {};
  const auto signed_reference = ImageReference::Parse(payload.docker_reference);
  if (!signed_reference) {
    return Reject(Step::kSubject,
                  fmt::format("the signed docker-reference \"{}\" is no image reference", Printable(payload.docker_reference)));
  }
  const bool same_repository =
      signed_reference->Name() == image.Name() ||
      std::ranges::any_of(aliased, [&](const ImagePattern& repository) { return repository.Matches(*signed_reference); });
  // A name alone is no exact reference: the tag that a runtime would add was not signed (containers/image).
  const bool named_only = signed_reference->tag_defaulted || image.tag_defaulted;
  const bool same_rest = !named_only && signed_reference->tag == image.tag && signed_reference->digest == image.digest;
  if (same_repository && (match != ReferenceMatch::kExact || same_rest)) return {};
  return Reject(Step::kSubject,
                fmt::format("the signature is for the name {}, not for {}", signed_reference->ToString(), image.ToString()));
}

}  // namespace hullwright::verify
