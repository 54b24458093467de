#include "cli/verify.h"

#include "base/rfc3339.h"
#include "cli/progress.h"
#include "cli/render_json.h"
#include "cli/yaml_text.h"

namespace hullwright::cli {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const TrialRecord& trial) {
  Json json = {{"publisher", trial.publisher}, {"authority", trial.authority}, {"accepted", trial.accepted}};
  if (!trial.accepted) {
    json["step"] = trial.step;
    json["message"] = trial.message;
    return json;
  }
  json["identity"] = trial.identity;
  json["issuer"] = trial.issuer;
  json["times"] = Json::array();
  for (const Time time : trial.times) json["times"].push_back(FormatRfc3339(time));
  return json;
}

Json ToJson(const FoundRecord& found) {
  Json json = {{"subject", found.subject}, {"format", found.format}, {"source", found.source}, {"predicateType", found.predicate_type}};
  json["trials"] = Json::array();
  for (const TrialRecord& trial : found.trials) json["trials"].push_back(ToJson(trial));
  return json;
}

Json ToJson(const SoughtRecord& sought) {
  Json json = {{"publisher", sought.publisher}, {"repository", sought.repository}, {"subject", sought.subject}};
  json["authorities"] = Json::array();
  for (const AuthorityText& authority : sought.authorities)
    json["authorities"].push_back(
        {{"name", authority.name}, {"type", authority.type}, {"wanted", authority.wanted}, {"proofs", authority.proofs}});
  json["broken"] = sought.broken;
  return json;
}

// The review, as check writes it, and what led to it.
Json ToJson(const Review& review, const ClaimRecord& record) {
  Json json = cli::ToJson(review);
  json["schema"] = "hullctl/verify/v1";
  json["sought"] = Json::array();
  json["found"] = Json::array();
  for (const SoughtRecord& sought : record.sought) json["sought"].push_back(ToJson(sought));
  for (const FoundRecord& found : record.found) json["found"].push_back(ToJson(found));
  return json;
}

}  // namespace

CommandOutput Verify(VerifyOptions options, const Environment& environment) {
  const auto image = ImageReference::Parse(options.review.image);
  if (!image) return Failed(ExitCode::kUsage, "verify: " + image.error().message);
  if (options.signer.any() != options.review.policies.empty())
    return Failed(ExitCode::kUsage,
                  "verify: say who must have signed: --policies DIR, --key FILE, or --certificate-identity with its issuer");
  ClaimRecorder recorder;
  ReviewExtras extras{{}, &recorder};
  if (options.signer.any()) {
    auto objects = ObjectsOf(options.signer, *image, environment);
    if (!objects) return Failed(objects.error().code, objects.error().message);
    extras.objects = std::move(*objects);
  }
  options.review.ask_registries = true;
  const Progress progress("asking for the image and its signatures", environment.err);
  const auto review = RunReview(options.review, environment, std::move(extras));
  if (!review) return Failed(review.error().code, review.error().message);
  const ClaimRecord record = recorder.Record();
  if (options.output == "json") return {review->Verdict(), JsonText(ToJson(*review, record)), ""};
  if (options.output == "yaml") return {review->Verdict(), ToYaml(ToJson(*review, record)), ""};
  return {review->Verdict(), RenderVerification(*review, record, environment.out), ""};
}

}  // namespace hullwright::cli
