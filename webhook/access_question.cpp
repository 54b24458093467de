#include "webhook/access_question.h"

#include <fmt/format.h>

#include <string>

#include "api/object.h"
#include "base/text.h"

namespace hullwright::webhook {
namespace {

std::string DescribeQuestion(const kube::AccessQuestion& question) {
  return fmt::format("\"{}\" {}.{}/{}{}", question.verb, question.resource, question.group, Printable(question.name, 253),
                     question.namespace_.empty() ? "" : fmt::format(" in namespace {}", Printable(question.namespace_, 63)));
}

}  // namespace

kube::AccessQuestion QuestionAbout(const UserInfo& user, std::string_view verb, std::string_view resource, std::string_view namespace_,
                                   std::string_view name) {
  kube::AccessQuestion question;
  question.username = user.username;
  question.uid = user.uid;
  question.groups.assign(user.groups.begin(), user.groups.end());
  question.extra = user.extra;
  question.verb = verb;
  question.group = api::kGroup;
  question.resource = resource;
  question.namespace_ = namespace_;
  question.name = name;
  return question;
}

std::optional<Verdict> RequireAccess(const AskAccess& ask, const kube::AccessQuestion& question, const AccessWords& words,
                                     Deadline deadline) {
  const auto answer = ask(question, deadline);
  const std::string user = Printable(question.username, 253);
  if (!answer) {
    return CouldNotTell(words.unknown, fmt::format("could not ask whether user \"{}\" may {}: {}", user, DescribeQuestion(question),
                                                   Printable(answer.error().message, 512)));
  }
  if (answer->allowed) return std::nullopt;
  return Refuse(words.denied, fmt::format("user \"{}\" may not {}{}{}. {}", user, DescribeQuestion(question),
                                          answer->reason.empty() ? "" : ": ", Printable(answer->reason, 256), words.remedy));
}

}  // namespace hullwright::webhook
