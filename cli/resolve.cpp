#include "cli/resolve.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/progress.h"
#include "cli/render_json.h"
#include "cli/yaml_text.h"
#include "evidence/image_content.h"
#include "evidence/words.h"
#include "evidence/work_pool.h"

namespace hullwright::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Resolved {
  std::string image;     // as written
  std::string resolved;  // "registry.example/app@sha256:…"
  std::string media_type;
  policy::TrustFacts facts;  // digest and platforms
  std::optional<policy::Doubt> doubt;
};

// A manifest names its platform in its configuration alone; an index in its entries.
Resolved ResolveOne(registry::Registry& registry, const std::string& text, const ImageReference& image, const registry::Call& call) {
  Resolved resolved;
  resolved.image = text;
  const registry::RepositoryName repository{image.host, image.repository};
  const auto document =
      image.digest ? registry.Manifest(repository, *image.digest, call) : registry.Resolve(repository, image.tag.value_or("latest"), call);
  if (!document) {
    resolved.doubt = evidence::DoubtOf(document.error(), evidence::Sought::kImage);
    return resolved;
  }
  resolved.facts.digest = (*document)->digest;
  resolved.resolved = fmt::format("{}@{}", image.Name(), (*document)->digest.text());
  resolved.media_type = (*document)->media_type;
  evidence::WorkPool nobody({.threads = 0});  // has to help with one configuration
  evidence::ReadContent(registry, repository, **document, {.configurations = (*document)->manifest() != nullptr}, call, nobody,
                        resolved.facts);
  return resolved;
}

Json ToJson(const Resolved& resolved) {
  Json json = {{"image", resolved.image}};
  if (resolved.doubt) {
    json["reason"] = policy::ToString(resolved.doubt->word);
    json["message"] = resolved.doubt->message;
    return json;
  }
  json["resolved"] = resolved.resolved;
  json["digest"] = resolved.facts.digest.text();
  json["mediaType"] = resolved.media_type;
  json["platforms"] = Json::array();
  for (const policy::PlatformManifest& platform : resolved.facts.platforms)
    json["platforms"].push_back({{"platform", platform.platform}, {"digest", platform.digest.text()}});
  return json;
}

ExitCode VerdictOf(const std::vector<Resolved>& all) {
  ExitCode verdict = ExitCode::kPass;
  for (const Resolved& resolved : all) {
    if (!resolved.doubt) continue;
    if (policy::OutcomeOf(resolved.doubt->word) == policy::Outcome::kViolation) return ExitCode::kViolation;
    verdict = ExitCode::kCouldNotTell;
  }
  return verdict;
}

CommandOutput Render(const std::vector<Resolved>& all, const std::string& output) {
  CommandOutput answer{VerdictOf(all), "", ""};
  Json list = Json::array();
  for (const Resolved& resolved : all) {
    list.push_back(ToJson(resolved));
    if (resolved.doubt)
      answer.err +=
          ErrorLine(fmt::format("{}: {}: {}", Printable(resolved.image), policy::ToString(resolved.doubt->word), resolved.doubt->message));
    else
      answer.out += resolved.resolved + "\n";
  }
  if (output != "table") {
    const Json document = {{"schema", "hullctl/resolve/v1"}, {"version", HULLWRIGHT_VERSION}, {"images", std::move(list)}};
    answer.out = output == "json" ? JsonText(document) : ToYaml(document);
  } else if (answer.code != ExitCode::kPass) {
    answer.out.clear();  // half a list would be taken for a whole one
  }
  return answer;
}

}  // namespace

CommandOutput Resolve(const ResolveOptions& options, const Environment& environment) {
  std::vector<ImageReference> images;
  for (const std::string& text : options.images) {
    auto image = ImageReference::Parse(text);
    if (!image) return Failed(ExitCode::kUsage, fmt::format("resolve: {}: {}", Printable(text), image.error().message));
    images.push_back(std::move(*image));
  }
  const Progress progress("asking registries", environment.err);
  evidence::Catalogue catalogue;
  const auto session = RegistrySession::Open(options.registry, catalogue, environment, environment.clock);
  if (!session) return Failed(session.error());
  std::vector<Resolved> all;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto call = (*session)->NewCall();
    if (!call) return Failed(call.error());
    all.push_back(ResolveOne((*session)->registry(), options.images[i], images[i], *call));
  }
  return Render(all, options.output);
}

}  // namespace hullwright::cli
