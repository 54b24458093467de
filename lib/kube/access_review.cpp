#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "kube/client.h"

namespace hullwright::kube {
namespace {

constexpr const char* kPath = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

Result<std::string> Encode(const AccessQuestion& question) {
  nlohmann::json spec{{"user", question.username},
                      {"groups", question.groups},
                      {"resourceAttributes",
                       {{"verb", question.verb},
                        {"group", question.group},
                        {"resource", question.resource},
                        {"namespace", question.namespace_},
                        {"name", question.name}}}};
  if (!question.uid.empty()) spec["uid"] = question.uid;
  if (!question.extra.empty()) spec["extra"] = question.extra;
  const nlohmann::json review{{"apiVersion", "authorization.k8s.io/v1"}, {"kind", "SubjectAccessReview"}, {"spec", std::move(spec)}};
  try {
    return review.dump();
  } catch (const nlohmann::json::exception& error) {  // text that is not UTF-8: to ask for a repaired name would be to ask for another user
    return Fail(ErrorCode::kInvalidInput, fmt::format("access review: {}", Printable(error.what())));
  }
}

Result<AccessAnswer> Decode(std::string_view text) {
  JsonReader reader;
  auto review = reader.Read(text);
  if (!review) return std::unexpected(review.error().Within("access review"));
  const auto status = Member(*review, "status");
  const auto allowed = status ? Member(*status, "allowed") : std::nullopt;
  AccessAnswer answer;
  if (!allowed || allowed->get(answer.allowed) != simdjson::SUCCESS) {
    return Fail(ErrorCode::kInternal, "access review: the API server's answer has no status.allowed of type boolean");
  }
  answer.reason = Printable(TextMember(*status, "reason"), 512);
  const std::string_view error = TextMember(*status, "evaluationError");
  if (!answer.allowed && !error.empty()) answer.reason += fmt::format("{}{}", answer.reason.empty() ? "" : "; ", Printable(error, 512));
  return answer;
}

}  // namespace

Result<AccessAnswer> ReviewAccess(KubeClient& client, const AccessQuestion& question, Deadline deadline) {
  if (question.username.empty()) return Fail(ErrorCode::kInvalidInput, "access review: there is no user to ask about");
  auto body = Encode(question);
  if (!body) return std::unexpected(body.error());
  auto reply = client.Post(kPath, std::move(*body), deadline);
  if (!reply) return std::unexpected(reply.error().Within("access review"));
  return Decode(reply->body);
}

}  // namespace hullwright::kube
