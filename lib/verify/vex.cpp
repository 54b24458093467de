#include "verify/vex.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "verify/limits.h"
#include "verify/vex_formats.h"

namespace hullwright::verify {
namespace {

using VexDecoder = Checked<policy::VexDocument> (*)(const JsonFields& document);

// As policy::kVexPredicateTypes.
constexpr std::array<VexDecoder, policy::kVexPredicateTypes.size()> kVexDecoders = {DecodeOpenVex, DecodeOpenVex, DecodeCycloneDxVex,
                                                                                    DecodeCsafVex};

VexDecoder DecoderOf(std::string_view predicate_type) {
  const auto* type = std::ranges::find(policy::kVexPredicateTypes, predicate_type);
  const auto place = static_cast<std::size_t>(type - policy::kVexPredicateTypes.begin());
  return type == policy::kVexPredicateTypes.end() ? nullptr : kVexDecoders.at(place);
}

bool HasControlCharacter(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char letter) { return letter < 0x20 || letter == 0x7f; });
}

Checked<std::string> CheckedName(std::string_view text, const std::string& where) {
  if (text.empty()) return Reject(Step::kStructure, where + " is empty");
  if (text.size() > limits::kVexNameBytes)
    return Reject(Step::kLimit, fmt::format("{} must be at most {} bytes, not {}", where, limits::kVexNameBytes, text.size()));
  if (HasControlCharacter(text)) return Reject(Step::kStructure, where + " must not hold control characters");
  return std::string(text);
}

}  // namespace

bool IsVexJustification(std::string_view word) {
  constexpr std::array<std::string_view, 5> kWords = {
      "component_not_present", "vulnerable_code_not_present", "vulnerable_code_not_in_execute_path",
      "vulnerable_code_cannot_be_controlled_by_adversary", "inline_mitigations_already_exist"};
  return std::ranges::find(kWords, word) != kWords.end();
}

Checked<void> VexStatements::Add(policy::VexStatement statement) {
  if (statements_.size() == limits::kVexStatements)
    return Reject(Step::kLimit, fmt::format("the document makes more than {} statements", limits::kVexStatements));
  if (statement.names.size() > limits::kVexNames)
    return Reject(Step::kLimit, fmt::format("{} has more than {} names", Printable(statement.names.front(), 64), limits::kVexNames));
  // A name is kept once for each statement, so it takes room like a product.
  for (std::size_t i = 0; i < statement.names.size(); ++i)
    if (auto room = TakeRoom(); !room) return room;
  statements_.push_back(std::move(statement));
  return {};
}

Checked<void> VexStatements::TakeRoom() {
  if (room_taken_ == limits::kVexProducts)
    return Reject(Step::kLimit,
                  fmt::format("the document names more than {} products, packages and vulnerabilities", limits::kVexProducts));
  ++room_taken_;
  return {};
}

Checked<std::string> VexName(const JsonFields& fields, std::string_view key) {
  const auto text = fields.Text(key);
  return text ? CheckedName(*text, fmt::format("\"{}\" of {}", key, fields.where())) : std::unexpected(text.error());
}

Checked<std::string> VexName(JsonElement element, const std::string& where) {
  std::string_view text;
  if (element.get(text) != simdjson::SUCCESS)
    return Reject(Step::kStructure, fmt::format("{} must be a string, not {}", where, JsonTypeName(element)));
  return CheckedName(text, where);
}

Checked<std::string> VexText(const JsonFields& fields, std::string_view key) {
  const auto text = fields.OptionalText(key);
  return text ? Checked<std::string>(text->substr(0, limits::kVexTextBytes)) : std::unexpected(text.error());
}

Checked<std::optional<Time>> OptionalTime(const JsonFields& fields, std::string_view key) {
  if (!fields.Has(key)) return std::nullopt;
  const auto time = fields.Timestamp(key);
  return time ? Checked<std::optional<Time>>(*time) : std::unexpected(time.error());
}

std::string VexPlace(std::string_view list, std::size_t index) {
  return fmt::format("{}[{}]", list, index);
}

bool IsVex(std::string_view predicate_type) {
  return DecoderOf(predicate_type) != nullptr;
}

Checked<policy::VexDocument> ReadVex(std::string_view predicate_type, std::string_view predicate) {
  const VexDecoder decode = DecoderOf(predicate_type);
  if (decode == nullptr) return Reject(Step::kUnsupported, "the predicate is no VEX document");
  JsonReader reader;
  const auto root = ReadJson(reader, predicate, limits::kEnvelopeBytes);
  if (!root) return Reject(Step::kPredicate, root.error().message);
  const auto fields = JsonFields::Of(*root, "the predicate");
  if (!fields) return Reject(Step::kPredicate, fields.error().message);
  auto document = decode(*fields);
  if (document) return document;
  return Reject(Step::kPredicate, fmt::format("{} predicate: {}", Printable(predicate_type, 128), document.error().message));
}

}  // namespace hullwright::verify
