#include "webhook/decisions_route.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json_text.h"
#include "base/text.h"
#include "evidence/decision_id.h"
#include "evidence/recorded_decision.h"
#include "evidence/recorded_documents.h"
#include "http/query.h"
#include "webhook/namespace_name.h"
#include "webhook/routes.h"

namespace hullwright::webhook {
namespace {

using OrderedJson = nlohmann::ordered_json;

std::unexpected<Error> WrongParameter(std::string_view name, std::string_view wanted) {
  return Fail(ErrorCode::kInvalidInput, fmt::format("{}: {}", Printable(name, 64), wanted));
}

Result<void> ReadId(std::string_view name, std::string_view value, std::string& id) {
  if (!evidence::IsDecisionId(value)) return WrongParameter(name, "the id of a decision is wanted, 26 letters and digits");
  id = value;
  return {};
}

Result<void> ReadLimit(std::string_view value, std::size_t& limit) {
  const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), limit);
  if (code == std::errc() && end == value.data() + value.size() && limit >= 1 && limit <= kMaxDecisionsPerPage) return {};
  return WrongParameter("limit", fmt::format("a number from 1 to {} is wanted", kMaxDecisionsPerPage));
}

Result<void> ReadParameter(std::string_view name, std::string_view value, DecisionsQuestion& question) {
  if (name == "id") return ReadId(name, value, question.id);
  if (name == "before") return ReadId(name, value, question.list.before);
  if (name == "limit") return ReadLimit(value, question.list.limit);
  if (name == "namespace") {
    if (!IsNamespaceName(value)) return WrongParameter(name, "the name of a namespace is wanted");
    question.list.namespace_ = value;
    return {};
  }
  if (name == "allowed") {
    if (value != "true" && value != "false") return WrongParameter(name, "true or false is wanted");
    question.list.allowed = value == "true";
    return {};
  }
  return WrongParameter(name, "is not known; id, before, limit, namespace and allowed are");
}

int StatusOf(const Error& error) {
  if (error.code == ErrorCode::kNotFound) return 404;
  return error.code == ErrorCode::kUnavailable ? 503 : 500;
}

// What the decision says of itself, and why.
Result<std::string> OneDecision(store::HistoryReader& history, const std::string& id) {
  const auto found = history.Find(id);
  if (!found) return std::unexpected(found.error());
  OrderedJson json = evidence::ToJson(found->row);
  const auto document = evidence::ReadDocument(history, *found, store::DocumentRole::kExplanation);
  if (!document) return std::unexpected(document.error());
  auto explanation = evidence::ReadJson(*document);
  if (!explanation) return std::unexpected(explanation.error());
  json["explanation"] = std::move(*explanation);
  return JsonLine(json);
}

Result<std::string> OnePage(store::HistoryReader& history, const store::DecisionQuery& query) {
  const auto found = history.List(query);
  if (!found) return std::unexpected(found.error());
  OrderedJson json = {{"decisions", OrderedJson::array()}};
  for (const store::StoredDecision& decision : *found) json["decisions"].push_back(evidence::ToJson(decision.row));
  if (found->size() == query.limit) json["next"] = found->back().row.id;  // to be given as before
  return JsonLine(json);
}

Result<std::string> AnswerFrom(const std::string& file, const DecisionsQuestion& question) {
  auto history = store::HistoryReader::Open(file);
  if (!history) return std::unexpected(history.error());
  return question.id.empty() ? OnePage(**history, question.list) : OneDecision(**history, question.id);
}

bool MayRead(const HistoryAccess& access, const http::ServerRequest& request) {
  if (access.of_anybody) return true;
  return request.peer_subject && std::ranges::find(access.readers, *request.peer_subject) != access.readers.end();
}

http::Response AnswerDecisions(const HistoryAccess& access, const http::ServerRequest& request) {
  if (!MayRead(access, request)) return PlainError(403, "the client certificate is missing or not one that --history-reader names");
  const auto question = ParseDecisionsQuery(request.query);
  if (!question) return PlainError(400, question.error().message);
  auto body = AnswerFrom(access.file, *question);
  if (!body) return PlainError(StatusOf(body.error()), body.error().message);
  http::Response response;
  response.body = std::move(*body);
  return response;
}

}  // namespace

Result<DecisionsQuestion> ParseDecisionsQuery(std::string_view query) {
  DecisionsQuestion question;
  std::size_t parameters = 0;
  Result<void> read;
  http::ForEachParameter(query, [&](std::string_view name, std::string_view value) {
    if (read) read = ReadParameter(name, value, question);
    ++parameters;
  });
  if (!read) return std::unexpected(read.error());
  if (!question.id.empty() && parameters > 1) return WrongParameter("id", "stands alone: one decision is wanted, not a list");
  return question;
}

http::Route DecisionsRoute(const HistoryAccess& access) {
  return {"GET", "/v1/decisions", [access](const http::ServerRequest& request) { return AnswerDecisions(access, request); }, true};
}

}  // namespace hullwright::webhook
