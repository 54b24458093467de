#include "cli/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "api/object.h"
#include "base/json.h"
#include "cli/manifests.h"
#include "cli/render_json.h"
#include "cli/text.h"
#include "cli/yaml_text.h"
#include "evidence/trust_check.h"

namespace hullwright::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Verdict {
  Place place;
  std::string object;               // as it calls itself
  std::vector<std::string> errors;  // one a field; empty: valid
};

struct Findings {
  std::vector<Verdict> verdicts;
  std::vector<ManifestObject> foreign;
  std::vector<ManifestError> unreadable;
};

// One of our kinds under another group is meant as ours: the webhook takes it for a policy that it cannot read.
bool IsOurs(const ManifestObject& object) {
  const bool our_kind = std::ranges::any_of(api::Kinds(), [&](const api::KindInfo& info) { return info.kind == object.identity.kind; });
  return our_kind || object.identity.group == api::kGroup || (object.api_version == "v1" && object.identity.kind == "Namespace");
}

// What is wrong with the object. key: set when it at least says what it is.
std::vector<std::string> MistakesIn(const ManifestObject& object, std::optional<api::ObjectKey>& key) {
  JsonReader reader;
  const auto element = reader.Read(object.json, {.max_bytes = 4 * kMaxManifestBytes});
  if (!element) return {element.error().message};
  if (const auto read = api::ReadKey(*element)) key = *read;
  std::vector<std::string> mistakes;
  const auto decoded = api::DecodeObject(*element, mistakes);
  return decoded ? evidence::MistakesInTrustMaterial(*decoded) : mistakes;
}

Findings Look(Manifests manifests) {
  Findings findings;
  findings.unreadable = std::move(manifests.errors);
  for (ForeignDocument& document : manifests.foreign) {
    findings.unreadable.push_back({std::move(document.place),
                                   "no Kubernetes object: it has no apiVersion or no kind. The webhook cannot know what it "
                                   "covers and denies everything: move it out of the folder"});
  }
  std::map<api::ObjectKey, Place> seen;
  for (ManifestObject& object : manifests.objects) {
    if (!IsOurs(object)) {
      findings.foreign.push_back(std::move(object));
      continue;
    }
    std::optional<api::ObjectKey> key;
    std::vector<std::string> mistakes = MistakesIn(object, key);
    Verdict verdict{object.place, key ? key->ToString() : object.ToString(), std::move(mistakes)};
    if (key) {
      const auto [first, added] = seen.try_emplace(*key, object.place);
      if (!added) verdict.errors.push_back("is already defined at " + first->second.ToString() + ": keep one of the two");
    }
    findings.verdicts.push_back(std::move(verdict));
  }
  return findings;
}

std::size_t CountInvalid(const Findings& findings) {
  return static_cast<std::size_t>(std::ranges::count_if(findings.verdicts, [](const Verdict& verdict) { return !verdict.errors.empty(); }));
}

ExitCode CodeOf(const Findings& findings) {
  if (CountInvalid(findings) > 0) return ExitCode::kViolation;
  return !findings.unreadable.empty() || findings.verdicts.empty() ? ExitCode::kCouldNotTell : ExitCode::kPass;
}

std::string RenderText(const Findings& findings, const Terminal& terminal) {
  const Paint paint(terminal);
  std::string out;
  for (const ManifestError& error : findings.unreadable) {
    out += Paragraph("", 2, fmt::format("{}: {}: {}", error.place.ToString(), paint.Red("unreadable"), error.error), terminal.width);
  }
  for (const Verdict& verdict : findings.verdicts) {
    for (const std::string& error : verdict.errors) {
      out += Paragraph("", 2, fmt::format("{}: {}: {}", verdict.place.ToString(), paint.Bold(verdict.object), error), terminal.width);
    }
  }
  for (const ManifestObject& object : findings.foreign) {
    out +=
        Paragraph("", 2, fmt::format("{}: {}: {}: no Hullwright object", object.place.ToString(), object.ToString(), paint.Dim("skipped")),
                  terminal.width);
  }
  const std::size_t invalid = CountInvalid(findings);
  out += fmt::format("{} valid, {} invalid\n", Count(findings.verdicts.size() - invalid, "object", "objects"), invalid);
  return out;
}

Json ToJson(const Findings& findings) {
  Json objects = Json::array(), unreadable = Json::array(), skipped = Json::array();
  for (const Verdict& verdict : findings.verdicts) {
    objects.push_back(
        {{"place", ToJson(verdict.place)}, {"object", verdict.object}, {"valid", verdict.errors.empty()}, {"errors", verdict.errors}});
  }
  for (const ManifestError& error : findings.unreadable) unreadable.push_back({{"place", ToJson(error.place)}, {"error", error.error}});
  for (const ManifestObject& object : findings.foreign) skipped.push_back({{"place", ToJson(object.place)}, {"object", object.ToString()}});
  return {{"schema", "hullctl/validation/v1"},
          {"version", HULLWRIGHT_VERSION},
          {"exitCode", static_cast<int>(CodeOf(findings))},
          {"objects", objects},
          {"errors", unreadable},
          {"skipped", skipped}};
}

}  // namespace

CommandOutput Validate(const ValidateOptions& options, const Environment& environment) {
  const Findings findings = Look(ReadManifests(options.files, environment));
  CommandOutput output{CodeOf(findings), "", ""};
  if (findings.verdicts.empty() && findings.unreadable.empty()) {
    output.err = ErrorLine("nothing was validated: no object of group hullwright.dev is in what was named");
  }
  if (options.output == "table") {
    output.out = RenderText(findings, environment.out);
  } else {
    const Json json = ToJson(findings);
    output.out = options.output == "yaml" ? ToYaml(json) : JsonText(json);
  }
  return output;
}

}  // namespace hullwright::cli
