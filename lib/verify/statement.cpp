#include "verify/statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "verify/json_fields.h"
#include "verify/limits.h"

namespace hullwright::verify {
namespace {

constexpr std::array<std::string_view, 2> kTypes = {"https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"};

Checked<void> ReadDigests(const JsonFields& fields, StatementSubject& subject) {
  const auto digests = fields.Object("digest");
  if (!digests) return std::unexpected(digests.error());
  for (const auto member : JsonObject(digests->element())) {
    std::string_view hex;
    if (member.value.get(hex) != simdjson::SUCCESS) return Reject(Step::kStructure, "a digest of a subject is not a string");
    if (subject.digests.size() == limits::kDigestsPerSubject) {
      return Reject(Step::kLimit, fmt::format("a subject of the statement has more than {} digests", limits::kDigestsPerSubject));
    }
    subject.digests.emplace(member.key, hex);
  }
  if (subject.digests.empty()) return Reject(Step::kStructure, "a subject of the statement has no digest");
  return {};
}

// The digests that can name an image must be written as an image's digest is.
Checked<void> CheckDigests(const StatementSubject& subject) {
  for (const auto& [algorithm, hex] : subject.digests) {
    const bool of_image = algorithm == "sha256" || algorithm == "sha512";
    if (of_image && !Digest::Parse(fmt::format("{}:{}", algorithm, hex))) {
      return Reject(Step::kStructure, fmt::format("the {} of a subject is not lower-case hex of its length", algorithm));
    }
  }
  return {};
}

Checked<StatementSubject> ReadSubject(JsonElement element) {
  const auto fields = JsonFields::Of(element, "a subject of the statement");
  if (!fields) return std::unexpected(fields.error());
  const auto name = fields->OptionalText("name");
  if (!name) return std::unexpected(name.error());
  StatementSubject subject{std::string(*name), {}, {}};
  if (const auto read = ReadDigests(*fields, subject); !read) return std::unexpected(read.error());
  if (const auto checked = CheckDigests(subject); !checked) return std::unexpected(checked.error());
  if (!fields->Has("annotations")) return subject;
  const auto annotations = fields->Object("annotations");
  if (!annotations) return std::unexpected(annotations.error());
  for (const auto member : JsonObject(annotations->element())) {
    std::string_view text;
    if (member.value.get(text) == simdjson::SUCCESS) subject.annotations.emplace(member.key, text);
  }
  return subject;
}

Checked<std::vector<StatementSubject>> ReadSubjects(const JsonFields& statement) {
  const auto entries = statement.List("subject", limits::kSubjectsPerStatement);
  if (!entries) return std::unexpected(entries.error());
  if (entries->empty()) return Reject(Step::kStructure, "the statement has no subject");
  std::vector<StatementSubject> subjects;
  for (const JsonElement entry : *entries) {
    auto subject = ReadSubject(entry);
    if (!subject) return std::unexpected(subject.error());
    subjects.push_back(std::move(*subject));
  }
  return subjects;
}

Checked<void> CheckType(const JsonFields& statement) {
  const auto type = statement.Text("_type");
  if (!type) return std::unexpected(type.error());
  if (std::ranges::find(kTypes, *type) != kTypes.end()) return {};
  return Reject(Step::kUnsupported,
                fmt::format("the statement is of type \"{}\", expected \"{}\" or \"{}\"", Printable(*type, 128), kTypes[0], kTypes[1]));
}

// "sha256:…, sha256:… and 3 more"
std::string Seen(const Statement& statement) {
  constexpr std::size_t kShown = 3;
  std::vector<std::string> shown;
  std::size_t count = 0;
  for (const StatementSubject& subject : statement.subjects) {
    for (const auto& [algorithm, hex] : subject.digests) {
      if (++count <= kShown) shown.push_back(Printable(algorithm, 16) + ":" + Printable(hex, 128));
    }
  }
  return fmt::format("{}{}", fmt::join(shown, ", "), count > kShown ? fmt::format(" and {} more", count - kShown) : "");
}

}  // namespace

Checked<Statement> Statement::Parse(std::string_view payload) {
  JsonReader reader;
  const auto root = ReadJson(reader, payload, limits::kEnvelopeBytes);
  if (!root) return std::unexpected(root.error());
  const auto fields = JsonFields::Of(*root, "the statement");
  if (!fields) return std::unexpected(fields.error());
  if (const auto type = CheckType(*fields); !type) return std::unexpected(type.error());
  const auto predicate_type = fields->Text("predicateType");
  if (!predicate_type) return std::unexpected(predicate_type.error());
  if (predicate_type->empty()) return Reject(Step::kStructure, "the statement has an empty predicateType");
  auto subjects = ReadSubjects(*fields);
  if (!subjects) return std::unexpected(subjects.error());
  Statement statement{std::string(*predicate_type), std::move(*subjects), ""};
  if (const auto predicate = fields->Find("predicate")) statement.predicate = simdjson::minify(*predicate);
  return statement;
}

const StatementSubject* Statement::FindSubject(const Digest& artifact) const {
  for (const StatementSubject& subject : subjects) {
    const auto digest = subject.digests.find(artifact.algorithm());
    if (digest != subject.digests.end() && digest->second == artifact.hex()) return &subject;
  }
  return nullptr;
}

Checked<void> RequireSubject(const Statement& statement, const Digest& artifact) {
  if (statement.FindSubject(artifact) != nullptr) return {};
  return Reject(Step::kSubject, fmt::format("the statement is about {}, not about {}", Seen(statement), artifact.text()));
}

}  // namespace hullwright::verify
